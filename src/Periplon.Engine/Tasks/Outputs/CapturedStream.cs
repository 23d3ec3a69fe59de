using Periplon.Core.Workflows;
using Periplon.Engine.Tasks.Processes;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>
/// One stream of an attempt as it comes in: logged by lines, kept in part for the journal and in full for the artifact store.
/// </summary>
internal sealed class CapturedStream : IByteSink, ILineSink, IDisposable
{
    private const int LastLinesBytes = 2 * 1024;
    private const int LastLinesCount = 10;

    private readonly string _name;
    private readonly TaskContext _context;
    private readonly AttemptLog? _log;
    private readonly OutputCommandReader? _commands;
    private readonly KeptText _kept;
    private readonly BoundedBuffer _end = new(0, LastLinesBytes + KeptText.Margin);
    private readonly LineSplitter _lines;

    internal CapturedStream(
        string name, long limit, TaskContext context, TaskOptions options, AttemptLog? log, OutputCommandReader? commands,
        OutputSpool spool)
    {
        (_name, _context, _log, _commands, Spool) = (name, context, log, commands, spool);
        _kept = new KeptText(Math.Clamp(limit, 0, options.InlineOutputBytes), context.Limits.TruncationStrategy, context.Texts);
        _lines = new LineSplitter(this, options.MaxLineBytes);
    }

    internal OutputSpool Spool { get; }

    /// <summary>Size of the whole stream.</summary>
    internal long Size => _kept.Size;

    /// <summary>Whether only a part of it is in <see cref="Text"/>.</summary>
    internal bool IsCut => _kept.IsCut;

    bool ILineSink.WantsAll => _log is { HasRoom: true };

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _kept.Append(bytes);
        _end.Append(bytes);
        Spool.Append(bytes);
        _lines.Append(bytes);
    }

    /// <summary>Ends the stream.</summary>
    internal void Complete() => _lines.Complete();

    /// <summary>The text, masked and cut to its limit.</summary>
    internal string Text() => _kept.Text();

    /// <summary>The last lines, masked, for messages.</summary>
    internal string LastLines()
    {
        var end = Utf8Text.DecodeTail(_end.Tail());
        var text = _context.Texts.Mask(_end.HasGap ? KeptText.WithoutTornStart(end, _context.Texts) : end).TrimEnd();
        var lines = text[Utf8Text.FitTail(text, LastLinesBytes)..].Split('\n');
        return string.Join('\n', lines.TakeLast(LastLinesCount)).Trim();
    }

    void ILineSink.Take(string line, bool begins, bool ends)
    {
        line = ends && line.EndsWith('\r') ? line[..^1] : line;
        _log?.Write(_name, line);
        if (begins)
        {
            _commands?.Read(line, isWhole: ends);
        }
    }

    int ILineSink.SafeCut(string text, int cut) => _context.Texts.SafeCut(text, cut);

    public void Dispose() => Spool.Dispose();
}
