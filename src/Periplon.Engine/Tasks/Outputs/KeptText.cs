using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>What is shown of a text of any length: the parts that a truncation strategy keeps, masked, in bounded memory.</summary>
internal sealed class KeptText
{
    /// <summary>Kept beyond what is shown, so that a secret at the edge is seen whole when it is masked.</summary>
    internal const int Margin = 16 * 1024;

    private readonly long _limit;
    private readonly TruncationStrategy _strategy;
    private readonly ITaskTexts _texts;
    private readonly BoundedBuffer _kept;

    internal KeptText(long limit, TruncationStrategy strategy, ITaskTexts texts)
    {
        (_limit, _strategy, _texts) = (limit, strategy, texts);
        var (head, tail) = Utf8Text.Shares(limit, strategy);
        _kept = new BoundedBuffer(head is 0 ? 0 : (int)head + Margin, tail is 0 ? 0 : (int)tail + Margin);
    }

    /// <summary>Size of the whole text.</summary>
    internal long Size => _kept.Total;

    /// <summary>Whether only a part of it is shown.</summary>
    internal bool IsCut => _kept.Total > _limit;

    internal void Append(ReadOnlySpan<byte> bytes) => _kept.Append(bytes);

    /// <summary>The text, masked and cut to its limit.</summary>
    internal string Text()
    {
        if (!_kept.HasGap)
        {
            return Utf8Text.Cut(_texts.Mask(Utf8Text.Decode([.. _kept.Head, .. _kept.Tail()])), _limit, _strategy);
        }

        var (head, tail) = Utf8Text.Shares(_limit, _strategy);
        var first = head is 0 ? "" : _texts.Mask(WithoutTornEnd(Utf8Text.Decode(_kept.Head)));
        var last = tail is 0 ? "" : _texts.Mask(WithoutTornStart(Utf8Text.DecodeTail(_kept.Tail()), _texts));
        return Utf8Text.Join(first, last, _limit, _strategy, Size);
    }

    // A secret may begin just before the gap and end inside it. What is left of it would not be recognised, and could show when much of
    // what stands before it has been masked; so nothing is shown that a secret could reach beyond.
    private string WithoutTornEnd(string text) => text[.._texts.SafeCut(text, Math.Max(0, text.Length - (Margin / 2)))];

    internal static string WithoutTornStart(string text, ITaskTexts texts) =>
        text[texts.SafeCut(text, Math.Min(text.Length, Margin / 2))..];
}
