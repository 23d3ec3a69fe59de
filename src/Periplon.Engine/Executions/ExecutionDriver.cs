using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Executions;

/// <summary>What happens around an execution after each commit: the grain and the local run differ here and nowhere else.</summary>
internal interface IExecutionHost
{
    /// <summary>A turn was committed.</summary>
    void OnCommitted(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events);

    /// <summary>A turn could not be committed: what is in memory may be stale and must be loaded again.</summary>
    void OnFaulted(Exception exception);
}

/// <summary>
/// Drives one execution: commands are decided one turn at a time, and commands that arrive while a commit is under way share the next one.
/// Nothing is acknowledged before its commit; what is in memory is always what was committed.
/// </summary>
internal sealed class ExecutionDriver(
    Guid executionId, ExecutionState state, long seq, ExecutionRow row, IJournalStore journal, IExecutionHost host, TimeProvider time)
{
    private readonly Lock _gate = new();
    private List<Command> _waiting = [];
    private bool _turning;
    private Exception? _fault;

    /// <summary>The committed state.</summary>
    public ExecutionState State { get; private set; } = state;

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

                commands = _waiting;
                _waiting = [];
            }

            var before = State;
            var turn = new ExecutionTurn(before, time.GetUtcNow());
            try
            {
                foreach (var command in commands)
                {
                    command.Decide(turn);
                }

                ExecutionPlanner.Advance(turn);
                if (turn.Events.Count > 0)
                {
                    await CommitAsync(turn);
                    host.OnCommitted(before, turn.State, turn.Events);
                }
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

    private async Task CommitAsync(ExecutionTurn turn)
    {
        var changed = ExecutionRows.Next(Row, turn.State, turn.Now);
        var append = new JournalAppend(executionId, Seq + 1, EventCodec.Encode(turn.Events), Guid.NewGuid(), turn.Now, changed);

        // A commit is not given up half way: the store itself ends it, with an answer or an error.
        await journal.AppendAsync(append, CancellationToken.None);
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

        host.OnFaulted(exception);
        foreach (var command in commands)
        {
            command.Fail(exception);
        }
    }

    private abstract class Command
    {
        public abstract void Decide(ExecutionTurn turn);

        public abstract void Acknowledge();

        public abstract void Fail(Exception exception);
    }

    private sealed class Command<T>(Func<ExecutionTurn, T> decide) : Command
    {
        private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _decided;

        public Task<T> Answer => _answer.Task;

        public override void Decide(ExecutionTurn turn) => _decided = decide(turn);

        public override void Acknowledge() => _answer.TrySetResult(_decided!);

        public override void Fail(Exception exception) => _answer.TrySetException(exception);
    }
}
