namespace Periplon.Engine.Queue;

/// <summary>
/// Reads the executions of a class that wait to be started, page by page, in the order in which the partition would hand them out:
/// priority, with age counted in.
/// </summary>
internal sealed class BacklogReader(IQueueStore store, int partition, StartClass startClass, TimeSpan ageing, int pageSize)
{
    // Further priorities are read once these are done; nobody tells so many apart.
    private const int MostPriorities = 100;

    private readonly PriorityQueue<Stream, (long Level, DateTimeOffset CreatedAt)> _heads = new();
    private bool _began;

    /// <summary>The next one; null after the last.</summary>
    public async Task<QueuedStart?> NextAsync(CancellationToken cancellationToken)
    {
        if (!_began)
        {
            _began = true;
            await BeginAsync(cancellationToken);
        }

        if (!_heads.TryDequeue(out var stream, out _))
        {
            return null;
        }

        var next = stream.Head;
        await AdvanceAsync(stream, next, cancellationToken);
        return next;
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        var below = (long)int.MaxValue + 1;
        for (var i = 0; i < MostPriorities; i++)
        {
            if (await store.NextPriorityAsync(partition, startClass, below, cancellationToken) is not { } priority)
            {
                return;
            }

            await AdvanceAsync(new Stream(priority), null, cancellationToken);
            below = priority;
        }
    }

    private async Task AdvanceAsync(Stream stream, QueuedStart? after, CancellationToken cancellationToken)
    {
        if (stream.Page.Count == 0 && !stream.IsLast)
        {
            var page = await store.ListQueuedAsync(partition, startClass, stream.Priority, after, pageSize, cancellationToken);
            stream.Page = new Queue<QueuedStart>(page);
            stream.IsLast = page.Count < pageSize;
        }

        if (stream.Page.TryDequeue(out var head))
        {
            stream.Head = head;
            _heads.Enqueue(stream, (head.LevelFor(ageing), head.CreatedAt));
        }
    }

    private sealed class Stream(int priority)
    {
        public int Priority { get; } = priority;

        public Queue<QueuedStart> Page { get; set; } = new();

        public bool IsLast { get; set; }

        public QueuedStart Head { get; set; } = null!;
    }
}
