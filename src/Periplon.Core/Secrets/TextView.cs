using System.Text;

namespace Periplon.Core.Secrets;

/// <summary>A text to search in, as it stands or with the escapes of some notation undone.</summary>
internal interface ITextView
{
    /// <summary>Number of units.</summary>
    int Length { get; }

    /// <summary>A unit: a character, or a byte of UTF-8.</summary>
    char this[int at] { get; }

    /// <summary>Where in the text the writing of a unit begins.</summary>
    int StartOf(int at);

    /// <summary>Where it ends.</summary>
    int EndOf(int at);
}

/// <summary>The text as it stands.</summary>
internal readonly struct PlainView(string text, int from, int to) : ITextView
{
    public int Length => to - from;

    public char this[int at] => text[from + at];

    public int StartOf(int at) => from + at;

    public int EndOf(int at) => from + at + 1;
}

/// <summary>Bytes, each with the stretch of the text that stands for it.</summary>
internal sealed class DecodedView : ITextView
{
    private readonly List<byte> _bytes = [];
    private readonly List<Stretch> _places = [];

    public int Length => _bytes.Count;

    public char this[int at] => (char)_bytes[at];

    public int StartOf(int at) => _places[at].Start;

    public int EndOf(int at) => _places[at].End;

    internal void Add(byte value, int start, int end)
    {
        _bytes.Add(value);
        _places.Add(new Stretch(start, end));
    }

    internal void Add(Rune rune, int start, int end)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
        {
            Add(value, start, end);
        }
    }

    /// <summary>Copies one character, or one byte, and says how many units it took.</summary>
    internal int Copy<TView>(TView source, int at)
        where TView : ITextView
    {
        var unit = source[at];
        if (unit < 0x80 || source is DecodedView)
        {
            Add((byte)unit, source.StartOf(at), source.EndOf(at));
            return 1;
        }

        var isPair = char.IsHighSurrogate(unit) && at + 1 < source.Length && char.IsLowSurrogate(source[at + 1]);
        var rune = isPair ? new Rune(unit, source[at + 1]) : Rune.TryCreate(unit, out var single) ? single : Rune.ReplacementChar;
        Add(rune, source.StartOf(at), source.EndOf(isPair ? at + 1 : at));
        return isPair ? 2 : 1;
    }
}
