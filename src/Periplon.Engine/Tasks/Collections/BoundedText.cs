using System.Text;

namespace Periplon.Engine.Tasks.Collections;

/// <summary>
/// Reads a stream as text (UTF-8, or what a byte order mark says), one character or line at a time, with the number of the line.
/// </summary>
internal sealed class BoundedText(Stream stream) : IDisposable
{
    private const int BufferLength = 16 * 1024;

    /// <summary>What comes after the last character.</summary>
    internal const int End = -1;

    private readonly StreamReader _reader = new(stream, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, leaveOpen: true);
    private readonly char[] _buffer = new char[BufferLength];
    private int _at;
    private int _length;

    /// <summary>Number of the line that is being read, from 1.</summary>
    internal int Line { get; private set; } = 1;

    /// <summary>Characters are there to be read without waiting.</summary>
    internal bool IsReady => _at < _length;

    /// <summary>Takes one of the characters that are there.</summary>
    internal char Take()
    {
        var letter = _buffer[_at++];
        Line += letter is '\n' ? 1 : 0;
        return letter;
    }

    /// <summary>Waits for more; false at the end.</summary>
    internal async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        (_at, _length) = (0, await _reader.ReadAsync(_buffer, cancellationToken));
        return _length > 0;
    }

    /// <summary>The next line without its break; null after the last. A break at the very end begins no line of its own.</summary>
    internal async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        var number = Line;
        while (IsReady || await FillAsync(cancellationToken))
        {
            var rest = _buffer.AsSpan(_at, _length - _at);
            var end = rest.IndexOf('\n');
            line.Append(end < 0 ? rest : rest[..end]);
            if (line.Length > CollectionItems.MaxBytes)
            {
                throw new CollectionException($"line {number} is longer than {CollectionItems.MaxBytes} characters");
            }

            _at += end < 0 ? rest.Length : end + 1;
            if (end >= 0)
            {
                Line++;
                return WithoutReturn(line);
            }
        }

        return line.Length > 0 ? WithoutReturn(line) : null;
    }

    /// <summary>All of it.</summary>
    /// <param name="maxLength">Most characters.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    internal async Task<string> ReadAllAsync(int maxLength, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        while (IsReady || await FillAsync(cancellationToken))
        {
            text.Append(_buffer, _at, _length - _at);
            _at = _length;
            if (text.Length > maxLength)
            {
                throw new CollectionException(
                    $"the text is longer than {maxLength} characters, which is the most that is read as one JSON value");
            }
        }

        return text.ToString();
    }

    public void Dispose() => _reader.Dispose();

    private static string WithoutReturn(StringBuilder line)
    {
        line.Length -= line is [.., '\r'] ? 1 : 0;
        return line.ToString();
    }
}
