using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Client.Limits;
using Periplon.Core.Executions;
using Periplon.Core.Inputs;
using Periplon.Core.Plans;
using Periplon.Core.Workflows;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Executions;

/// <summary>What people and programs are shown of a state.</summary>
internal static class ExecutionViews
{
    // A page of tasks is one message between silos, and each task may hold an output of 64 KiB.
    private const long MaxPageBytes = 8 * 1024 * 1024;

    /// <summary>The execution without its tasks.</summary>
    public static ExecutionView Of(
        ExecutionState state, IReadOnlyDictionary<string, PlacesView>? places = null, IReadOnlyList<LiveWorker>? workers = null) => new()
    {
        Organization = state.Created.Organization,
        Status = state.Status.ToWord(),
        IsTerminal = state.IsTerminal,
        TotalTasks = state.Tasks.Count - 1,
        SettledTasks = state.Settled,
        Error = Masked(state.Error, SecretTexts.Of(state.Created)),
        Outputs = state.Outputs is { } outputs ? Json(outputs) : default,
        Why = WaitViews.Of(state, places, workers),
        Approvals = Approvals.Of(state),
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
        RetryOf = state.Created.RetryOf,
        Priority = state.Created.Priority,
        Labels = state.Created.Labels is { Count: > 0 } labels
            ? JsonSerializer.SerializeToUtf8Bytes(labels, ExecutionJson.Default.IReadOnlyDictionaryStringString)
            : "{}"u8.ToArray(),
    };

    /// <summary>A page of its tasks, in the order in which they came into being.</summary>
    public static TaskPage PageOf(ExecutionState state, TaskSlice slice)
    {
        var secrets = SecretTexts.Of(state.Created);
        var page = new List<TaskView>();
        long? next = null;
        var bytes = 0L;
        foreach (var task in state.Tasks.Values.Where(task => task.Instance.Rank.Number >= slice.After && task.Instance.Around is not null)
            .OrderBy(task => task.Instance.Rank.Number).Take(slice.Limit + 1))
        {
            if (page.Count == slice.Limit || bytes > MaxPageBytes)
            {
                next = page[^1].Number;
                break;
            }

            page.Add(OfTask(state, task, secrets));
            bytes += (2 * page[^1].Output?.Length ?? 0) + page[^1].Outputs.Length;
        }

        return new TaskPage(page, state.Tasks.Count - 1, next);
    }

    /// <summary>All of its tasks.</summary>
    public static IReadOnlyList<TaskView> TasksOf(ExecutionState state)
    {
        var secrets = SecretTexts.Of(state.Created);
        return [.. state.Tasks.Values.Where(task => task.Instance.Around is not null).OrderBy(task => task.Instance.Rank.Number)
            .Select(task => OfTask(state, task, secrets))];
    }

    // Masked once more: journals of earlier versions hold what the machine recorded as it was.
    private static TaskView OfTask(ExecutionState state, TaskState current, SecretTexts? secrets)
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
            Output = Masked(current.Output?.Text, secrets),
            OutputTruncated = current.Output?.Truncated ?? false,
            OutputSize = current.Output?.Size ?? 0,
            OutputArtifact = current.Output?.Artifact?.Uri,
            Outputs = current.Output?.Values is { } values ? Json(secrets?.Mask(values) ?? values) : default,
            ExitCode = current.Output?.ExitCode ?? current.Failure?.ExitCode,
            Error = Masked(current.Failure?.Message, secrets),
            ErrorKind = current.Failure?.Kind,
            Reason = Masked(current.Reason, secrets),
            DependsOn = [.. task.Planned.DependsOn.Select(on => state.FindSeenFrom(task, on)?.Instance.Path ?? on.Path)],
            Parent = task.Around!.Around is null ? null : task.Around.Path,
            Iteration = task.Iteration < 0 ? null : task.Iteration,
            Phase = PhaseWord(task),
            ChildExecutionId = ChildOf(state, current),
            Number = task.Rank.Number + 1,
            IsAuthored = task.Planned.IsAuthored,
            Labels = task.Planned.Definition.Labels,
            IsKept = current.IsKept,
        };
    }

    private static string? Masked(string? text, SecretTexts? secrets) => text is null || secrets is null ? text : secrets.Mask(text);

    private static string? PhaseWord(TaskInstance task) => task.Around!.Planned.Phases[task.Planned.ParentPhase].Kind switch
    {
        PhaseKind.Before => "before",
        PhaseKind.OnFailure => "on_failure",
        PhaseKind.Finally => "finally",
        PhaseKind.After => "after",
        _ => null,
    };

    // A task that no longer waits has forgotten its child, whose id follows from the attempt.
    private static Guid? ChildOf(ExecutionState state, TaskState task) =>
        task.Wait?.Child ?? (task is { Instance.Planned.Shape: TaskShape.Subflow, Attempt: > 0, Agent: null, StartedAt: { } asked }
            ? ChildIds.Of(state.Created.ExecutionId, task.Instance.Path, task.Attempt, asked)
            : null);

    private static string KindWord(PlannedTask task) => task switch
    {
        { Shape: TaskShape.Loop } => "loop",
        { Definition.Kind: TaskKind.None } => "group",
        _ => task.Definition.Kind.ToWord(),
    };

    private static byte[] Json(IReadOnlyDictionary<string, JsonElement> values) =>
        JsonSerializer.SerializeToUtf8Bytes(values, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement);
}
