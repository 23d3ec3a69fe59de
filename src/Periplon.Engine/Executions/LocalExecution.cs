using System.Text.Json;
using Periplon.Core.Reuse;
using Periplon.Client.Queue;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Engine.Limits;
using Periplon.Engine.Storage;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Executions;

/// <summary>
/// One execution in this process, without a cluster: the same machine, driver and journal as on the server, and attempts that run at once.
/// What is interrupted stays in its journal and goes on with the next run.
/// </summary>
internal sealed partial class LocalExecution : IExecutionHost, IAsyncDisposable
{
    private const string Worker = "local";

    private readonly RevisionPlans _plans;
    private readonly IJournalStore _journal;
    private readonly IAttemptRunner _attempts;
    private readonly Action<ExecutionState, IReadOnlyList<ExecutionEvent>> _onChange;
    private readonly Func<LocalExecution, Task>? _onChild;
    private readonly TimeProvider _time;
    private readonly LocalLimits _limits;
    private readonly Random _random = new();
    private readonly Guid _id;
    private readonly ExecutionDriver _driver;
    private readonly ITimer _timer;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _interrupt = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, (Task Run, CancellationTokenSource Stop, string Task)> _running = [];

    private LocalExecution(
        Guid id, ExecutionState state, long seq, ExecutionRow row, RevisionPlans plans, IJournalStore journal, IAttemptRunner attempts,
        Action<ExecutionState, IReadOnlyList<ExecutionEvent>> onChange, Func<LocalExecution, Task>? onChild, LocalLimits? limits,
        TimeProvider time)
    {
        (_id, _plans, _journal, _attempts, _onChange, _onChild, _time) = (id, plans, journal, attempts, onChange, onChild, time);
        _limits = limits ?? new LocalLimits(time);
        _driver = new ExecutionDriver(id, state, seq, row, journal, this, time);
        _timer = time.CreateTimer(_ => _ = AdvanceAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _limits.Join(id, message => _ = HearAsync(message));
    }

    /// <summary>The committed state.</summary>
    public ExecutionState State => _driver.State;

    /// <summary>
    /// Records a new execution and returns it, not yet running. <paramref name="onChild"/> is given each execution that is started below
    /// it, before that one runs.
    /// </summary>
    public static async Task<LocalExecution> CreateAsync(
        RevisionPlans plans, ExecutionCreated created, IJournalStore journal, IAttemptRunner attempts,
        Action<ExecutionState, IReadOnlyList<ExecutionEvent>> onChange, TimeProvider time, CancellationToken cancellationToken,
        LocalLimits? limits = null, Func<LocalExecution, Task>? onChild = null)
    {
        var beginning = ExecutionBeginning.Of(plans.PlanOf(created.Subflow), created, partition: 0);
        await beginning.AppendAsync(journal, null, cancellationToken);
        return new LocalExecution(
            created.ExecutionId, beginning.State, 1, beginning.Row, plans, journal, attempts, onChange, onChild, limits, time);
    }

    /// <summary>Loads an execution that was interrupted. Attempts that were running then go out again.</summary>
    public static async Task<LocalExecution> ResumeAsync(
        RevisionPlans plans, Guid id, IJournalStore journal, IAttemptRunner attempts,
        Action<ExecutionState, IReadOnlyList<ExecutionEvent>> onChange, TimeProvider time, CancellationToken cancellationToken,
        LocalLimits? limits = null, Func<LocalExecution, Task>? onChild = null)
    {
        var rows = await journal.ReadAsync(id, 0, cancellationToken);
        var history = rows.SelectMany(r => EventCodec.Decode(r.Events.Span)).ToList();
        var created = (ExecutionCreated)history[0];
        var state = ExecutionMachine.Replay(plans.PlanOf(created.Subflow), history);
        var first = ExecutionRows.First(id, created, partition: 0);
        var row = ExecutionRows.Next(first, state, state.LastEventAt) ?? first;
        var execution = new LocalExecution(id, state, rows[^1].Seq, row, plans, journal, attempts, onChange, onChild, limits, time);
        await execution._driver.DoAsync(
            turn =>
            {
                ExecutionCommands.ReturnLost(turn, static _ => true, execution._random.NextDouble());
                return true;
            },
            cancellationToken);
        return execution;
    }

    /// <summary>
    /// Runs to the end. When <paramref name="interrupt"/> fires, what runs is stopped and handed back; the execution can be resumed.
    /// </summary>
    public async Task<ExecutionState> RunAsync(CancellationToken interrupt)
    {
        await using var registration = interrupt.Register(_interrupt.Cancel);
        if (State.IsTerminal)
        {
            return State;
        }

        TellLimits([.. LimitRequests.Held(State), .. LimitRequests.Pending(State)]);
        StartReady(State.Ready);
        StartChildren(State);
        SetTimer();
        await Task.WhenAny(_ended.Task, Task.Delay(Timeout.InfiniteTimeSpan, _time, interrupt));
        if (!_ended.Task.IsCompleted)
        {
            await StopAsync();
        }
        else
        {
            await _ended.Task;
            await EndChildrenAsync();
        }

        return State;
    }

    /// <summary>Asks for the execution's end.</summary>
    public Task CancelAsync(string reason, bool kill = false) =>
        _driver.DoAsync(turn => ExecutionCommands.Cancel(turn, null, reason, kill), CancellationToken.None);

    public void OnCommitted(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events)
    {
        _onChange(after, events);
        TellLimits(LimitRequests.Of(before, after, events));
        if (after.IsTerminal)
        {
            _ended.TrySetResult();
            return;
        }

        StopAttempts(after);
        if (events.Any(e => e is TaskWaiting { Kind: WaitKind.Child } or TaskStopRequested))
        {
            StartChildren(after);
        }

        StartReady(ExecutionNews.Ready(before, after, events));
        SetTimer();
    }

    public void OnFaulted(Exception exception) => _ended.TrySetException(exception);

    public async ValueTask DisposeAsync()
    {
        _limits.Leave(_id);
        await _timer.DisposeAsync();
        _interrupt.Dispose();
    }

    private void StartReady(IEnumerable<TaskRank> ready)
    {
        foreach (var rank in ready)
        {
            var offer = TaskOffers.Of(_id, State, rank.Task);
            var token = Guid.NewGuid();
            lock (_gate)
            {
                // Looked at under the lock, so that whoever interrupts sees every attempt that has begun.
                if (_interrupt.IsCancellationRequested)
                {
                    return;
                }

                var stop = CancellationTokenSource.CreateLinkedTokenSource(_interrupt.Token);
                _running[token] = (Task.Run(() => RunAttemptAsync(offer, token, stop)), stop, offer.Task);
            }
        }
    }

    private async Task RunAttemptAsync(TaskOffer offer, Guid token, CancellationTokenSource stop)
    {
        try
        {
            if (!await _driver.DoAsync(
                turn => ExecutionCommands.TryStart(turn, offer.Task, offer.Attempt, Worker, token), CancellationToken.None))
            {
                return;
            }

            var lease = TaskLeases.Of(State, State.Find(offer.Task)!.Instance);
            var outcome = await _attempts.RunAsync(offer, lease, stop.Token);
            if (outcome.Kind is TaskOutcomeKind.Cancelled && _interrupt.IsCancellationRequested)
            {
                outcome = TaskOutcome.Returned();
            }

            await _driver.ReportAsync(offer.Task, offer.Attempt, token, outcome, _random.NextDouble(), CancellationToken.None);
        }
        catch (Exception e)
        {
            _ended.TrySetException(e);
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove(token);
            }

            stop.Dispose();
        }
    }

    private void StopAttempts(ExecutionState state)
    {
        if (state.Stopping.IsEmpty)
        {
            return;
        }

        lock (_gate)
        {
            foreach (var (_, stop, task) in _running.Values)
            {
                if (state.Find(task) is not { } running || state.FindStop(running.Instance) is null)
                {
                    continue;
                }

                // Not in this thread: what is registered on the token may end the attempt, which takes the lock.
                _ = stop.CancelAsync();
            }
        }
    }

    private async Task StopAsync()
    {
        await _interrupt.CancelAsync();
        Task[] running;
        lock (_gate)
        {
            running = [.. _running.Values.Select(r => r.Run), .. _children.Values.Select(child => child.Run)];
        }

        await Task.WhenAll(running);
    }

    private void SetTimer()
    {
        if (ExecutionPlanner.NextTimer(State) is { } next)
        {
            _timer.Change(ExecutionTimers.Until(next, _driver.Now), Timeout.InfiniteTimeSpan);
        }
    }

    private async Task AdvanceAsync()
    {
        try
        {
            await _driver.AdvanceAsync(CancellationToken.None);
            SetTimer();
        }
        catch (Exception e)
        {
            _ended.TrySetException(e);
        }
    }
}
