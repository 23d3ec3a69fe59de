using System.Text;

namespace Periplon.Core.Secrets;

/// <summary>
/// What is looked for in a text, as numbers: every eight bytes in a row of the secrets, and the whole of those that are shorter. Eight
/// bytes are one machine word, so a text is searched with a shift and a look into a small bit map for each of its bytes.
/// </summary>
internal sealed class SecretWindows
{
    /// <summary>Bytes of a window.</summary>
    internal const int Length = 8;

    /// <summary>Shorter values are words, not windows: see <see cref="SecretMask"/>.</summary>
    internal const int MinLength = 4;

    private const int BitsPerWindow = 16;

    private readonly ulong[] _long;
    private readonly HashSet<ulong>?[] _short = new HashSet<ulong>?[Length];
    private readonly ulong[] _filter;
    private readonly int _shift;
    private readonly bool _hasShort;

    internal SecretWindows(IEnumerable<string> texts)
    {
        var found = new HashSet<ulong>();
        foreach (var text in texts)
        {
            Add(Encoding.UTF8.GetBytes(text), found);
            Add(Encoding.UTF8.GetBytes(Reverse(text)), found);
            HasSpace |= text.Contains(' ', StringComparison.Ordinal);
        }

        _long = [.. found];
        Array.Sort(_long);
        _hasShort = _short.Any(set => set is not null);
        var bits = 10;
        while (1L << bits < (long)_long.Length * BitsPerWindow)
        {
            bits++;
        }

        _shift = 64 - bits;
        _filter = new ulong[1 << (bits - 6)];
        foreach (var window in _long)
        {
            var place = PlaceOf(window);
            _filter[place >> 6] |= 1UL << (int)(place & 63);
        }
    }

    internal bool IsEmpty => _long.Length is 0 && !_hasShort;

    /// <summary>Whether any secret holds a space, which URLs may write as a plus sign.</summary>
    internal bool HasSpace { get; }

    /// <summary>How many of the last bytes are a secret or a part of one; 0 when they are none.</summary>
    /// <param name="bytes">The last eight bytes, the newest lowest.</param>
    /// <param name="count">How many of them there are.</param>
    internal int MatchEnd(ulong bytes, int count)
    {
        var place = PlaceOf(bytes);
        if (count >= Length && (_filter[place >> 6] & (1UL << (int)(place & 63))) is not 0 && Array.BinarySearch(_long, bytes) >= 0)
        {
            return Length;
        }

        for (var length = _hasShort ? Length - 1 : 0; length >= MinLength; length--)
        {
            if (count >= length && _short[length]?.Contains(bytes & ((1UL << (length * 8)) - 1)) is true)
            {
                return length;
            }
        }

        return 0;
    }

    private void Add(byte[] value, HashSet<ulong> found)
    {
        if (value.Length < MinLength)
        {
            return;
        }

        if (value.Length < Length)
        {
            (_short[value.Length] ??= []).Add(Word(value));
            return;
        }

        var before = found.Count;
        for (var at = 0; at + Length <= value.Length; at++)
        {
            // Indents and rules of dashes stand in many texts, and say nothing about a secret.
            if (!IsFiller(value.AsSpan(at, Length)))
            {
                found.Add(Word(value.AsSpan(at, Length)));
            }
        }

        if (found.Count == before)
        {
            found.Add(Word(value.AsSpan(0, Length)));
        }
    }

    private static bool IsFiller(ReadOnlySpan<byte> window) =>
        window.IndexOfAnyExcept(" \t\r\n"u8) < 0 || (!char.IsAsciiLetterOrDigit((char)window[0]) && window.IndexOfAnyExcept(window[0]) < 0);

    private static ulong Word(ReadOnlySpan<byte> bytes)
    {
        var word = 0UL;
        foreach (var value in bytes)
        {
            word = (word << 8) | value;
        }

        return word;
    }

    private static string Reverse(string text)
    {
        var letters = text.ToCharArray();
        Array.Reverse(letters);
        return new string(letters);
    }

    private ulong PlaceOf(ulong window) => (window * 0x9E3779B97F4A7C15UL) >> _shift;
}
