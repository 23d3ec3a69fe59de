using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Core.Inputs;
using Periplon.Core.Reuse;

namespace Periplon.Engine.Executions;

/// <summary>What a child execution is started with.</summary>
internal static class ChildStarts
{
    /// <summary>How deep executions may start executions.</summary>
    public const int MaxDepth = 32;

    /// <summary>The start of the child that a task waits for, or why it cannot be started.</summary>
    public static (CreateExecution? Request, string? Problem) Of(
        RevisionPlans plans, ExecutionCreated parent, string task, TaskWait wait)
    {
        if (parent.Depth + 1 > MaxDepth)
        {
            return (null, $"Subflow '{wait.Name}' would be nested deeper than {MaxDepth} executions");
        }

        if (wait.Name is not { } subflow || !plans.Workflow.Subflows.ContainsKey(subflow))
        {
            return (null, $"The workflow has no subflow '{wait.Name}'");
        }

        var binding = InputBinder.Bind(plans.PlanOf(subflow).Workflow.Inputs, wait.Inputs ?? new Dictionary<string, JsonElement>());
        if (binding.Problems.Count > 0)
        {
            return (null, string.Join("; ", binding.Problems.Select(problem => $"{problem.Path}: {problem.Message}")));
        }

        var start = new StartExecution
        {
            ExecutionId = wait.Child!.Value,
            Organization = parent.Organization,
            Inputs = JsonSerializer.SerializeToUtf8Bytes(binding.Values, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement),
            Priority = parent.Priority,
            TriggerType = TriggerTypes.Subflow,
            TriggeredBy = parent.TriggeredBy,
            ParentExecutionId = parent.ExecutionId,
            Labels = parent.Labels,
            Revision = parent.Revision,
        };
        return (new CreateExecution
        {
            Start = start, WorkflowId = parent.WorkflowId, Revision = parent.Revision, Subflow = subflow, ParentTask = task,
            Depth = parent.Depth + 1, SecretInputs = SecretsIn(binding.Values, parent),
        }, null);
    }

    // What was secret stays so on its way down.
    private static List<string>? SecretsIn(IReadOnlyDictionary<string, JsonElement> values, ExecutionCreated parent)
    {
        var secrets = SecretTexts.Of(parent.Inputs, parent.SecretInputs);
        var names = values.Where(value => secrets is not null && secrets.Mask(value.Value).GetRawText() != value.Value.GetRawText())
            .Select(value => value.Key).ToList();
        return names.Count > 0 ? names : null;
    }
}
