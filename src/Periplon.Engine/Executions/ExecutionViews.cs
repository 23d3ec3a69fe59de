using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Core.Inputs;
using Periplon.Core.Plans;

namespace Periplon.Engine.Executions;

/// <summary>What people and programs are shown of a state.</summary>
internal static class ExecutionViews
{
    public static ExecutionView Of(ExecutionState state) => new()
    {
        Organization = state.Created.Organization,
        Status = state.Status.ToWord(),
        IsTerminal = state.IsTerminal,
        TotalTasks = state.Tasks.Count - 1,
        SettledTasks = state.Settled,
        Error = state.Error,
        Outputs = state.Outputs is { } outputs ? Json(outputs) : default,
        Tasks = [.. state.Tasks.Values.Where(task => task.Instance.Around is not null).OrderBy(task => task.Instance.Rank.Number).Select(task => OfTask(state, task))],
        Why = WaitViews.Of(state),
        CreatedAt = state.Created.At,
        StartedAt = state.StartedAt,
        CompletedAt = state.FinishedAt,
        WorkflowId = state.Created.WorkflowId,
        WorkflowName = state.Created.WorkflowName,
        WorkflowVersion = state.Created.WorkflowVersion,
        Revision = state.Created.Revision,
        Inputs = Json(SecretInputs.Mask(state.Created.Inputs, state.Created.SecretInputs)),
        TriggerType = state.Created.TriggerType,
        TriggeredBy = state.Created.TriggeredBy,
        ParentExecutionId = state.Created.ParentExecutionId,
        RetryCount = state.Retries,
        RequestHash = state.Created.RequestHash,
    };

    public static TaskView OfTask(ExecutionState state, TaskState current)
    {
        var task = current.Instance;
        return new TaskView
        {
            Id = task.Path,
            Status = current.Status.ToWord(),
            Kind = KindWord(task.Planned),
            Description = task.Planned.Definition.Description,
            Attempt = current.Attempt,
            Delivery = current.Delivery,
            Worker = current.Worker,
            ScheduledAt = current.ScheduledAt,
            StartedAt = current.StartedAt,
            CompletedAt = current.FinishedAt,
            Output = current.Output?.Text,
            OutputTruncated = current.Output?.Truncated ?? false,
            OutputSize = current.Output?.Size ?? 0,
            OutputArtifact = current.Output?.Artifact?.Uri,
            Outputs = current.Output?.Values is { } values ? Json(values) : default,
            ExitCode = current.Output?.ExitCode ?? current.Failure?.ExitCode,
            Error = current.Failure?.Message,
            ErrorKind = current.Failure?.Kind,
            Reason = current.Reason,
            DependsOn = [.. task.Planned.DependsOn.Select(on => state.FindSeenFrom(task, on)?.Instance.Path ?? on.Path)],
            Labels = task.Planned.Definition.Labels,
        };
    }

    private static string KindWord(PlannedTask task) =>
        task.Shape is TaskShape.Loop ? "loop" : JsonNamingPolicy.SnakeCaseLower.ConvertName(task.Definition.Kind.ToString());

    private static byte[] Json(IReadOnlyDictionary<string, JsonElement> values) =>
        JsonSerializer.SerializeToUtf8Bytes(values, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement);
}
