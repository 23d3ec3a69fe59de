using System.Runtime.InteropServices;
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
/// <param name="firstTicket">
/// What tickets are counted from: another number in each activation of a partition, so that what is said of a ticket of the one before is
/// not taken for one of this. Default: 0.
/// </param>
internal sealed class OfferQueue(TimeProvider time, TimeSpan? ageing = null, Action<TaskOffer>? onGone = null, long firstTicket = 0)
{
    /// <summary>How long a taken offer may stay without a word of the worker before it goes out again, the first time.</summary>
    public static readonly TimeSpan TicketTimeout = TimeSpan.FromSeconds(10);

    // One that no worker can claim, however often it goes out, must not keep the workers' slots busy.
    private static readonly TimeSpan LongestTicketTimeout = TimeSpan.FromMinutes(5);

    private readonly TimeSpan _ageing = ageing ?? TimeSpan.FromSeconds(60);
    private readonly FairShares _shares = new();
    private readonly Dictionary<string, OfferLane> _lanes = new(StringComparer.Ordinal);

    // The lane where an offer waits, or its ticket while it is taken.
    private readonly Dictionary<(Guid, string, int), (long Ticket, OfferLane? Lane)> _known = [];
    private readonly Dictionary<long, TaskOffer> _taken = [];
    private readonly PriorityQueue<long, long> _overdueAt = new();

    // How often in a row an offer came back without a word.
    private readonly Dictionary<(Guid, string, int), int> _returns = [];

    // What was offered anew while its claim was under way, by the ticket of that.
    private readonly Dictionary<long, TaskOffer> _offeredAgain = [];

    // How many offers of an execution are known: most executions that end have none left.
    private readonly Dictionary<Guid, int> _offersOf = [];
    private readonly long _start = time.GetTimestamp();
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
            if (lane is not null && lane.Key != OfferLane.KeyOf(offer))
            {
                // Its execution was moved to a revision in which other workers take it.
                var old = Withdraw(lane, offer);
                Enqueue(offer with { Returned = old.Returned || offer.Returned });
                onGone?.Invoke(old);
                return true;
            }

            // An attempt that came back has been claimed since its first hand-out: the word of that was lost with the worker.
            if (!_taken.TryGetValue(ticket, out var taken))
            {
                return false;
            }

            // One whose worker gave it up may be in nobody's hands: that it is offered anew shows that its execution answers again.
            if (!_returns.ContainsKey(KeyOf(offer)) && (!offer.Returned || taken.Returned))
            {
                // The claim may be refused, because the execution was paused, and this offer be made because it goes on.
                _offeredAgain[ticket] = offer;
                return false;
            }

