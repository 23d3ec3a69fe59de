using Periplon.Client.Queue;

namespace Periplon.Engine.Queue;

/// <summary>
/// The offers of one partition, in memory and in order: returned attempts first, then organizations in turns, and within an organization
/// execution priority (with age counted in), task priority and age. Offers with the same tags share a lane, so that a worker is never held
/// up by work it may not take. Not safe for several threads.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="ageing">How long an offer waits before it counts as much as one of the next higher priority. Default: 60 seconds.</param>
/// <param name="onGone">Hears of every offer that was taken and is done with.</param>
internal sealed class OfferQueue(TimeProvider time, TimeSpan? ageing = null, Action<TaskOffer>? onGone = null)
{
    /// <summary>How long a taken offer may stay without a word of the worker before it goes out again.</summary>
    public static readonly TimeSpan TicketTimeout = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _ageing = ageing ?? TimeSpan.FromSeconds(60);
    private readonly FairShares _shares = new();
    private readonly Dictionary<string, OfferLane> _lanes = new(StringComparer.Ordinal);
    // The lane where an offer waits, or its ticket while it is taken.
    private readonly Dictionary<(Guid, string, int), (long Ticket, OfferLane? Lane)> _known = [];
    private readonly Dictionary<long, TaskOffer> _taken = [];
    private readonly Queue<(long Ticket, long Since)> _takenOrder = new();
    private long _arrivals;
    private long _tickets;

    /// <summary>Number of waiting offers.</summary>
    public int Count { get; private set; }

    /// <summary>Number of offers taken so far.</summary>
    public long Taken => _tickets;

    /// <summary>When the oldest waiting task became ready. Looks at every offer.</summary>
    public DateTimeOffset? OldestAt => Offers.Min(offer => (DateTimeOffset?)offer.ScheduledAt);

    private IEnumerable<TaskOffer> Offers => _lanes.Values.SelectMany(lane => lane.Offers);

    /// <summary>Adds an offer. False when it waits or is taken already.</summary>
    public bool Add(TaskOffer offer)
    {
        if (_known.TryGetValue(KeyOf(offer), out var known))
        {
            var (ticket, lane) = known;
            if (lane is not null && lane.Key != KeyOf(offer.Tags))
            {
                // Its execution was moved to a revision in which other workers take it.
                var old = Withdraw(lane, offer);
                Enqueue(offer with { Returned = old.Returned || offer.Returned });
                onGone?.Invoke(old);
                return true;
            }

            // An attempt that came back has been claimed since its first hand-out: the word of that was lost with the worker.
            if (!offer.Returned || !_taken.TryGetValue(ticket, out var taken) || taken.Returned)
            {
                return false;
            }

            _taken.Remove(ticket);
            onGone?.Invoke(taken);
        }

        Enqueue(offer);
        return true;
    }

    /// <summary>Whether a worker with these tags would get anything.</summary>
    public bool HasWorkFor(IReadOnlyList<string> tags) => _lanes.Values.Any(lane => lane.Tags.All(tags.Contains));

    /// <summary>Takes the first offers for a worker.</summary>
    public List<TaskOffer> Take(int max, IReadOnlyList<string> tags)
    {
        var taken = new List<TaskOffer>(Math.Min(max, Count));
        var now = time.GetTimestamp();
        while (taken.Count < max && BestLane(tags) is { } lane)
        {
            var offer = lane.Take() with { Ticket = ++_tickets };
            Count--;
            _taken.Add(offer.Ticket, offer);
            _known[KeyOf(offer)] = (offer.Ticket, null);
            _takenOrder.Enqueue((offer.Ticket, now));
            taken.Add(offer);
            if (lane.IsEmpty)
            {
                // Tags are the workflows' own words; there is no end to them.
                _lanes.Remove(lane.Key);
            }
        }

        return taken;
    }

    /// <summary>Forgets taken offers that a worker has claimed or dropped.</summary>
    public void Done(IReadOnlyList<long> tickets)
    {
        foreach (var ticket in tickets)
        {
            if (_taken.Remove(ticket, out var offer))
            {
                _known.Remove(KeyOf(offer));
                onGone?.Invoke(offer);
            }
        }
    }

    /// <summary>Puts taken offers back that no worker has spoken of in time. A duplicate is refused by the execution.</summary>
    public int ReturnOverdue()
    {
        var returned = 0;
        while (_takenOrder.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Since) >= TicketTimeout)
        {
            _takenOrder.Dequeue();
            if (_taken.Remove(oldest.Ticket, out var offer))
            {
                Enqueue(offer with { Ticket = 0, Returned = true });
                returned++;
            }
        }

        return returned;
    }

    /// <summary>What waits, by organization and priority. Looks at every offer.</summary>
    public IReadOnlyList<QueueShare> Describe() =>
    [
        .. Offers.GroupBy(offer => (offer.Organization, offer.Priority)).Select(group => new QueueShare(
            group.Key.Organization, group.Key.Priority, group.LongCount(), group.LongCount(offer => offer.StartLane is not null),
            group.Min(offer => offer.ScheduledAt))),
    ];

    private static (Guid, string, int) KeyOf(TaskOffer offer) => (offer.ExecutionId, offer.Task, offer.Attempt);

    private static string KeyOf(IReadOnlyList<string> tags) =>
        tags.Count == 0 ? "" : string.Join('\n', tags.Order(StringComparer.Ordinal));

    private void Enqueue(TaskOffer offer)
    {
        var key = KeyOf(offer.Tags);
        if (!_lanes.TryGetValue(key, out var lane))
        {
            _lanes.Add(key, lane = new OfferLane(key, offer.Tags, _shares));
        }

        lane.Add(offer, OfferRank.Of(offer, _ageing, ++_arrivals));
        _known[KeyOf(offer)] = (0, lane);
        Count++;
    }

    private TaskOffer Withdraw(OfferLane lane, TaskOffer offer)
    {
        var old = lane.Remove(waiting => KeyOf(waiting) == KeyOf(offer));
        Count--;
        if (lane.IsEmpty)
        {
            _lanes.Remove(lane.Key);
        }

        return old;
    }

    private OfferLane? BestLane(IReadOnlyList<string> tags)
    {
        OfferLane? best = null;
        foreach (var lane in _lanes.Values)
        {
            if (lane.Tags.All(tags.Contains) && (best is null || lane.GoesBefore(best)))
            {
                best = lane;
            }
        }

        return best;
    }
}
