using System.Buffers.Binary;

namespace Periplon.Core.Schedules;

/// <summary>Spreads ticks of many schedules that fall on the same second.</summary>
public static class TickJitter
{
    /// <summary>When a tick fires: at the tick, later by a share of the jitter that schedule and tick decide alone.</summary>
    /// <param name="rule">When the schedule ticks.</param>
    /// <param name="schedule">The schedule.</param>
    /// <param name="tick">The tick.</param>
    /// <param name="jitter">Longest delay. The tick that follows is never overtaken, however long it is.</param>
    public static DateTimeOffset FireAt(TickRule rule, Guid schedule, DateTimeOffset tick, TimeSpan jitter)
    {
        ArgumentNullException.ThrowIfNull(rule);
        if (jitter <= TimeSpan.Zero)
        {
            return tick;
        }

        var gap = rule.NextAfter(tick) - tick;
        var longest = gap < jitter ? gap.Value : jitter;
        var milliseconds = (long)(Share(schedule, tick) * longest.TotalMilliseconds);
        return tick.AddMilliseconds(milliseconds);
    }

    // From 0 to just below 1, the same on every machine and in every version.
    private static double Share(Guid schedule, DateTimeOffset tick)
    {
        Span<byte> bytes = stackalloc byte[16];
        schedule.TryWriteBytes(bytes, bigEndian: true, out _);
        var hash = Mix(BinaryPrimitives.ReadUInt64BigEndian(bytes));
        hash = Mix(hash ^ BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
        hash = Mix(hash ^ (ulong)tick.ToUnixTimeMilliseconds());
        return (hash >> 11) * (1.0 / (1UL << 53));
    }

    // The finalizer of SplitMix64: every bit of the input moves half of those of the output.
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
