using Microsoft.Extensions.Options;
using Periplon.Client.Queue;
using Periplon.Engine.Membership;

namespace Periplon.Engine.Workers;

/// <summary>
/// The slots of this silo's worker: each holds one attempt, from before its claim until its end. An attempt that starts a process needs a
/// place among the processes too, of which there are fewer.
/// </summary>
internal sealed class WorkerSlots(
    IOptions<EngineOptions> options, LeaseRegistry leases, SiloFence fence, ILocalSiloDetails local) : IDisposable
{
    private readonly SemaphoreSlim _free = new(options.Value.Slots);
    private readonly SemaphoreSlim _processes = new(options.Value.Processes);
    private readonly bool[] _hasWork = new bool[options.Value.Partitions];
    private readonly IReadOnlyList<string> _tags = options.Value.Tags;
    private readonly IReadOnlyList<string> _tagsWithoutProcesses = [.. options.Value.Tags, WorkerMarks.NoProcess];
    private TaskCompletionSource _processFreed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool[] _askedInPart = new bool[options.Value.Partitions];
    private int _partitionsWithWork;
    private int _partitionsAskedInPart;
    private int _drained;

    /// <summary>The worker's name.</summary>
    public string Worker { get; } = local.SiloAddress.ToParsableString();

    /// <summary>What to ask partitions for now.</summary>
    public IReadOnlyList<string> Tags => _processes.CurrentCount > 0 ? _tags : _tagsWithoutProcesses;

    /// <summary>Returns a slot as soon as there is one.</summary>
    public async Task<WorkerSlot> WaitAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        return new WorkerSlot(this);
    }

    /// <summary>A slot if one is free.</summary>
    public WorkerSlot? TryTake() => _free.Wait(0, CancellationToken.None) ? new WorkerSlot(this) : null;

    /// <summary>
    /// A slot for an attempt that has not been offered to anybody, if this worker may take it: it carries the tags, takes work, can start
    /// the process if there is one, and knows of nothing in the queue, which would have to go first. As long as a partition was last asked
    /// without processes, nobody knows what it has of those.
    /// </summary>
    public WorkerSlot? TryTakeAhead(IReadOnlyList<string> tags, bool isProcess)
    {
        if (!options.Value.RunsTasks || Volatile.Read(ref _partitionsWithWork) > 0 || leases.Draining.IsCancellationRequested || !fence.IsOpen
            || !tags.All(_tags.Contains) || (isProcess && Volatile.Read(ref _partitionsAskedInPart) > 0) || TryTake() is not { } slot)
        {
            return null;
        }

        if (!isProcess || slot.TryTakeProcess(_processes))
        {
            return slot;
        }

        slot.Release();
        return null;
    }

    /// <summary>Returns when the attempt in a slot may start its process.</summary>
    public async Task WaitForProcessAsync(WorkerSlot slot, CancellationToken cancellationToken)
    {
        if (!slot.HasProcess)
        {
            await _processes.WaitAsync(cancellationToken);
            slot.HasProcess = true;
        }
    }

    /// <summary>Returns when a process has ended since the call; at once when one more may be started.</summary>
    public Task WhenProcessFreeAsync()
    {
        var freed = Volatile.Read(ref _processFreed);
        return _processes.CurrentCount > 0 ? Task.CompletedTask : freed.Task;
    }

    /// <summary>Notes whether a partition has something for this worker.</summary>
    public void HasWork(int partition, bool hasWork) => Note(_hasWork, partition, hasWork, ref _partitionsWithWork);

    /// <summary>Notes with what a partition is asked.</summary>
    public void Asks(int partition, IReadOnlyList<string> tags) =>
        Note(_askedInPart, partition, ReferenceEquals(tags, _tagsWithoutProcesses), ref _partitionsAskedInPart);

    private static void Note(bool[] partitions, int partition, bool isSo, ref int count)
    {
        if (partitions[partition] != isSo)
        {
            partitions[partition] = isSo;
            Interlocked.Add(ref count, isSo ? 1 : -1);
        }
    }

    /// <summary>
    /// Returns when all slots are free, which stay taken, and all leases are given up. A second call waits for those that are left.
    /// </summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        while (_drained < options.Value.Slots)
        {
            await _free.WaitAsync(cancellationToken);
            _drained++;
        }

        await leases.WhenEmptyAsync(cancellationToken);
    }

    public void Dispose()
    {
        _free.Dispose();
        _processes.Dispose();
    }

    /// <summary>Takes back what a slot held.</summary>
    internal void Free(bool hadProcess)
    {
        if (hadProcess)
        {
            _processes.Release();
            Interlocked.Exchange(ref _processFreed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }

        _free.Release();
    }
}

/// <summary>One slot, taken until it is released.</summary>
internal sealed class WorkerSlot(WorkerSlots slots)
{
    private int _isFree;

    /// <summary>Whether it holds a place among the processes too.</summary>
    public bool HasProcess { get; set; }

    /// <summary>Takes a place among the processes if one is free.</summary>
    public bool TryTakeProcess(SemaphoreSlim processes) => HasProcess = processes.Wait(0, CancellationToken.None);

    /// <summary>Frees the slot; false when it is free already.</summary>
    public bool Release()
    {
        if (Interlocked.Exchange(ref _isFree, 1) == 1)
        {
            return false;
        }

        slots.Free(HasProcess);
        return true;
    }
}
