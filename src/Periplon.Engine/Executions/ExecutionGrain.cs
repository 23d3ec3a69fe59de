using Microsoft.Extensions.Logging;
using System.Text.Json;
using Orleans.Concurrency;
using Orleans.Placement;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Engine.Invariants;
using Periplon.Engine.Limits;
using Periplon.Engine.Membership;
using Periplon.Engine.Queue;
using Periplon.Engine.Storage;
using Periplon.Engine.Workers;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Executions;

/// <summary>
/// One execution on the cluster: loads its journal, drives the machine, offers tasks and sets timers. Reentrant, because the driver puts
/// commands in order itself and lets those that arrive during a commit share the next one. Placed at random: what silos know of each
/// other's load is seconds old, and all that start meanwhile would go to the same one.
/// </summary>
[GrainType("execution"), Reentrant, RandomPlacement]
internal sealed partial class ExecutionGrain(
    IJournalStore journal, WorkflowCatalog catalog, ExecutionSignals signals, LimitMessenger limits, ChildExecutions children,
    WorkerLiveness liveness, WorkerDirectory workers, WorkerSlots slots, ClaimedAttempts attempts, EndWatches watches,
    QueuePartitions partitions, EngineInstruments instruments, InvariantChecks invariants, TimeProvider time, ILogger<ExecutionGrain> logger)
    : Grain, IExecutionGrain, IExecutionHost, ILocalReports, IIncomingGrainCallFilter
{
    // Long enough for a caller that starts and then waits, short enough that finished executions cost no memory.
    private static readonly TimeSpan KeepAfterEnd = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ExecutionDriver? _driver;
    private IGrainTimer? _timer;
    private Guid _id;
    private bool _waitedFor;
    private int _waiters;

    // The journal is read when it is first needed: a new execution has none, and its first append finds out if it has.
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _id = Guid.ParseExact(this.GetPrimaryKeyString(), "D");
        _turns = TaskScheduler.Current;
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _hasLeft = true;
        _watch?.OnLeft();
        return Task.CompletedTask;
    }

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (JournalConflictException e)
        {
            // This activation was stale. All callers know what to do after a time-out: they ask again, and then ask one that is not.
            throw new TimeoutException($"{e.Message}. The outcome of this call is unknown; repeat it");
        }
    }

    public async Task<TaskLease?> TryStartAsync(TaskClaim claim, CancellationToken cancellationToken)
    {
        await liveness.RequireLiveAsync(claim.Worker, cancellationToken);
        var isStarted = await UnlessOvertakenAsync(
            driver => driver.DoAsync(
                turn => ExecutionCommands.TryStart(turn, claim.Task, claim.Attempt, claim.Worker, claim.Token), cancellationToken),
            cancellationToken);
        if (!isStarted)
        {
            instruments.OnOfferRefused();
            return null;
        }

        return TaskLeases.Of(_driver!.State, _driver.State.Find(claim.Task)!.Instance);
    }

    public async Task<ReportStatus> ReportAsync(TaskReport report, CancellationToken cancellationToken)
    {
        var outcome = JsonSerializer.Deserialize(report.Outcome.Span, ExecutionJson.Default.TaskOutcome)
            ?? throw new ArgumentException($"The report of task '{report.Task}' holds no outcome", nameof(report));
        return await ReportOutcomeAsync(report.Task, report.Attempt, report.Token, outcome, cancellationToken);
    }

    public Task<ControlStatus> CancelAsync(ControlRequest request, CancellationToken cancellationToken) =>
        ControlAsync(request, turn => ExecutionCommands.Cancel(turn, request.By, request.Reason, request.Kill), cancellationToken);

    public Task<ControlStatus> PauseAsync(ControlRequest request, CancellationToken cancellationToken) =>
        ControlAsync(request, turn => ExecutionCommands.Pause(turn, request.By), cancellationToken);

    public Task<ControlStatus> ResumeAsync(ControlRequest request, CancellationToken cancellationToken) =>
        ControlAsync(request, turn => ExecutionCommands.Resume(turn, request.By), cancellationToken);

    public async Task<bool> WakeAsync(CancellationToken cancellationToken) => await LookAsync(cancellationToken) is not null;

    public async Task<ExecutionView?> DescribeAsync(CancellationToken cancellationToken) =>
        await LoadToReadAsync(cancellationToken) is { } driver
            ? ExecutionViews.Of(
                driver.State, await ReadPlacesAsync(driver.State, cancellationToken), await ReadWorkersAsync(driver.State, cancellationToken))
            : null;

    public async Task<TaskPage?> ListTasksAsync(TaskSlice slice, CancellationToken cancellationToken) =>
        await LoadToReadAsync(cancellationToken) is { } driver ? ExecutionViews.PageOf(driver.State, slice) : null;

    public async Task<ExecutionView?> WaitForEndAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        if (await LoadToReadAsync(cancellationToken) is { State.IsTerminal: false })
        {
            _waitedFor = true;
            _waiters++;
            try
            {
                await _ended.Task.WaitAsync(wait, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                // The caller gets the status as it is now.
            }
            finally
            {
                _waiters--;
            }
        }

        return _driver is { } driver ? ExecutionViews.Of(driver.State) : null;
    }

    public ValueTask BeforeCommitAsync() => liveness.RequireMemberAsync();

    public void OnCommitted(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events) =>
        OnCommitted(before, after, events, _starting);

    private void OnCommitted(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events, LocalStarts? starts)
    {
        _knownAt = time.GetTimestamp();

        // Offers of a paused execution were refused and forgotten, so a resumed one makes all of them again.
        // So does one that was moved to another revision, where tasks have other places.
        var offersAll = (before.IsPaused && !after.IsPaused) || !ReferenceEquals(before.Plan, after.Plan);
        OfferReady(after, offersAll ? after.Ready : ExecutionNews.Ready(before, after, events));
        starts?.Run(after);
        StopWhatNoLongerMatters(before, after, events);
        FollowChildren(before, after, events);
        limits.Send(LimitRequests.Of(before, after, events));
        Count(before, after, events);
        if (!after.IsTerminal)
        {
            SetTimer();
            StayWhileRunning(after);
            return;
        }

        _timer?.Dispose();
        _timer = null;
        instruments.OnExecutionFinished(after.Status, after.FinishedAt!.Value - after.Created.At);
        _ended.TrySetResult();
        _watch?.OnEnded(ExecutionViews.Of(after));
        signals.End(after);
        DeactivateSoon();
    }

    public void OnFaulted(Exception exception)
    {
        LogFaulted(exception, _id);

        // Waiters ask again, and then ask the activation that has loaded what is stored.
        _ended.TrySetResult();
        _watch?.OnLeft();
        DeactivateOnIdle();
    }

    private async Task<ReportStatus> ReportOutcomeAsync(
        string task, int attempt, Guid token, TaskOutcome outcome, CancellationToken cancellationToken)
    {
        var random = signals.NextRandom();
        var isAccepted = await UnlessOvertakenAsync(
            driver => driver.ReportAsync(task, attempt, token, outcome, random, cancellationToken), cancellationToken);
        if (isAccepted)
        {
            return ReportStatus.Accepted;
        }

        instruments.OnReportDropped();
        LogReportDropped(_id, task, attempt);
        return ReportStatus.LeaseLost;
    }

    private async Task<ControlStatus> ControlAsync(ControlRequest request, Func<ExecutionTurn, bool> decide, CancellationToken cancellationToken)
    {
        if (await LoadAsync(cancellationToken) is not { } driver || driver.State.Created.Organization != request.Organization)
        {
            return ControlStatus.NotFound;
        }

        if (driver.State.IsTerminal)
        {
            return ControlStatus.AlreadyFinished;
        }

        return await UnlessOvertakenAsync(_ => driver.DoAsync(decide, cancellationToken), cancellationToken)
            ? ControlStatus.Done
            : ControlStatus.NoChange;
    }

    private void SetTimer()
    {
        if (ExecutionPlanner.NextTimer(_driver!.State) is not { } next)
        {
            _timer?.Dispose();
            _timer = null;
            return;
        }

        var due = ExecutionTimers.Until(next, _driver.Now);
        if (_timer is null)
        {
            _timer = this.RegisterGrainTimer(
                static (grain, _) => grain.OnTimerAsync(), this,
                new GrainTimerCreationOptions(due, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
        }
        else
        {
            _timer.Change(due, Timeout.InfiniteTimeSpan);
        }
    }

    // Without the timer's own token: what follows from the turn may dispose of the timer, which would cancel the turn that is under way.
    private async Task OnTimerAsync()
    {
        var driver = _driver!;
        await driver.AdvanceAsync(CancellationToken.None);
        if (!driver.State.IsTerminal)
        {
            // A timer that fired early, or runs in parts, has changed nothing yet.
            SetTimer();
        }
    }

    private void DeactivateSoon()
    {
        if (_waitedFor)
        {
            DeactivateOnIdle();
            return;
        }

        this.RegisterGrainTimer(
            static (grain, _) =>
            {
                if (grain._driver is not { State.IsTerminal: false })
                {
                    grain.DeactivateOnIdle();
                }

                return Task.CompletedTask;
            },
            this,
            new GrainTimerCreationOptions(KeepAfterEnd, Timeout.InfiniteTimeSpan) { Interleave = true });
    }
}
