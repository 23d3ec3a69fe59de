using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Core.Contexts;
using Periplon.Core.Executions;
using Periplon.Core.Inputs;

namespace Periplon.Engine.Executions;

/// <summary>What a worker gets with an attempt that it has claimed.</summary>
internal static class TaskLeases
{
    public static TaskLease Of(ExecutionState state, TaskInstance task) => new()
    {
        Organization = state.Created.Organization,
        WorkflowId = state.Created.WorkflowId,
        Revision = state.Created.Revision,
        Delivery = state.Task(task).Delivery,
        Values = JsonSerializer.SerializeToUtf8Bytes(
            TaskValues.Of(state, task), ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement),
        TimeoutSecs = task.Planned.TimeoutSecs,
        Work = state.Task(task).Work,
        Feedback = state.Task(task).Failure is { Kind: FailureKinds.DefinitionOfDone } unmet ? unmet.Message : null,
        Agent = state.Task(task).Agent,
        Context = ProgressSummary.Of(state, task),
        Subflow = state.Created.Subflow,
        SecretTexts = SecretTexts.ListOf(state.Created.Inputs, state.Created.SecretInputs) is { Count: > 0 } secret ? secret : null,
    };
}
