using System.Text.Json;
using Periplon.Commands;
using Periplon.Core.Plans;
using Periplon.Core.Reuse;
using Periplon.Core.Workflows;

namespace Periplon.Plans;

/// <summary>Works out the plan of a run from the definition alone: nothing is read, asked or started.</summary>
internal sealed class RunPlanner
{
    private readonly ExecutionPlan _plan;
    private readonly PlanOrder _order;
    private readonly PlanValues _values;
    private readonly string _prefix;
    private readonly HashSet<string> _open;

    private RunPlanner(WorkflowDefinition workflow, PlanValues values, string prefix, HashSet<string> open)
    {
        // The order is that of an execution, so it is asked of the same plan.
        _plan = ExecutionPlan.Compile(workflow);
        _order = new PlanOrder(_plan);
        (_values, _prefix, _open) = (values, prefix, open);
    }

    /// <summary>Plans a run.</summary>
    /// <param name="workflow">A workflow without errors.</param>
    /// <param name="inputs">Values of its inputs, as far as they are known.</param>
    public static RunPlan Plan(WorkflowDefinition workflow, IReadOnlyDictionary<string, JsonElement> inputs)
    {
        var values = PlanValues.Of(workflow, inputs);
        return new RunPlan
        {
            Name = workflow.Name,
            Version = workflow.Version,
            MaxParallel = workflow.MaxParallel,
            Inputs = values.Inputs,
            MissingInputs =
                [.. workflow.Inputs.Where(input => input.Value.Required && !inputs.ContainsKey(input.Key)).Select(input => input.Key)],
            Sections = [.. new RunPlanner(workflow, values, "", new HashSet<string>(StringComparer.Ordinal)).Sections("tasks", "")],
        };
    }

    private IEnumerable<PlanSection> Sections(string kind, string name)
    {
        foreach (var section in Hooks(_plan.Root, PhaseKind.Before, "", []))
        {
            yield return section;
        }

        var own = (_plan.Root.OwnBlock?.Tasks ?? []).Where(task => !PlanOrder.IsStage(task)).ToArray();
        if (own.Length > 0)
        {
            yield return Section(kind, name, own, _values);
        }

        foreach (var (workflow, stage) in PlanOrder.StagesOf(_plan))
        {
            yield return Section("stage", $"{workflow}.{stage.Id}", stage.OwnBlock?.Tasks ?? [], _values) with
            {
                After = [.. stage.DependsOn.Select(before => before.Id)],
            };
            foreach (var section in Hooks(stage, PhaseKind.After, $"{workflow}.{stage.Id}.", [stage.Id]))
            {
                yield return section;
            }
        }

        foreach (var section in Handlers(_plan.Root, _values).Concat(Hooks(_plan.Root, PhaseKind.After, "", [])))
        {
            yield return section;
        }
    }

    private PlanSection Section(string kind, string name, IEnumerable<PlannedTask> tasks, PlanValues values)
    {
        var members = PlanOrder.WithoutGroups(tasks).ToArray();
        return new PlanSection(kind, name, [], [.. PlanOrder.Waves(members, _order.Before).Select(wave =>
            (IReadOnlyList<PlanStep>)[.. wave.Select(task => Step(task, values))])]);
    }

    private PlanStep Step(PlannedTask planned, PlanValues values)
    {
        var task = PlanOrder.DefinitionOf(planned);
        var isGroup = task is { Kind: TaskKind.None, Subtasks.Count: > 0 };
        string Does(PlanValues scope) => isGroup ? "" : TaskDeeds.Of(task, _plan.Workflow, scope);
        var inner = PlanOrder.Innermost(planned);
        return new PlanStep
        {
            Path = _prefix + planned.Path,
            Id = planned.Id,
            Kind = WorkflowList.KindOf(task),
            Does = Does(values),
            After = [.. _order.Before(planned).Select(before => before.Parent == planned.Parent ? before.Id : before.Path)],
            Condition = ConditionText.Of(task),
            Attempts = MakesNoAttempt(task) ? 1 : inner.Retry.MaxAttempts,
            TimeoutSecs = inner.TimeoutSecs,
            ContinueOnError = task.ContinueOnError,
            Loop = LoopExpansion.Of(task, values, Does),
            Sections = [.. Inner(planned, inner, values)],
        };
    }

    private IEnumerable<PlanSection> Inner(PlannedTask task, PlannedTask inner, PlanValues values)
    {
        foreach (var text in inner.Shape is TaskShape.Switch ? inner.Definition.Switch!.Cases.Keys : [])
        {
            yield return Section("case", text, inner.Cases[text].Tasks, values);
        }

        if (inner.OwnBlock is { Tasks.Length: > 0 } block)
        {
            var (kind, name) = inner.Shape is TaskShape.Switch ? ("case", "default") : ("subtasks", "");
            yield return Section(kind, name, block.Tasks, values);
        }

        // A subflow inside itself is shown once.
        if (inner.Definition.Subflow is { } id && _plan.Workflow.Subflows.TryGetValue(id, out var subflow) && _open.Add(id))
        {
            var child = new RunPlanner(
                Subflows.DefinitionOf(_plan.Workflow, id), values.Inside(subflow, inner.Definition), $"{_prefix}{task.Path}/", _open);
            foreach (var section in child.Sections("subflow", id))
            {
                yield return section;
            }

            _open.Remove(id);
        }

        foreach (var section in Handlers(task, values))
        {
            yield return section;
        }
    }

    private IEnumerable<PlanSection> Handlers(PlannedTask task, PlanValues values) =>
        from phase in task.Phases
        where phase is { Kind: PhaseKind.OnFailure or PhaseKind.Finally, Block: not null }
        select Section(phase.Kind is PhaseKind.Finally ? "finally" : "on_failure", "", phase.Block!.Tasks, values);

    private IEnumerable<PlanSection> Hooks(PlannedTask task, PhaseKind kind, string prefix, IReadOnlyList<string> after) =>
        from block in PlanOrder.HooksOf(task, kind)
        select Section("hooks", prefix + PlanOrder.HookName(block), block.Tasks, _values) with { After = after };

    // What only waits or only holds others is not tried: the defaults are for what is executed.
    private static bool MakesNoAttempt(TaskDefinition task) =>
        task is { Kind: TaskKind.Sleep or TaskKind.WaitFor or TaskKind.Approval or TaskKind.Switch }
            or { Kind: TaskKind.None, Subtasks.Count: > 0 };
}
