using System.Collections.Concurrent;
using Periplon.Client.Executions;

namespace Periplon.Engine.Executions;

/// <summary>
/// Who waits on this silo for the end of an execution that he starts. When the execution lives here too, he hears of its end without a
/// call; otherwise, and when it goes, he asks it as everybody does.
/// </summary>
internal sealed class EndWatches
{
    private readonly ConcurrentDictionary<Guid, EndWatch> _watches = new();

    /// <summary>Begins to watch, before the execution is started. Null when somebody else watches it already.</summary>
    public EndWatch? Begin(Guid execution)
    {
        var watch = new EndWatch(this, execution);
        return _watches.TryAdd(execution, watch) ? watch : null;
    }

    /// <summary>The watch that waits for an execution of this silo; null when there is none.</summary>
    public EndWatch? Find(Guid execution) => _watches.GetValueOrDefault(execution);

    internal void Remove(Guid execution) => _watches.TryRemove(execution, out _);
}

/// <summary>One of the <see cref="EndWatches"/>. Disposed of by who waits.</summary>
internal sealed class EndWatch(EndWatches all, Guid execution) : IDisposable
{
    private readonly TaskCompletionSource<ExecutionView?> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isHere;
    private volatile bool _isOver;

    /// <summary>Whether the execution lives on this silo, so that <see cref="End"/> comes.</summary>
    public bool IsHere => _isHere;

    /// <summary>Whether nobody waits any more.</summary>
    public bool IsOver => _isOver;

    /// <summary>The execution at its end; null when it has left this silo before.</summary>
    public Task<ExecutionView?> End => _end.Task;

    /// <summary>The execution was created on this silo.</summary>
    public void OnHere() => _isHere = true;

    /// <summary>The execution has ended, and the end is committed.</summary>
    public void OnEnded(ExecutionView view) => _end.TrySetResult(view);

    /// <summary>The execution leaves this silo's memory; who waits asks it anew.</summary>
    public void OnLeft() => _end.TrySetResult(null);

    public void Dispose()
    {
        _isOver = true;
        all.Remove(execution);
    }
}
