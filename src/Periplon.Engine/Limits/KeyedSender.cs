namespace Periplon.Engine.Limits;

/// <summary>
/// Sends items in the order of their key, those of one key together, and of so many keys at the same time: a receiver that is slow delays
/// its own key and nobody else's. An item that waits already is not added again. What is beyond the capacity is dropped.
/// </summary>
/// <param name="parallelism">Sends at the same time.</param>
/// <param name="capacity">Items that may wait.</param>
/// <param name="maxBatch">Items in one send.</param>
/// <param name="send">Sends; it does not throw.</param>
internal sealed class KeyedSender<TKey, TItem>(int parallelism, int capacity, int maxBatch, Func<TKey, IReadOnlyList<TItem>, Task> send)
    where TKey : notnull
    where TItem : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Lane> _lanes = [];
    private readonly Queue<TKey> _ready = new();
    private int _waiting;
    private int _sending;

    /// <summary>Adds an item. False when so many wait that it was dropped.</summary>
    public bool TryAdd(TKey key, TItem item)
    {
        lock (_gate)
        {
            if (_waiting >= capacity)
            {
                return false;
            }

            if (!_lanes.TryGetValue(key, out var lane))
            {
                _lanes.Add(key, lane = new Lane());
                _ready.Enqueue(key);
            }

            if (!lane.Known.Add(item))
            {
                return true;
            }

            lane.Items.Enqueue(item);
            _waiting++;
            if (_sending >= parallelism)
            {
                return true;
            }

            _sending++;
        }

        _ = Task.Run(SendAllAsync);
        return true;
    }

    private async Task SendAllAsync()
    {
        while (TryTake(out var key, out var batch))
        {
            await send(key, batch);
            Return(key);
        }
    }

    private bool TryTake(out TKey key, out List<TItem> batch)
    {
        batch = [];
        lock (_gate)
        {
            if (!_ready.TryDequeue(out key!))
            {
                _sending--;
                return false;
            }

            var lane = _lanes[key];
            while (batch.Count < maxBatch && lane.Items.TryDequeue(out var item))
            {
                lane.Known.Remove(item);
                batch.Add(item);
            }

            _waiting -= batch.Count;
            return true;
        }
    }

    // Behind the other keys, so that a busy one does not keep them waiting.
    private void Return(TKey key)
    {
        lock (_gate)
        {
            if (_lanes[key].Items.Count > 0)
            {
                _ready.Enqueue(key);
            }
            else
            {
                _lanes.Remove(key);
            }
        }
    }

    private sealed class Lane
    {
        public Queue<TItem> Items { get; } = new();

        public HashSet<TItem> Known { get; } = [];
    }
}
