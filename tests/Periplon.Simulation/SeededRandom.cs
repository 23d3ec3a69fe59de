namespace Periplon.Simulation;

/// <summary>The only source of chance in a world. Its own algorithm, so that a seed means the same on every runtime.</summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03;

    /// <summary>The next 64 bits (SplitMix64).</summary>
    public ulong NextBits()
    {
        var bits = _state += 0x9E3779B97F4A7C15;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }

    /// <summary>A number from 0 to below a bound.</summary>
    public int Next(int below) => (int)(((NextBits() >> 32) * (ulong)below) >> 32);

    /// <summary>A number from one bound to below another.</summary>
    public int Next(int from, int below) => from + Next(below - from);

    /// <summary>A number from 0 to below 1.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True once in so many times.</summary>
    public bool OneIn(int times) => Next(times) == 0;

    /// <summary>True in so many of a thousand times.</summary>
    public bool PerMille(int times) => Next(1000) < times;

    /// <summary>A time between two.</summary>
    public TimeSpan Span(TimeSpan from, TimeSpan below) => from + (NextDouble() * (below - from));

    /// <summary>Milliseconds between two bounds, as a time.</summary>
    public TimeSpan Milliseconds(int from, int below) => TimeSpan.FromMilliseconds(from + (NextDouble() * (below - from)));

    /// <summary>An id that is new in its world.</summary>
    public Guid NextGuid()
    {
        Span<ulong> bits = [NextBits(), NextBits()];
        return new Guid(System.Runtime.InteropServices.MemoryMarshal.AsBytes(bits));
    }

    /// <summary>One of several.</summary>
    public T Any<T>(IReadOnlyList<T> items) => items[Next(items.Count)];
}