            _taken.Remove(ticket);
            _offeredAgain.Remove(ticket);
            onGone?.Invoke(taken);
        }

        Enqueue(offer);
        return true;
    }

    /// <summary>Whether a worker with these tags would get anything.</summary>
    public bool HasWorkFor(IReadOnlyList<string> tags) => _lanes.Values.Any(lane => lane.IsFor(tags));

    /// <summary>Takes the first offers for a worker.</summary>
    public List<TaskOffer> Take(int max, IReadOnlyList<string> tags)
    {
        var taken = new List<TaskOffer>(Math.Min(max, Count));
        while (taken.Count < max && BestLane(tags) is { } lane)
        {
            var offer = lane.Take() with { Ticket = firstTicket + ++_tickets };
            Count--;
            _taken.Add(offer.Ticket, offer);
            _known[KeyOf(offer)] = (offer.Ticket, null);
            _overdueAt.Enqueue(offer.Ticket, (time.GetElapsedTime(_start) + TimeoutOf(offer)).Ticks);
            taken.Add(offer);
            if (lane.IsEmpty)
            {
                // Tags are the workflows' own words; there is no end to them.
                _lanes.Remove(lane.Key);
            }
        }

        return taken;
    }

    /// <summary>Forgets taken offers that a worker has claimed or dropped. What was offered anew meanwhile waits from now on.</summary>
    public void Done(IReadOnlyList<long> tickets)
    {
        foreach (var ticket in tickets)
        {
            if (_taken.Remove(ticket, out var offer))
            {
                Forget(offer);
                if (!_offeredAgain.Remove(ticket, out var again))
                {
                    onGone?.Invoke(offer);
                    continue;
                }

                Enqueue(again);
                if (again.StartLane is null)
                {
                    // It counts no longer as one that has not started.
                    onGone?.Invoke(offer);
                }
            }
        }
    }

    /// <summary>Takes out all that executions which have ended still offer. Looks at every offer when there is any.</summary>
    public int Withdraw(IReadOnlySet<Guid> ended)
    {
        var withdrawn = 0;
        if (!ended.Any(_offersOf.ContainsKey))
        {
            return withdrawn;
        }

        foreach (var lane in _lanes.Values.ToList())
        {
            foreach (var offer in lane.RemoveAll(offer => ended.Contains(offer.ExecutionId)))
            {
                withdrawn++;
                Count--;
                Forget(offer);
                onGone?.Invoke(offer);
            }

            if (lane.IsEmpty)
            {
                _lanes.Remove(lane.Key);
            }
        }

        foreach (var (ticket, _) in _offeredAgain.Where(again => ended.Contains(again.Value.ExecutionId)).ToList())
        {
            _offeredAgain.Remove(ticket);
        }

        return withdrawn;
    }

    /// <summary>
    /// Puts taken offers back that no worker has spoken of in time. A duplicate is refused by the execution. One that comes back again and
    /// again waits longer each time, up to five minutes.
    /// </summary>
    public int ReturnOverdue()
    {
        var returned = 0;
        var now = time.GetElapsedTime(_start).Ticks;
        while (_overdueAt.TryPeek(out var ticket, out var at) && at <= now)
        {
            _overdueAt.Dequeue();
            if (_taken.Remove(ticket, out var offer))
            {
                _returns[KeyOf(offer)] = _returns.GetValueOrDefault(KeyOf(offer)) + 1;
                Return(ticket, offer);
                returned++;
            }
        }

        return returned;
    }

    /// <summary>
    /// Puts offers back that came back before and would wait longer now, and forgets how often they did: what kept workers from claiming
    /// them, an outage of the database, is over.
    /// </summary>
    public int ReturnRepeated()
    {
        var repeated = _taken.Where(taken => _returns.ContainsKey(KeyOf(taken.Value))).ToList();
        _returns.Clear();
        foreach (var (ticket, offer) in repeated)
        {
            _taken.Remove(ticket);
            Return(ticket, offer);
        }

        return repeated.Count;
    }

    /// <summary>
    /// Puts all taken offers back, because a worker that holds some of them is gone; the claims of the others are under way, and their
    /// duplicates are refused.
    /// </summary>
    public int ReturnAll()
    {
        var taken = _taken.ToList();
        _taken.Clear();
        _returns.Clear();
        foreach (var (ticket, offer) in taken)
        {
            Return(ticket, offer);
        }

        return taken.Count;
    }

    /// <summary>What waits, by organization and priority. Looks at every offer.</summary>
    public IReadOnlyList<QueueShare> Describe() =>
    [
        .. Offers.GroupBy(offer => (offer.Organization, offer.Priority)).Select(group => new QueueShare(
            group.Key.Organization, group.Key.Priority, group.LongCount(), group.LongCount(offer => offer.StartLane is not null),
            group.Min(offer => offer.ScheduledAt))),
    ];

    private void Return(long ticket, TaskOffer offer)
    {
        _offeredAgain.Remove(ticket, out var again);
        Enqueue((again ?? offer) with { Ticket = 0, Returned = true });
        if (again is { StartLane: null })
        {
            onGone?.Invoke(offer);
        }
    }

    private TimeSpan TimeoutOf(TaskOffer offer)
    {
        // Twice as long each time; a shift further than that is past the longest anyway.
        var timeout = TicketTimeout * (1 << Math.Min(_returns.GetValueOrDefault(KeyOf(offer)), 8));
        return timeout < LongestTicketTimeout ? timeout : LongestTicketTimeout;
    }

    private static (Guid, string, int) KeyOf(TaskOffer offer) => (offer.ExecutionId, offer.Task, offer.Attempt);

    private void Enqueue(TaskOffer offer)
    {
        var key = OfferLane.KeyOf(offer);
        if (!_lanes.TryGetValue(key, out var lane))
        {
            _lanes.Add(key, lane = new OfferLane(key, offer, _shares));
        }

        lane.Add(offer, OfferRank.Of(offer, _ageing, ++_arrivals));
        if (!_known.ContainsKey(KeyOf(offer)))
        {
            _offersOf[offer.ExecutionId] = _offersOf.GetValueOrDefault(offer.ExecutionId) + 1;
        }

        _known[KeyOf(offer)] = (0, lane);
        Count++;
    }

    private void Forget(TaskOffer offer)
    {
        _returns.Remove(KeyOf(offer));
        if (_known.Remove(KeyOf(offer)) && --CollectionsMarshal.GetValueRefOrNullRef(_offersOf, offer.ExecutionId) == 0)
        {
            _offersOf.Remove(offer.ExecutionId);
        }
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
            if (lane.IsFor(tags) && (best is null || lane.GoesBefore(best)))
            {
                best = lane;
            }
        }

        return best;
    }
}
