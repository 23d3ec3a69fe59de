using System.Runtime.CompilerServices;

namespace Periplon.Core.Secrets;

/// <summary>A stretch of a text.</summary>
/// <param name="Start">First character.</param>
/// <param name="End">The character after the last.</param>
internal readonly record struct Stretch(int Start, int End);

/// <summary>Takes the bytes of a text one by one, with the place each came from, and notes the stretches that secrets cover.</summary>
internal ref struct SecretScanner(SecretWindows windows, List<Stretch> found)
{
    private Places _starts;
    private ulong _bytes;
    private int _count;

    /// <summary>Takes a byte.</summary>
    /// <param name="value">The byte.</param>
    /// <param name="start">Where in the text its writing begins.</param>
    /// <param name="end">Where it ends.</param>
    internal void Push(byte value, int start, int end)
    {
        _bytes = (_bytes << 8) | value;
        _starts[_count & 7] = start;
        _count++;
        var length = windows.MatchEnd(_bytes, _count);
        if (length > 0)
        {
            Add(_starts[(_count - length) & 7], end);
        }
    }

    /// <summary>Forgets what came before: the next byte does not follow on it.</summary>
    internal void Reset() => _count = 0;

    private readonly void Add(int start, int end)
    {
        if (found is [.., var last] && start <= last.End && start >= last.Start)
        {
            found[^1] = new Stretch(last.Start, Math.Max(end, last.End));
        }
        else
        {
            found.Add(new Stretch(start, end));
        }
    }

    [InlineArray(8)]
    private struct Places
    {
        private int _first;
    }
}
