using System.Data.Common;
using Periplon.Core.Executions;
using Periplon.Engine.Invariants;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Executions;

/// <summary>What happens around an execution after each commit: the grain and the local run differ here and nowhere else.</summary>
internal interface IExecutionHost
{
    /// <summary>Returns when a turn may be committed.</summary>
    /// <exception cref="TimeoutException">It may not, here: the driver is stale from now on.</exception>
    ValueTask BeforeCommitAsync() => ValueTask.CompletedTask;

    /// <summary>A turn is decided: the host may let attempts start with it, so that they need no commit of their own.</summary>
    void OnDecided(ExecutionState before, ExecutionTurn turn)
    {
    }

    /// <summary>What was decided last is given up, and what was to start with it does not start.</summary>
    void OnAbandoned()
    {
    }

    /// <summary>A turn was committed.</summary>
    void OnCommitted(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events);

    /// <summary>A turn could not be committed: what is in memory may be stale and must be loaded again.</summary>
    void OnFaulted(Exception exception);
}

/// <summary>
/// Drives one execution: commands are decided one turn at a time, and commands that arrive while a commit is under way share the next one.
/// Nothing is acknowledged before its commit; what is in memory is always what was committed.
/// </summary>
internal sealed partial class ExecutionDriver(
    Guid executionId, ExecutionState state, long seq, ExecutionRow row, IJournalStore journal, IExecutionHost host, TimeProvider time,
    InvariantChecks? invariants = null)
{
    // So many refused commits in a row, and the execution cannot go on: it ends with the reason.
    private const int MaxRefusals = 3;

    private readonly ExecutionClock _clock = new(time, state.LastEventAt);
    private readonly Lock _gate = new();
    private List<Command> _waiting = [];
    private int _oneByOne;
    private int _refusals;
    private DbException? _lastRefusal;
    private bool _turning;
    private Exception? _fault;

    /// <summary>The committed state.</summary>
    public ExecutionState State { get; private set; } = state;

    /// <summary>The execution's time now, by which its timers are due.</summary>
    public DateTimeOffset Now => _clock.Now;

    /// <summary>Sequence number of the newest journal row.</summary>
    public long Seq { get; private set; } = seq;

    /// <summary>The committed row of the executions table.</summary>
    public ExecutionRow Row { get; private set; } = row;

    /// <summary>Decides a command in the next turn; returns its answer after the turn's commit.</summary>
    public Task<T> DoAsync<T>(Func<ExecutionTurn, T> decide, CancellationToken cancellationToken)
    {
        var command = new Command<T>(decide);
        bool begins;
        lock (_gate)
        {
            if (_fault is not null)
            {
                return Task.FromException<T>(_fault);
            }

            _waiting.Add(command);
            begins = !_turning;
            _turning = true;
        }

        if (begins)
        {
            // Outside the lock: a commit that ends at once calls the host, which may have locks of its own.
            _ = TurnAsync();
        }

        return command.Answer.WaitAsync(cancellationToken);
    }

    /// <summary>Lets the planner look at the execution: due timers, what follows by itself.</summary>
    public Task AdvanceAsync(CancellationToken cancellationToken) => DoAsync(static _ => true, cancellationToken);

    /// <summary>
    /// Makes sure that nobody else has written since. Who writes finds out by the conflict; one that was overtaken and has nothing to write
    /// would never find out, and answer for ever from what is past.
    /// </summary>
    /// <exception cref="JournalConflictException">Another writer was there: this driver is stale, and its host has been told.</exception>
    public async Task EnsureCurrentAsync(CancellationToken cancellationToken)
    {
        var newer = State.IsTerminal ? [] : await journal.ReadAsync(executionId, Seq, cancellationToken);
        if (newer.Count == 0)
        {
            return;
        }

        // They may be our own, stored and not yet acknowledged: a turn begins after that.
        await AdvanceAsync(cancellationToken);
        if (newer[^1].Seq > Seq)
        {
            var overtaken = new JournalConflictException(executionId, Seq + 1);
            lock (_gate)
            {
                _fault ??= overtaken;
            }

            host.OnFaulted(overtaken);
            throw overtaken;
        }
    }

    /// <summary>
    /// Records how an attempt ended. An outcome that cannot be written down becomes a failure that says so: were it refused, the worker
    /// would report it for ever.
    /// </summary>
    public async Task<bool> ReportAsync(string task, int attempt, Guid token, TaskOutcome outcome, double random, CancellationToken cancellationToken)
    {
        try
        {
            return await DoAsync(turn => Report(turn, task, attempt, token, outcome, random), cancellationToken);
        }
        catch (DecisionFailedException e)
        {
            var failed = TaskOutcome.Failed(FailureKinds.Internal, $"The outcome of the attempt could not be recorded: {e.Message}");
            return await DoAsync(turn => Report(turn, task, attempt, token, failed, random), cancellationToken);
        }
    }

    private bool Report(ExecutionTurn turn, string task, int attempt, Guid token, TaskOutcome outcome, double random)
    {
        var leased = turn.State.Find(task);
        var accepted = ExecutionCommands.Report(turn, task, attempt, token, outcome, random);
        invariants?.OnReported(executionId, leased, token, accepted);
        return accepted;
    }

    private async Task TurnAsync()
    {
        while (true)
        {
            List<Command> commands;
            lock (_gate)
            {
                if (_waiting.Count == 0)
                {
                    _turning = false;
                    return;
                }

                // After a refused commit one command at a time, so that the bad one is found.
                var take = _oneByOne > 0 ? 1 : _waiting.Count;
                _oneByOne = Math.Max(0, _oneByOne - 1);
                commands = _waiting.GetRange(0, take);
                _waiting.RemoveRange(0, take);
            }

            var before = State;
            try
            {
                var (turn, events) = _refusals > MaxRefusals ? End(before, commands, _lastRefusal!) : Decide(before, commands);
                if (turn.Events.Count > 0)
                {
                    await CommitAsync(turn, events);
                    _refusals = 0;
                    invariants?.OnCommitted(before, turn, Row);
                    host.OnCommitted(before, turn.State, turn.Events);
                }
            }
            catch (DbException e) when (!StorageErrors.IsTransient(e) && _refusals <= MaxRefusals)
            {
                Refuse(e, commands);
                continue;
            }
            catch (Exception e)
            {
                Fault(e, commands);
                return;
            }

            foreach (var command in commands)
            {
                command.Acknowledge();
            }
        }
    }

    // The database will never take this commit: its commands are tried one by one, and the one that is left is refused.
    private void Refuse(DbException reason, List<Command> commands)
    {
        host.OnAbandoned();
        _lastRefusal = reason;
        if (commands.Count > 1)
        {
            lock (_gate)
            {
                _waiting.InsertRange(0, commands);
                _oneByOne = commands.Count;
            }

            return;
        }

        _refusals++;
        foreach (var command in commands)
        {
            command.Refuse(new DecisionFailedException(Storable(reason.Message), reason));
            command.Acknowledge();
        }
    }

    private (ExecutionTurn Turn, byte[] Events) Decide(ExecutionState before, List<Command> commands, DateTimeOffset now, bool checkEach)
    {
        var turn = new ExecutionTurn(before, now);
        foreach (var command in commands)
        {
            var mark = turn.Mark();
            try
            {
                command.Decide(turn);
                if (checkEach)
                {
                    EventCodec.Encode([.. turn.Events.Skip(mark.Count)]);
                }
            }
            catch (Exception e) when (checkEach)
            {
                turn.ReturnTo(mark);
                command.Refuse(new DecisionFailedException(Storable(e.Message), e));
            }
        }

        ExecutionPlanner.Advance(turn);
        host.OnDecided(before, turn);
        return (turn, turn.Events.Count > 0 ? EventCodec.Encode(turn.Events) : []);
    }

    // The message may hold the very text that could not be written.
    private static string Storable(string message) =>
        string.Concat(message.Where(c => !char.IsControl(c) && !char.IsSurrogate(c)).Take(1_000));

    private async Task CommitAsync(ExecutionTurn turn, byte[] events)
    {
        var changed = ExecutionRows.Next(Row, turn.State, turn.Now);
        var append = new JournalAppend(executionId, Seq + 1, events, Guid.NewGuid(), turn.Now, changed)
        {
            BeforeRepeat = host.BeforeCommitAsync,
        };

        await host.BeforeCommitAsync();

        // A commit is not given up half way: the store itself ends it, with an answer or an error.
        await journal.AppendAsync(append, CancellationToken.None);
        _clock.OnRecorded(turn.Now);
        State = turn.State;
        Seq++;
        Row = changed ?? Row;
    }

    private void Fault(Exception exception, List<Command> commands)
    {
        lock (_gate)
        {
            _fault = exception;
            commands = [.. commands, .. _waiting];
            _waiting = [];
            _turning = false;
        }

        host.OnAbandoned();
        host.OnFaulted(exception);
        foreach (var command in commands)
        {
            command.Fail(exception);
        }
    }

    private abstract class Command
    {
        public abstract void Decide(ExecutionTurn turn);

        public abstract void Refuse(DecisionFailedException reason);

        public abstract void Acknowledge();

        public abstract void Fail(Exception exception);
    }

    private sealed class Command<T>(Func<ExecutionTurn, T> decide) : Command
    {
        private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _decided;
        private DecisionFailedException? _refusal;

        public Task<T> Answer => _answer.Task;

        public override void Decide(ExecutionTurn turn) => _decided = decide(turn);

        public override void Refuse(DecisionFailedException reason) => _refusal = reason;

        public override void Acknowledge()
        {
            if (_refusal is not null)
            {
                _answer.TrySetException(_refusal);
            }
            else
            {
                _answer.TrySetResult(_decided!);
            }
        }

        public override void Fail(Exception exception) => _answer.TrySetException(exception);
    }
}
