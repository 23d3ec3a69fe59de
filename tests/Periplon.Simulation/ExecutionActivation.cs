using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Client.Limits;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Engine.Executions;
using Periplon.Engine.Limits;
using Periplon.Engine.Storage;

namespace Periplon.Simulation;

/// <summary>An activation of an execution, as the grain is: around the real driver it offers, stops, asks and sets timers.</summary>
internal sealed partial class ExecutionActivation(Silo silo, GrainKey key) : Activation(silo, key), IExecutionHost
{
    private static readonly TimeSpan KeepAfterEnd = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan KnownFor = TimeSpan.FromSeconds(5);

    private ExecutionDriver? _driver;
    private Task? _loading;
    private Task<StartStatus>? _creating;
    private int _timer;
    private long _currentAt;

    private Guid Id => Key.Id;

    public async Task<StartStatus> CreateAsync(CreateExecution request)
    {
        if (_creating is { IsCompleted: false } underWay)
        {
            await underWay;
        }

        return _driver is not null ? StartStatus.AlreadyStarted : await (_creating = CreateFirstAsync(request));
    }

    public async Task<TaskLease?> TryStartAsync(TaskClaim claim) =>
        await UnlessOvertakenAsync(driver => driver.DoAsync(
            turn => ExecutionCommands.TryStart(turn, claim.Task, claim.Attempt, claim.Worker, claim.Token), CancellationToken.None))
            ? LeaseOf(_driver!.State, claim.Task)
            : null;

    public async Task<ReportStatus> ReportAsync(string task, int attempt, Guid token, TaskOutcome outcome)
    {
        var random = World.Random.NextDouble();
        if (await UnlessOvertakenAsync(driver => World.Protocol.ReportAsync(driver, task, attempt, token, outcome, random)))
        {
            World.Ledger.OnReportAccepted(Id, task, token);
            return ReportStatus.Accepted;
        }

        return ReportStatus.LeaseLost;
    }

    public Task<ControlStatus> CancelAsync(string reason, bool kill) =>
        ControlAsync(turn => ExecutionCommands.Cancel(turn, null, reason, kill));

    public Task<ControlStatus> PauseAsync() => ControlAsync(turn => ExecutionCommands.Pause(turn, "a user"));

    public Task<ControlStatus> ResumeAsync() => ControlAsync(turn => ExecutionCommands.Resume(turn, "a user"));

    public async Task<SignalStatus> SignalAsync(string name, string key) =>
        await LoadAsync() is { } driver
            ? await driver.DoAsync(turn => Signals.Receive(turn, isWebhook: false, name, null, "a user", key), CancellationToken.None)
            : SignalStatus.NotFound;

    public async Task<DecisionResult> DecideAsync(DecisionRequest request)
    {
        if (await LoadAsync() is not { } driver)
        {
            return new DecisionResult(DecisionStatus.NotFound);
        }

        var result = await driver.DoAsync(turn => Approvals.Decide(turn, request), CancellationToken.None);
        if (result.Status is not DecisionStatus.Decided)
        {
            await World.Protocol.EnsureCurrentAsync(driver);
        }

        return result;
    }

    public Task<bool> AnswerLimitAsync(LimitReply reply) =>
        UnlessOvertakenAsync(driver => driver.DoAsync(turn => LimitReplies.Apply(turn, reply), CancellationToken.None));

    public async Task<bool> MakeRoomAsync(LimitHolder holder, string reason)
    {
        if (await LoadAsync() is { State.IsTerminal: false } driver)
        {
            await driver.DoAsync(turn => LimitReplies.MakeRoom(turn, holder, reason), CancellationToken.None);
        }

        return true;
    }

    public async Task<bool> HoldsPlaceAsync(LimitPlace place)
    {
        if (await LoadAsync() is not { } driver)
        {
            return false;
        }

        await World.Protocol.EnsureCurrentAsync(driver);
        return LimitRequests.Holds(driver.State, place.Task, place.AskedAt);
    }

    public async Task<ExecutionState?> DescribeAsync() => (await LoadToReadAsync())?.State;

    public async Task<DateTimeOffset?> LookAsync()
    {
        if (await LoadAsync() is not { State.IsTerminal: false } driver)
        {
            return null;
        }

        await World.Protocol.EnsureCurrentAsync(driver);
        await ReturnLostAsync();
        await driver.AdvanceAsync(CancellationToken.None);
        if (World.Protocol.OffersOnWake)
        {
            OfferReady(driver.State, driver.State.Ready);
        }

        LookAfterChildren(driver.State);
        Silo.Limits.Send(LimitRequests.Pending(driver.State));
        return driver.State.IsTerminal ? null : ExecutionRows.Wake(driver.State, Silo.UtcNow);
    }

    public Task<bool> RefusedAsync()
    {
        if (_driver is { State: { IsTerminal: false, Status: not ExecutionStatus.Queued } state })
        {
            OfferReady(state, state.Ready);
        }
        else if (_driver is not { State.IsTerminal: true })
        {
            Deactivate();
        }

        return Task.FromResult(true);
    }

    public void OnCommitted(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events) =>
        OnCommitted(before, after, events, _starting);

    private void OnCommitted(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events, SimulatedStarts? starts)
    {
        _currentAt = World.Now;
        if (ReferenceEquals(after, _driver!.State))
        {
            // The answer to a creation may come when the execution has been found in the journal and has gone on.
            World.Ledger.OnAcknowledged(Id, after, _driver.Seq, this);
        }

        OfferReady(after, before.IsPaused && !after.IsPaused ? after.Ready : ExecutionNews.Ready(before, after, events));
        starts?.Run(after);
        StopWhatNoLongerMatters(before, after, events);
        FollowChildren(before, after, events);
        Silo.Limits.Send(World.Protocol.Tell(before, after, events));
        if (!after.IsTerminal)
        {
            SetTimer();
            return;
        }

        _timer++;
        DeactivateSoon();
    }

