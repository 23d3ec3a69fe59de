using System.Globalization;

namespace Periplon.Core.Schedules;

/// <summary>
/// Decides which ticks fire. It moves from tick to tick and never looks back, so that no tick is decided twice, whatever the clock does:
/// when the clock goes back nothing is due, and when it jumps forward the ticks in between are missed ones.
/// </summary>
public static class SchedulePlanner
{
    /// <summary>Most ticks of one schedule that are decided at once.</summary>
    public const int MaxTicks = 100;

    /// <summary>Missed ticks are counted up to here.</summary>
    public const int MaxCounted = 10_000;

    /// <summary>What to do with the ticks that are due.</summary>
    /// <param name="settings">The schedule.</param>
    /// <param name="nextTick">The first tick that is not decided yet.</param>
    /// <param name="now">The time.</param>
    /// <param name="underWay">The runs that have not ended.</param>
    public static SchedulePlan Plan(ScheduleSettings settings, DateTimeOffset nextTick, DateTimeOffset now, RunsUnderWay underWay)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var decisions = new List<TickDecision>();
        var tick = PassMissed(settings, nextTick, now, decisions);
        var due = new List<DateTimeOffset>();
        var fireAt = FireAt(settings, tick);
        while (tick is { } next && fireAt <= now && due.Count < MaxTicks)
        {
            due.Add(next);
            tick = settings.Rule.NextAfter(next);
            fireAt = FireAt(settings, tick);
        }

        decisions.AddRange(Overlapping(settings.Overlap, due, underWay));
        return new SchedulePlan(decisions, tick, fireAt);
    }

    /// <summary>When a tick fires; null for none.</summary>
    /// <param name="settings">The schedule.</param>
    /// <param name="tick">The tick.</param>
    public static DateTimeOffset? FireAt(ScheduleSettings settings, DateTimeOffset? tick)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return tick is { } at ? TickJitter.FireAt(settings.Rule, settings.Id, at, settings.Jitter) : null;
    }

    // The first tick that may fire; what lies before it is skipped as one.
    private static DateTimeOffset? PassMissed(
        ScheduleSettings settings, DateTimeOffset nextTick, DateTimeOffset now, List<TickDecision> decisions)
    {
        var onTime = now - settings.Grace;
        if (nextTick >= onTime)
        {
            return nextTick;
        }

        // A tick that its jitter has held until then is on time, too; the jitter of those before it ended with the tick after them.
        if (settings.Rule.LastUntil(onTime) is { } last && FireAt(settings, last) >= onTime)
        {
            onTime = last;
        }

        if (nextTick >= onTime)
        {
            return nextTick;
        }

        var keepFrom = settings.Missed switch
        {
            MissedPolicy.All => now - settings.MissedWindow < onTime ? now - settings.MissedWindow : onTime,
            MissedPolicy.Last => settings.Rule.LastUntil(onTime.AddTicks(-1)) ?? onTime,
            _ => onTime,
        };
        if (nextTick >= keepFrom)
        {
            return nextTick;
        }

        var count = settings.Rule.Between(nextTick, keepFrom).Take(MaxCounted).Count();
        if (count > 0)
        {
            decisions.Add(new TickDecision(nextTick, TickAction.Skip, MissedReason(settings.Missed, count, keepFrom), count));
        }

        return settings.Rule.NextAfter(keepFrom.AddTicks(-1));
    }

    private static string MissedReason(MissedPolicy policy, int count, DateTimeOffset until)
    {
        var what = count switch
        {
            1 => "it was",
            MaxCounted => string.Create(CultureInfo.InvariantCulture, $"{MaxCounted} ticks or more until {until:yyyy-MM-dd'T'HH:mm:ss'Z'} were"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{count} ticks until {until:yyyy-MM-dd'T'HH:mm:ss'Z'} were"),
        };
        return $"{what} due while nothing could fire them; the policy for missed ticks is '{policy.ToWord()}'";
    }

    private static IEnumerable<TickDecision> Overlapping(OverlapPolicy policy, List<DateTimeOffset> due, RunsUnderWay underWay)
    {
        var (active, waiting) = (underWay.Active, underWay.Waiting);
        foreach (var (index, tick) in due.Index())
        {
            var decision = policy switch
            {
                OverlapPolicy.Skip when active || waiting =>
                    new TickDecision(tick, TickAction.Skip, "the run before is still active; the overlap policy is 'skip'"),
                OverlapPolicy.Queue when waiting =>
                    new TickDecision(tick, TickAction.Skip, "another run waits already; the overlap policy 'queue' lets one wait"),
                OverlapPolicy.Queue when active => new TickDecision(tick, TickAction.Wait, "waits for the end of the run before"),
                OverlapPolicy.CancelOld when index < due.Count - 1 =>
                    new TickDecision(tick, TickAction.Skip, "a newer tick was due at once; the overlap policy is 'cancel_old'"),
                _ => new TickDecision(tick, TickAction.Start) { CancelsOlder = policy is OverlapPolicy.CancelOld },
            };
            active |= decision.Action is TickAction.Start;
            waiting |= decision.Action is TickAction.Wait;
            yield return decision;
        }
    }
}
