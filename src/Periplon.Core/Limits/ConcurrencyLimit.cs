using System.Collections.Immutable;
using Periplon.Core.Workflows;

namespace Periplon.Core.Limits;

/// <summary>
/// One concurrency limit: who holds its places and who waits for one. Immutable: each request returns the next one, so that a step that
/// could not be stored never happened.
/// </summary>
public sealed record ConcurrencyLimit
{
    /// <summary>A limit nobody has asked for yet.</summary>
    public static ConcurrencyLimit Empty { get; } = new();

    /// <summary>How many places there are: what the newest asker said. Default: 1.</summary>
    public int Limit { get; init; } = 1;

    /// <summary>When that asker asked.</summary>
    public DateTimeOffset LimitSetAt { get; init; }

    /// <summary>Who holds a place, oldest first.</summary>
    public ImmutableSortedSet<LimitHolder> Holders { get; init; } = [];

    /// <summary>Who waits, first in the queue first.</summary>
    public ImmutableSortedSet<LimitHolder> Waiters { get; init; } = [];

    /// <summary>Those of the waiters for whom the oldest holders are stopped.</summary>
    public ImmutableHashSet<LimitHolder> Displacing { get; init; } = [];

    /// <summary>Holders that have been asked to stop.</summary>
    public ImmutableHashSet<LimitHolder> Stopping { get; init; } = [];

    /// <summary>Asks for a place. The same holder may ask again: it keeps its place, or its place in the queue.</summary>
    /// <param name="holder">Who asks.</param>
    /// <param name="limit">How many places there are, as this asker says.</param>
    /// <param name="strategy">What happens when none is free.</param>
    public LimitStep Ask(LimitHolder holder, int limit, LimitStrategy strategy)
    {
        ArgumentNullException.ThrowIfNull(holder);
        var isKnown = Waiters.Contains(holder);
        var next = holder.AskedAt >= LimitSetAt ? this with { Limit = Math.Max(1, limit), LimitSetAt = holder.AskedAt } : this;
        if (!Holders.Contains(holder))
        {
            if (strategy is LimitStrategy.Reject && !isKnown && next.Holders.Count + next.Waiters.Count >= next.Limit)
            {
                return next.Settle(this, LimitAnswer.Refused);
            }

            next = next with
            {
                Waiters = next.Waiters.Add(holder),
                Displacing = strategy is LimitStrategy.CancelOldest ? next.Displacing.Add(holder) : next.Displacing,
            };
        }

        var step = next.Settle(this, LimitAnswer.Waiting);
        var answer = step.Next.Holders.Contains(holder) ? LimitAnswer.Granted : LimitAnswer.Waiting;

        // Who asks again may do so because a message was lost: the stops too are said again.
        var stops = isKnown && strategy is LimitStrategy.CancelOldest ? [.. step.Next.Stopping] : step.ToStop;
        return step with { Answer = answer, Granted = [.. step.Granted.Where(granted => granted != holder)], ToStop = stops };
    }

    /// <summary>Gives a place back, or leaves the queue. Nothing happens when the holder is neither in a place nor in the queue.</summary>
    /// <param name="holder">Who leaves.</param>
    public LimitStep Release(LimitHolder holder)
    {
        ArgumentNullException.ThrowIfNull(holder);
        return (this with
        {
            Holders = Holders.Remove(holder), Waiters = Waiters.Remove(holder), Displacing = Displacing.Remove(holder),
            Stopping = Stopping.Remove(holder),
        }).Settle(this, LimitAnswer.Released);
    }

    // Free places go to the first in the queue; for those who displace, the oldest holders are to make room.
    private LimitStep Settle(ConcurrencyLimit before, LimitAnswer answer)
    {
        var next = this;
        var granted = new List<LimitHolder>();
        while (next.Holders.Count < next.Limit && next.Waiters.Count > 0)
        {
            var first = next.Waiters.Min!;
            granted.Add(first);
            next = next with
            {
                Holders = next.Holders.Add(first), Waiters = next.Waiters.Remove(first), Displacing = next.Displacing.Remove(first),
            };
        }

        var leaving = next.Displacing.Count == 0 ? 0 : next.Holders.Count + next.Displacing.Count - next.Limit;
        next = next with { Stopping = next.Stopping.Union(next.Holders.Take(leaving)) };
        return new LimitStep(next, answer, granted, [.. next.Stopping.Where(holder => !before.Stopping.Contains(holder))]);
    }
}

/// <summary>What a request to a limit came to.</summary>
/// <param name="Next">The limit after it.</param>
/// <param name="Answer">The answer to who asked.</param>
/// <param name="Granted">Others who got a place by it.</param>
/// <param name="ToStop">Holders that are to stop.</param>
public sealed record LimitStep(
    ConcurrencyLimit Next, LimitAnswer Answer, IReadOnlyList<LimitHolder> Granted, IReadOnlyList<LimitHolder> ToStop);

/// <summary>Answer of a concurrency limit.</summary>
public enum LimitAnswer
{
    /// <summary>It has a place.</summary>
    Granted,
    /// <summary>It stands in the queue.</summary>
    Waiting,
    /// <summary>No place was free, and it does not wait.</summary>
    Refused,
    /// <summary>It has no place any more.</summary>
    Released,
}
