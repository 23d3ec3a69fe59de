using System.Text.Json;
using Periplon.Commands;
using Periplon.Core.Workflows;

namespace Periplon.Plans;

/// <summary>Works out the plan of a run from the definition alone: nothing is read, asked or started.</summary>
internal sealed class RunPlanner
{
    private readonly WorkflowDefinition _workflow;
    private readonly PlanValues _values;
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);

    private RunPlanner(WorkflowDefinition workflow, PlanValues values) => (_workflow, _values) = (workflow, values);

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
            Sections = [.. new RunPlanner(workflow, values).Sections()],
        };
    }

    private IEnumerable<PlanSection> Sections()
    {
        if (_workflow.Tasks.Count > 0)
        {
            yield return Section("tasks", "", [], [.. _workflow.Tasks.Values], TaskOrder.OfWorkflow(_workflow), "", _values);
        }

        foreach (var (id, orchestration) in _workflow.Workflows)
        {
            foreach (var stage in orchestration.Steps)
            {
                yield return Section(
                    "stage", $"{id}.{stage.Stage}", stage.DependsOn, stage.Tasks, TaskOrder.OfList(stage.Tasks, oneByOne: !stage.Parallel),
                    $"{id}.{stage.Stage}.", _values);
            }
        }

        foreach (var section in Handlers(_workflow.OnFailure, _workflow.Finally, "", _values))
        {
            yield return section;
        }
    }

    private PlanSection Section(
        string kind, string name, IReadOnlyList<string> stagesBefore, IReadOnlyList<TaskDefinition> tasks,
        IReadOnlyDictionary<string, IReadOnlyList<string>> after, string prefix, PlanValues values) =>
        new(kind, name, stagesBefore, [.. TaskOrder.Waves(tasks, after).Select(wave => (IReadOnlyList<PlanStep>)
            [.. wave.Select(task => Step(task, prefix + task.Id, after.GetValueOrDefault(task.Id, []), values))])]);

    private PlanStep Step(TaskDefinition task, string path, IReadOnlyList<string> after, PlanValues values)
    {
        var isGroup = task is { Kind: TaskKind.None, Subtasks.Count: > 0 };
        string Does(PlanValues scope) => isGroup ? "" : TaskDeeds.Of(task, _workflow, scope);
        return new PlanStep
        {
            Path = path,
            Id = task.Id,
            Kind = WorkflowList.KindOf(task),
            Does = Does(values),
            After = after,
            Condition = ConditionText.Of(task),
            Attempts = Attempts(task),
            TimeoutSecs = Timeout(task),
            ContinueOnError = task.ContinueOnError,
            Loop = LoopExpansion.Of(task, values, Does),
            Sections = [.. Inner(task, path + ".", values)],
        };
    }

    private IEnumerable<PlanSection> Inner(TaskDefinition task, string prefix, PlanValues values)
    {
        if (task.Subtasks.Count > 0)
        {
            yield return List("subtasks", "", task.Subtasks, prefix, values);
        }

        foreach (var (text, tasks) in task.Switch?.Cases ?? new Dictionary<string, IReadOnlyList<TaskDefinition>>())
        {
            yield return List("case", text, tasks, prefix, values);
        }

        if (task.Switch is { Default.Count: > 0 } branch)
        {
            yield return List("case", "default", branch.Default, prefix, values);
        }

        // A subflow inside itself is shown once.
        if (task.Subflow is { } id && _workflow.Subflows.TryGetValue(id, out var subflow) && subflow.Tasks.Count > 0 && _open.Add(id))
        {
            yield return List("subflow", id, [.. subflow.Tasks.Values], prefix, values.Inside(subflow, task));
            _open.Remove(id);
        }

        foreach (var section in Handlers(task.OnFailure, task.Finally, prefix, values))
        {
            yield return section;
        }
    }

    private IEnumerable<PlanSection> Handlers(
        IReadOnlyDictionary<string, TaskDefinition> onFailure, IReadOnlyDictionary<string, TaskDefinition> atTheEnd, string prefix,
        PlanValues values)
    {
        if (onFailure.Count > 0)
        {
            yield return List("on_failure", "", [.. onFailure.Values], prefix, values);
        }

        if (atTheEnd.Count > 0)
        {
            yield return List("finally", "", [.. atTheEnd.Values], prefix, values);
        }
    }

    private PlanSection List(string kind, string name, IReadOnlyList<TaskDefinition> tasks, string prefix, PlanValues values) =>
        Section(kind, name, [], tasks, TaskOrder.OfList(tasks), prefix, values);

    // The more exact word wins: retry over on_error, the task's own over the workflow's defaults.
    private int Attempts(TaskDefinition task) => MakesNoAttempt(task) ? 1 :
        task.Retry?.MaxAttempts
        ?? (task.OnError is { } own ? own.Retry + 1 : default(int?))
        ?? _workflow.Defaults?.Retry?.MaxAttempts
        ?? (_workflow.Defaults?.OnError is { } usual ? usual.Retry + 1 : 1);

    // What only waits or only holds others is not tried: the defaults are for what is executed.
    private static bool MakesNoAttempt(TaskDefinition task) =>
        task is { Kind: TaskKind.Sleep or TaskKind.WaitFor or TaskKind.Approval or TaskKind.Switch }
            or { Kind: TaskKind.None, Subtasks.Count: > 0 };

    private double? Timeout(TaskDefinition task)
    {
        if (MakesNoAttempt(task))
        {
            return task.TimeoutSecs;
        }

        var kind = task.Script?.TimeoutSecs ?? task.Command?.TimeoutSecs ?? task.Http?.TimeoutSecs ?? task.Llm?.TimeoutSecs
            ?? task.McpTool?.TimeoutSecs;
        return (task.TimeoutSecs, kind) switch
        {
            ({ } whole, { } own) => Math.Min(whole, own),
            var (whole, own) => whole ?? own ?? _workflow.Defaults?.TimeoutSecs,
        };
    }
}