    public void OnFaulted(Exception exception)
    {
        if (!Failures.IsExpected(exception))
        {
            World.Violate($"a turn of {Key} on {Silo} failed: {exception}");
        }

        World.Trace?.Invoke($"{Key} on {Silo} is stale: {exception.Message}");
        Deactivate();
    }

    private async Task<StartStatus> CreateFirstAsync(CreateExecution request)
    {
        var plan = SampleWorkflows.All[request.Revision].PlanOf(request.Subflow);
        var created = ExecutionBeginning.CreatedOf(plan, request, Silo.UtcNow);
        var starts = new SimulatedStarts(Silo);
        var beginning = ExecutionBeginning.Of(plan, created, World.Partitions.Of(Id), starts.Take);
        try
        {
            await beginning.AppendAsync(Silo.Journal, null, CancellationToken.None);
        }
        catch (Exception e)
        {
            starts.Abandon();
            if (e is not JournalConflictException)
            {
                throw;
            }

            return await LoadAsync() is not null ? StartStatus.AlreadyStarted : StartStatus.Conflict;
        }

        // A read of the journal that was under way may have found the row first.
        _driver ??= new ExecutionDriver(Id, beginning.State, 1, beginning.Row, Silo.Journal, this, Silo.Clock);
        OnCommitted(beginning.Created, beginning.State, beginning.Events, starts);
        return StartStatus.Started;
    }

    // Before it says no, an activation makes sure that no other has written meanwhile.
    private async Task<bool> UnlessOvertakenAsync(Func<ExecutionDriver, Task<bool>> answer)
    {
        if (await LoadAsync() is not { } driver)
        {
            return false;
        }

        if (await answer(driver))
        {
            return true;
        }

        await World.Protocol.EnsureCurrentAsync(driver);
        return false;
    }

    private async Task<ExecutionDriver?> LoadToReadAsync()
    {
        var driver = await LoadAsync();
        if (driver is not null && World.Now - _currentAt > KnownFor.Ticks)
        {
            await World.Protocol.EnsureCurrentAsync(driver);
            _currentAt = World.Now;
        }

        return driver;
    }

    private async Task<ControlStatus> ControlAsync(Func<ExecutionTurn, bool> decide) =>
        await LoadAsync() is not { } driver ? ControlStatus.NotFound
        : driver.State.IsTerminal ? ControlStatus.AlreadyFinished
        : await UnlessOvertakenAsync(_ => driver.DoAsync(decide, CancellationToken.None)) ? ControlStatus.Done
        : ControlStatus.NoChange;

    private async Task<ExecutionDriver?> LoadAsync()
    {
        if (_driver is null)
        {
            try
            {
                await (_loading ??= ReadJournalAsync());
            }
            finally
            {
                if (_loading is { IsCompleted: true })
                {
                    _loading = null;
                }
            }
        }

        return _driver;
    }

    private async Task ReadJournalAsync()
    {
        var rows = await Silo.Journal.ReadAsync(Id, 0, CancellationToken.None);
        if (_driver is not null)
        {
            return;
        }

        if (rows.Count == 0)
        {
            DeactivateSoon();
            return;
        }

        var history = rows.SelectMany(row => EventCodec.Decode(row.Events.Span)).ToList();
        var created = (ExecutionCreated)history[0];
        var state = ExecutionMachine.Replay(SampleWorkflows.All[created.Revision].PlanOf(created.Subflow), history);
        var first = ExecutionRows.First(Id, created, World.Partitions.Of(Id));
        var row = ExecutionRows.Next(first, state, state.LastEventAt) ?? first;
        _driver = new ExecutionDriver(Id, state, rows[^1].Seq, row, Silo.Journal, this, Silo.Clock);
        World.Ledger.OnAcknowledged(Id, state, rows[^1].Seq, this);
        _currentAt = World.Now;
        World.Trace?.Invoke($"{Key} is loaded on {Silo} at row {rows[^1].Seq}");
        if (state.IsTerminal)
        {
            DeactivateSoon();
            return;
        }

        OfferReady(state, state.Ready);
        LookAfterChildren(state);
        Silo.Limits.Send(LimitRequests.Pending(state));
        SetTimer();
        try
        {
            await ReturnLostAsync();
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            // The sweep asks again.
        }
    }

    private void SetTimer()
    {
        var version = ++_timer;
        if (ExecutionPlanner.NextTimer(_driver!.State) is { } next)
        {
            After(ExecutionTimers.Until(next, _driver.Now), () => version == _timer ? OnTimerAsync() : Task.CompletedTask);
        }
    }

    private async Task OnTimerAsync()
    {
        var driver = _driver!;
        try
        {
            await driver.AdvanceAsync(CancellationToken.None);
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            return;
        }

        if (!driver.State.IsTerminal)
        {
            // A timer that fired early, or runs in parts, has changed nothing yet.
            SetTimer();
        }
    }

    private void DeactivateSoon() => After(KeepAfterEnd, () =>
    {
        if (_driver is not { State.IsTerminal: false })
        {
            Deactivate();
        }

        return Task.CompletedTask;
    });

    private static TaskLease LeaseOf(ExecutionState state, string task) => TaskLeases.Of(state, state.Find(task)!.Instance);
}
