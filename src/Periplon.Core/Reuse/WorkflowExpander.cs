using Periplon.Core.Validation;
using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>Expands every task of a workflow, and makes subflows of the group workflows that are used.</summary>
internal sealed class WorkflowExpander
{
    private readonly WorkflowDefinition _workflow;
    private readonly ReuseResolution _resolution;
    private readonly ValidationReport _report;
    private readonly TaskExpander _expander;
    private readonly OrderedDictionary<string, SubflowDefinition> _subflows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _subflowIds = new(StringComparer.Ordinal);

    internal WorkflowExpander(WorkflowDefinition workflow, ReuseResolution resolution, ValidationReport report)
    {
        _workflow = workflow;
        _resolution = resolution;
        _report = report;
        _expander = new TaskExpander(resolution, report);
    }

    internal WorkflowDefinition Expand()
    {
        var agents = new AgentBook(_workflow.Agents);
        foreach (var (id, subflow) in _workflow.Subflows)
        {
            var own = new AgentBook(subflow.Agents);
            var tasks = TaskWalk.Rewrite(subflow.Tasks, $"subflows.{id}.tasks", (task, path) => Expand(task, path, own));
            _subflows[id] = subflow with { Tasks = tasks, Agents = own.Agents };
        }

        var expanded = _workflow with
        {
            Tasks = TaskWalk.Rewrite(_workflow.Tasks, "tasks", (task, path) => Expand(task, path, agents)),
            OnFailure = TaskWalk.Rewrite(_workflow.OnFailure, "on_failure", (task, path) => Expand(task, path, agents)),
            Finally = TaskWalk.Rewrite(_workflow.Finally, "finally", (task, path) => Expand(task, path, agents)),
            Workflows = Expand(_workflow.Workflows, agents),
        };
        return expanded with { Agents = agents.Agents, Subflows = _subflows.Count == 0 ? _workflow.Subflows : _subflows };
    }

    private IReadOnlyDictionary<string, OrchestrationDefinition> Expand(
        IReadOnlyDictionary<string, OrchestrationDefinition> orchestrations, AgentBook agents)
    {
        if (orchestrations.Count == 0)
        {
            return orchestrations;
        }

        var result = new OrderedDictionary<string, OrchestrationDefinition>(StringComparer.Ordinal);
        foreach (var (id, orchestration) in orchestrations)
        {
            var steps = orchestration.Steps.Select((stage, index) => stage with
            {
                Tasks = TaskWalk.Rewrite(
                    stage.Tasks, $"workflows.{id}.steps[{index}].tasks", (task, path) => Expand(task, path, agents)),
            });
            result[id] = orchestration with { Steps = [.. steps] };
        }

        return result;
    }

    private TaskDefinition Expand(TaskDefinition task, string path, AgentBook agents) => task.UsesWorkflow is { } reference
        ? ExpandGroupWorkflow(task, reference, path)
        : _expander.Expand(task, path, agents, group: null);

    private TaskDefinition ExpandGroupWorkflow(TaskDefinition task, string reference, string path)
    {
        var at = $"{path}.uses_workflow";
        if (reference.Split(':') is not [var space, var name] || !_resolution.Namespaces.TryGetValue(space, out var group))
        {
            // The validator reports what is malformed or not imported; a group that was not found is reported at its import.
            return task;
        }

        if (group.Manifest.Workflows.FirstOrDefault(each => each.Name == name) is not { } workflow)
        {
            var names = group.Manifest.Workflows.Select(each => each.Name).ToArray();
            _report.Error(
                ReuseCodes.GroupWorkflowUnknown,
                at,
                $"Task '{task.Id}' uses the workflow '{reference}', but the group {group.Manifest.Metadata.Reference} "
                    + $"has no workflow '{name}'.",
                new NameHints().Hint(name, names, names.Length, "workflows of the group"));
            return task;
        }

        if (!_subflowIds.TryGetValue(reference, out var id))
        {
            id = _subflowIds[reference] = AddSubflow(reference, group, workflow, task, at);
        }

        if (id is null)
        {
            return task;
        }

        new TaskInputs(_report, $"Task '{task.Id}' uses the workflow '{reference}'", path).Check(_subflows[id].Inputs, task.Inputs);
        return task with { UsesWorkflow = null, Subflow = id };
    }

    private string? AddSubflow(string reference, LibraryGroup group, GroupWorkflow workflow, TaskDefinition user, string at)
    {
        if (TrustRules.FindProblem(group) is { } problem)
        {
            _report.Error(
                ReuseCodes.SourceNotTrusted,
                at,
                $"Task '{user.Id}' uses the group {group.Manifest.Metadata.Reference}, but its source ({group.Origin.Place}) is not "
                    + $"trusted and {problem}.",
                "Such groups may only read; say 'trusted: true' if you know the source.");
            return null;
        }

        var shared = group.Manifest.SharedConfig;
        var agents = new AgentBook(workflow.Agents);
        // What is wrong inside the group's file is reported where the workflow uses it: its places are those of another file.
        var tasks = TaskWalk.Rewrite(workflow.Tasks, at, (task, _) =>
        {
            if (task.UsesWorkflow is not null)
            {
                _report.Error(
                    ReuseCodes.GroupWorkflowUnknown,
                    at,
                    $"The workflow '{reference}' has the task '{task.Id}' with uses_workflow; a group imports nothing.",
                    "Put the tasks into the workflow itself.");
            }

            return _expander.Expand(SharedConfiguration.Apply(task, shared), at, agents, group);
        });
        var inputs = new OrderedDictionary<string, InputDefinition>(workflow.Inputs, StringComparer.Ordinal);
        foreach (var (name, definition) in shared?.Inputs ?? Map<InputDefinition>.Empty)
        {
            inputs.TryAdd(name, definition);
        }

        var id = reference;
        for (var number = 2; _workflow.Subflows.ContainsKey(id); number++)
        {
            id = $"{reference}_{number}";
        }

        _subflows[id] = new SubflowDefinition
        {
            Id = id,
            Description = workflow.Description ?? group.Manifest.Metadata.Description,
            Agents = agents.Agents,
            Tasks = tasks,
            Inputs = inputs,
            Outputs = workflow.Outputs,
        };
        return id;
    }
}
