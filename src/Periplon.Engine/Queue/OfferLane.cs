using Periplon.Client.Queue;

namespace Periplon.Engine.Queue;

/// <summary>Offers that the same workers may take: those that came back first, then in turns between organizations. Not safe for several
/// threads.</summary>
/// <param name="key">As <see cref="KeyOf"/> says it.</param>
/// <param name="first">Any of the offers.</param>
/// <param name="shares">The turns of organizations.</param>
internal sealed class OfferLane(string key, TaskOffer first, FairShares shares)
{
    private readonly PriorityQueue<TaskOffer, OfferRank> _returned = new();
    private readonly Dictionary<FairShare, PriorityQueue<TaskOffer, OfferRank>> _waiting = [];

    public string Key { get; } = key;

    private readonly IReadOnlyList<string> _tags = first.Tags;
    private readonly bool _isProcess = first.IsProcess;

    /// <summary>The lane of an offer.</summary>
    public static string KeyOf(TaskOffer offer)
    {
        var tags = offer.Tags.Count == 0 ? "" : string.Join('\n', offer.Tags.Order(StringComparer.Ordinal));
        return offer.IsProcess ? tags + "\n\0" : tags;
    }

    /// <summary>Whether a worker with these tags and marks may take what waits here.</summary>
    public bool IsFor(IReadOnlyList<string> tags) => _tags.All(tags.Contains) && !(_isProcess && tags.Contains(WorkerMarks.NoProcess));

    /// <summary>Organizations that wait here, the next first. Kept by <see cref="FairShares"/>.</summary>
    public SortedSet<FairShare> Turns { get; } = [];

    public bool IsEmpty => _returned.Count == 0 && Turns.Count == 0;

    /// <summary>All that wait here, in no order.</summary>
    public IEnumerable<TaskOffer> Offers =>
        _returned.UnorderedItems.Concat(_waiting.Values.SelectMany(queue => queue.UnorderedItems)).Select(item => item.Element);

    public void Add(TaskOffer offer, OfferRank rank)
    {
        if (offer.Returned)
        {
            _returned.Enqueue(offer, rank);
            return;
        }

        var share = shares.Enter(offer.Organization, this);
        if (!_waiting.TryGetValue(share, out var queue))
        {
            _waiting.Add(share, queue = new PriorityQueue<TaskOffer, OfferRank>());
        }

        queue.Enqueue(offer, rank);
    }

    /// <summary>Takes the next offer. The lane is not empty.</summary>
    public TaskOffer Take()
    {
        if (_returned.Count > 0)
        {
            return _returned.Dequeue();
        }

        var share = Turns.Min!;
        var queue = _waiting[share];
        var offer = queue.Dequeue();
        if (queue.Count == 0)
        {
            _waiting.Remove(share);
            FairShares.Leave(share, this);
        }

        shares.Serve(share);
        return offer;
    }

    /// <summary>Takes an offer out that waits here, wherever it stands. Looks at every offer.</summary>
    public TaskOffer Remove(Predicate<TaskOffer> isIt)
    {
        if (TryRemove(_returned, isIt) is { } returned)
        {
            return returned;
        }

        foreach (var (share, queue) in _waiting)
        {
            if (TryRemove(queue, isIt) is not { } offer)
            {
                continue;
            }

            if (queue.Count == 0)
            {
                _waiting.Remove(share);
                FairShares.Leave(share, this);
            }

            return offer;
        }

        throw new InvalidOperationException($"Lane '{Key}' does not hold the offer");
    }

    /// <summary>Takes out all offers of a kind. Looks at every offer.</summary>
    public List<TaskOffer> RemoveAll(Predicate<TaskOffer> isIt)
    {
        var removed = RemoveAll(_returned, isIt);
        foreach (var (share, queue) in _waiting.ToList())
        {
            removed.AddRange(RemoveAll(queue, isIt));
            if (queue.Count == 0)
            {
                _waiting.Remove(share);
                FairShares.Leave(share, this);
            }
        }

        return removed;
    }

    /// <summary>Whether the next offer here goes before that of another lane. Neither is empty.</summary>
    public bool GoesBefore(OfferLane other)
    {
        if (_returned.Count > 0 || other._returned.Count > 0)
        {
            return other._returned.Count == 0 || (_returned.Count > 0 && Head(_returned).CompareTo(Head(other._returned)) < 0);
        }

        var (mine, others) = (Turns.Min!, other.Turns.Min!);
        return ReferenceEquals(mine, others)
            ? Head(_waiting[mine]).CompareTo(Head(other._waiting[mine])) < 0
            : mine.CompareTo(others) < 0;
    }

    private static TaskOffer? TryRemove(PriorityQueue<TaskOffer, OfferRank> queue, Predicate<TaskOffer> isIt) =>
        queue.UnorderedItems.Select(item => item.Element).FirstOrDefault(offer => isIt(offer)) is { } found
        && queue.Remove(found, out var removed, out _)
            ? removed
            : null;

    private static List<TaskOffer> RemoveAll(PriorityQueue<TaskOffer, OfferRank> queue, Predicate<TaskOffer> isIt)
    {
        var removed = queue.UnorderedItems.Select(item => item.Element).Where(offer => isIt(offer)).ToList();
        if (removed.Count > 0)
        {
            var kept = queue.UnorderedItems.Where(item => !isIt(item.Element)).ToList();
            queue.Clear();
            queue.EnqueueRange(kept);
        }

        return removed;
    }

    private static OfferRank Head(PriorityQueue<TaskOffer, OfferRank> queue) => queue.TryPeek(out _, out var rank) ? rank : default;
}
