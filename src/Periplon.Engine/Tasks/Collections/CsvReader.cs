using System.Text;

namespace Periplon.Engine.Tasks.Collections;

/// <summary>
/// Reads comma-separated values by RFC 4180: fields in quotes may hold commas, line breaks and, written twice, quotes. Lines end with LF or
/// CRLF; empty ones are skipped. A quote inside an unquoted field stands for itself, as everybody reads it.
/// </summary>
/// <remarks>
/// Our own, because it has to stop at a bound and on request in the middle of a field, and to name the line of what is wrong.
/// </remarks>
internal sealed class CsvReader(BoundedText text)
{
    private readonly StringBuilder _field = new();
    private readonly List<string> _row = [];
    private State _state;
    private int _quoteLine;
    private bool _hasQuotes;
    private long _length;

    private enum State
    {
        FieldStart,
        Plain,
        Quoted,
        AfterQuote,
    }

    /// <summary>The next row; null after the last.</summary>
    internal async ValueTask<IReadOnlyList<string>?> ReadRowAsync(CancellationToken cancellationToken)
    {
        (_state, _length, _hasQuotes) = (State.FieldStart, 0, false);
        _row.Clear();
        while (text.IsReady || await text.FillAsync(cancellationToken))
        {
            if (Take(text.Take()) && !IsEmptyLine())
            {
                return [.. _row];
            }
        }

        return EndOfText();
    }

    // True at the end of a line.
    private bool Take(char letter)
    {
        if (++_length > CollectionItems.MaxBytes)
        {
            throw new CollectionException(
                _state is State.Quoted ? Unclosed() : $"the row at line {text.Line} is longer than {CollectionItems.MaxBytes} characters");
        }

        switch (_state)
        {
            case State.FieldStart when letter is '"':
                (_state, _quoteLine, _hasQuotes) = (State.Quoted, text.Line, true);
                return false;
            case State.Quoted when letter is '"':
                _state = State.AfterQuote;
                return false;
            case State.Quoted:
                _field.Append(letter);
                return false;
            case State.AfterQuote when letter is '"':
                _field.Append('"');
                _state = State.Quoted;
                return false;
            case State.AfterQuote when letter is not (',' or '\r' or '\n'):
                throw new CollectionException(
                    $"line {text.Line} has '{letter}' after a closing quote, where a comma or the end of the line belongs; "
                    + "a quote inside a quoted field is written twice");
        }

        switch (letter)
        {
            case ',':
                EndField();
                return false;
            case '\n':
                EndField();
                return true;
            case '\r' when _state is State.AfterQuote:
                return false;
            default:
                _state = State.Plain;
                _field.Append(letter);
                return false;
        }
    }

    private void EndField()
    {
        // The return of a CRLF belongs to the line break.
        if (_state is State.Plain && _field is [.., '\r'])
        {
            _field.Length--;
        }

        _row.Add(_field.ToString());
        _field.Clear();
        _state = State.FieldStart;
    }

    private bool IsEmptyLine()
    {
        if (_row is not [""] || _hasQuotes)
        {
            return false;
        }

        _row.Clear();
        _length = 0;
        return true;
    }

    private List<string>? EndOfText()
    {
        if (_state is State.Quoted)
        {
            throw new CollectionException(Unclosed());
        }

        if (_length is 0)
        {
            return null;
        }

        EndField();
        return IsEmptyLine() ? null : [.. _row];
    }

    private string Unclosed() => $"the quote that opens on line {_quoteLine} is never closed";
}
