using System.Numerics;

namespace Periplon.Benchmarks.Load;

/// <summary>
/// Counts times in steps that grow with them: exact to a microsecond below 256 µs, to less than one percent above. Its size does not grow
/// with what it has counted.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int StepBits = 7;
    private const int Steps = 1 << StepBits;

    // Up to 2^36 µs, nineteen hours.
    private readonly int[] _counts = new int[Steps * 30];
    private long _count;
    private long _longest;

    public long Count => Volatile.Read(ref _count);

    public double MaxMilliseconds => _longest / 1000.0;

    public void Record(TimeSpan time)
    {
        var micros = Math.Max(0, time.Ticks / TimeSpan.TicksPerMicrosecond);
        _counts[Math.Min(IndexOf(micros), _counts.Length - 1)]++;
        _longest = Math.Max(_longest, micros);

        // One writer, and readers that only look how far it is.
        Volatile.Write(ref _count, _count + 1);
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        _count += other._count;
        _longest = Math.Max(_longest, other._longest);
    }

    /// <summary>The time, in milliseconds, within which a share of all were; 0 when there are none.</summary>
    /// <param name="share">From 0 to 1.</param>
    public double At(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(share * _count));
        var seen = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
            {
                return Math.Min(MiddleOf(i), _longest) / 1000.0;
            }
        }

        return MaxMilliseconds;
    }

    private static int IndexOf(long micros)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)micros | 1) - StepBits);
        return (int)((shift * Steps) + (micros >> shift));
    }

    private static double MiddleOf(int index)
    {
        var shift = Math.Max(0, (index / Steps) - 1);
        var low = (long)(index - (shift * Steps)) << shift;
        return low + (((1L << shift) - 1) / 2.0);
    }
}
