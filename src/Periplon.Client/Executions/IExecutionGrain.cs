using Orleans.CodeGeneration;
using Orleans.Concurrency;
using Periplon.Core.Executions;
using Periplon.Client.Limits;
using Periplon.Client.Workflows;

namespace Periplon.Client.Executions;

/// <summary>
/// One execution: drives the machine, records, offers tasks; never does a task's work. Key: the execution id in <c>D</c> format.
/// </summary>
[Alias("Periplon.IExecutionGrain"), Version(2)]
public interface IExecutionGrain : IGrainWithStringKey
{
    /// <summary>Records the execution's creation. Called by the workflow's grain only.</summary>
    [Alias("Create")]
    Task<StartStatus> CreateAsync(CreateExecution request, CancellationToken cancellationToken);

    /// <summary>A worker asks for an attempt it was offered. The same token again gets the same answer.</summary>
    [Alias("TryStart")]
    Task<TaskLease?> TryStartAsync(TaskClaim claim, CancellationToken cancellationToken);

    /// <summary>
    /// A worker reports the end of an attempt. The same report again is acknowledged; one without a valid lease is dropped.
    /// </summary>
    [Alias("Report")]
    Task<ReportStatus> ReportAsync(TaskReport report, CancellationToken cancellationToken);

    /// <summary>Asks for the end of the execution; returns after the request is recorded.</summary>
    [Alias("Cancel")]
    Task<ControlStatus> CancelAsync(ControlRequest request, CancellationToken cancellationToken);

    /// <summary>Pauses: running attempts finish, nothing new starts.</summary>
    [Alias("Pause")]
    Task<ControlStatus> PauseAsync(ControlRequest request, CancellationToken cancellationToken);

    /// <summary>Resumes a paused execution.</summary>
    [Alias("Resume")]
    Task<ControlStatus> ResumeAsync(ControlRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Skips a task: it ends as skipped or with the given output, and what depends on it goes on. The same request again changes nothing.
    /// </summary>
    [Alias("SkipTask")]
    Task<SkipTaskResult> SkipTaskAsync(SkipTaskRequest request, CancellationToken cancellationToken);

    /// <summary>Moves the execution to another revision of its workflow, if its history fits. The same request again changes
    /// nothing.</summary>
    [Alias("Migrate")]
    Task<MigrateResult> MigrateAsync(MigrateExecution request, CancellationToken cancellationToken);

    /// <summary>
    /// The child execution of a task has ended. False when the task does not wait for it any more; the same report again changes nothing.
    /// </summary>
    [Alias("EndChild")]
    Task<bool> EndChildAsync(ChildReport report, CancellationToken cancellationToken);

    /// <summary>A signal or the call of a webhook; kept until a task takes it. The same key again changes nothing.</summary>
    [Alias("Signal")]
    Task<SignalStatus> SignalAsync(SignalRequest request, CancellationToken cancellationToken);

    /// <summary>A person decides what an approval asks. The same decision again is acknowledged.</summary>
    [Alias("Decide")]
    Task<DecisionResult> DecideAsync(DecisionRequest request, CancellationToken cancellationToken);

    /// <summary>A limit answers. False when the task no longer asks: its place is to be given back.</summary>
    [Alias("AnswerLimit")]
    Task<bool> AnswerLimitAsync(LimitReply reply, CancellationToken cancellationToken);

    /// <summary>Stops a task, or the whole execution, to make room for another. Called by the limit's messenger only.</summary>
    [Alias("MakeRoom")]
    Task MakeRoomAsync(LimitPlace place, string reason, CancellationToken cancellationToken);

    /// <summary>Whether a place under a limit is still wanted or held.</summary>
    [Alias("HoldsPlace"), ReadOnly, AlwaysInterleave]
    Task<bool> HoldsPlaceAsync(LimitPlace place, CancellationToken cancellationToken);

    /// <summary>Whether a task still waits for the end of a child. Called by a child that comes into memory.</summary>
    [Alias("WaitsForChild"), AlwaysInterleave]
    Task<bool> WaitsForChildAsync(string task, Guid child, CancellationToken cancellationToken);

    /// <summary>Looks again: due timers, lost workers, lost offers. True when the execution has not ended.</summary>
    [Alias("Wake")]
    Task<bool> WakeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The same; returns when to look the next time at the latest, even if nothing happens. Null when there is no such execution or it has
    /// ended.
    /// </summary>
    [Alias("Look")]
    Task<DateTimeOffset?> LookAsync(CancellationToken cancellationToken);

    /// <summary>The queue had no room for its offers: it stays in the database until its partition looks at it.</summary>
    [Alias("Refused"), OneWay, AlwaysInterleave]
    Task RefusedAsync();

    /// <summary>The execution as it stands, without its tasks; null when there is none.</summary>
    [Alias("Describe"), ReadOnly, AlwaysInterleave]
    Task<ExecutionView?> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>A page of its tasks, in the order in which they came into being; null when there is no such execution.</summary>
    [Alias("ListTasks"), ReadOnly, AlwaysInterleave]
    Task<TaskPage?> ListTasksAsync(TaskSlice slice, CancellationToken cancellationToken);

    /// <summary>Waits for the end, for a time; returns the execution as it is then, without its tasks.</summary>
    [Alias("WaitForEnd"), ReadOnly, AlwaysInterleave]
    Task<ExecutionView?> WaitForEndAsync(TimeSpan wait, CancellationToken cancellationToken);
}
