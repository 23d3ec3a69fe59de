using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Inputs;
using Periplon.Core.Limits;
using Periplon.Engine.Queue;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Executions;

/// <summary>The executions row that belongs to a state. It is written only when what lists and the sweep need has changed.</summary>
internal static class ExecutionRows
{
    /// <summary>
    /// How far ahead an execution without a timer is looked at again by the sweep. The sweep moves it on when all is well, so the value
    /// bounds how long a lost message can hold an execution up.
    /// </summary>
    public static readonly TimeSpan SafetyInterval = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How far ahead an execution is looked at again that only waits for a place under a concurrency limit or for a child: longer than it
    /// keeps its memory. Whoever it waits for tells it, and says so again some times: the limit, which stays in memory as long as somebody
    /// waits and asks those that hold its places every few seconds, and the child at its end. When a silo dies, all that are due within
    /// the interval are looked at. So it bounds the delay only when every try to tell was lost and no silo has died.
    /// </summary>
    public static readonly TimeSpan PatientInterval = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How far ahead an execution is looked at again that waits for nothing that can be lost: for a person, a signal, or to be resumed.
    /// </summary>
    public static readonly TimeSpan CalmInterval = TimeSpan.FromHours(1);

    /// <summary>The row of a new execution.</summary>
    public static ExecutionRow First(Guid id, ExecutionCreated created, int partition) => new()
    {
        Id = id,
        Organization = created.Organization,
        WorkflowId = created.WorkflowId,
        WorkflowName = created.WorkflowName,
        WorkflowVersion = created.WorkflowVersion,
        Revision = created.Revision,
        Status = ExecutionStatus.Queued,
        Priority = created.Priority,
        Partition = partition,
        WaitReason = "worker",
        QueueLane = "",
        NextWakeAt = created.TimeLimitAt ?? created.At,
        TriggerType = created.TriggerType,
        TriggeredBy = created.TriggeredBy,
        ParentExecutionId = created.ParentExecutionId,
        RetryOf = created.RetryOf,
        Inputs = JsonSerializer.Serialize(
            SecretInputs.Mask(created.Inputs, created.SecretInputs), ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement),
        Labels = created.Labels is { Count: > 0 } labels
            ? JsonSerializer.Serialize(labels, ExecutionJson.Default.IReadOnlyDictionaryStringString)
            : "{}",
        CreatedAt = created.At,
    };

    /// <summary>The row after a turn, or null when it is as it was.</summary>
    public static ExecutionRow? Next(ExecutionRow row, ExecutionState state, DateTimeOffset now)
    {
        var isMoved = row.Revision != state.Created.Revision;
        row = row with { Revision = state.Created.Revision, WorkflowVersion = state.Created.WorkflowVersion };
        if (state.IsTerminal)
        {
            return row with
            {
                Status = state.Status,
                WaitReason = null,
                NextWakeAt = null,
                QueueLane = null,
                StartedAt = state.StartedAt,
                CompletedAt = state.FinishedAt,
                Error = state.Error?.Replace('\0', '\uFFFD'),
                RetryCount = state.Retries,
                Result = state.Outputs is { Count: > 0 } outputs
                    ? JsonSerializer.Serialize(outputs, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement)
                    : null,
            };
        }

        var reason = WaitReasonOf(state);
        var wake = Wake(state, now);
        var lane = QueueLanes.Of(state);

        if (lane is not null)
        {
            return !isMoved && row.Status == state.Status && row.WaitReason == reason && row.QueueLane == lane && row.NextWakeAt == wake
                ? null
                : Moved();
        }

        // A time that has passed may have been moved on in the database since, and further than this state allows.
        if (!isMoved && row.Status == state.Status && row.WaitReason == reason && row.QueueLane == lane && row.NextWakeAt <= wake
            && row.NextWakeAt > now
            && (IntervalOf(state) == SafetyInterval || row.NextWakeAt - now >= (wake - now) / 2))
        {
            return null;
        }

        return Moved();

        ExecutionRow Moved() => row with
        {
            Status = state.Status, WaitReason = reason, NextWakeAt = wake, StartedAt = state.StartedAt, RetryCount = state.Retries,
            QueueLane = lane,
        };
    }

    /// <summary>
    /// When the sweep looks at an execution at the latest. One that waits to be started is found by its place in the queue: a million of
    /// those must not be due every minute. It has its own next time, or, when there is none, that of its creation, which keeps it out of
    /// the index.
    /// </summary>
    public static DateTimeOffset Wake(ExecutionState state, DateTimeOffset now)
    {
        var timer = ExecutionPlanner.NextTimer(state);
        if (QueueLanes.Of(state) is not null)
        {
            return timer ?? state.Created.At;
        }

        var latest = now + IntervalOf(state);

        // A sleep of months is a row and nothing else.
        return timer is { } at && (at < latest || NeedsNobody(state)) ? at : latest;
    }

    /// <summary>
    /// Whether no lost message can hold the execution up: what it waits for is recorded in its own journal before anybody is answered. Who
    /// waits for a worker, a limit or a child asks again in time.
    /// </summary>
    public static bool NeedsNobody(ExecutionState state) =>
        state.Status is ExecutionStatus.Waiting or ExecutionStatus.Paused && state.Running.IsEmpty
        && !LimitRequests.Pending(state).Any() && !WaitsForChild(state);

    /// <summary>How long the sweep leaves an execution alone at most.</summary>
    public static TimeSpan IntervalOf(ExecutionState state) =>
        NeedsNobody(state) ? CalmInterval : IsToldInTime(state) ? PatientInterval : SafetyInterval;

    // Nothing of it waits for a worker, nor for a rate limit, whose answer is not repeated.
    private static bool IsToldInTime(ExecutionState state) =>
        state.Running.IsEmpty && state.Ready.IsEmpty && !state.Waiting.IsEmpty
        && state.Waiting.All(rank => state.Task(rank.Task).Wait is not { Kind: WaitKind.Rate });

    private static bool WaitsForChild(ExecutionState state) =>
        state.Waiting.Any(rank => state.Task(rank.Task).Wait is { Kind: WaitKind.Child });

    // Coarse on purpose: a reason that changed with every task would make every commit write the row. "Why" asks the state itself.
    private static string WaitReasonOf(ExecutionState state) => state.Status switch
    {
        ExecutionStatus.Queued when state.Root.Wait is { } wait => WordOf(wait.Kind),
        ExecutionStatus.Queued => "worker",
        ExecutionStatus.Waiting when !state.Waiting.IsEmpty => WordOf(state.Task(state.Waiting.Min.Task).Wait!.Kind),
        ExecutionStatus.Waiting => "retry_delay",
        ExecutionStatus.Paused => "resume",
        _ => "tasks",
    };

    /// <summary>The word for what a task waits for, as lists and "why" show it.</summary>
    public static string WordOf(WaitKind kind) => kind switch
    {
        WaitKind.Time => "sleep",
        WaitKind.Signal => "signal",
        WaitKind.Webhook => "webhook",
        WaitKind.Approval => "approval",
        WaitKind.Child => "subflow",
        WaitKind.Concurrency => "concurrency",
        _ => "rate_limit",
    };
}
