using System.Globalization;
using System.Text;

namespace Periplon.Commands;

/// <summary>Text as a terminal shows it: how many columns a character takes, and nothing that would move the cursor.</summary>
internal static class CellText
{
    private const int TabStop = 4;

    // First and last code points that fill two columns (East Asian wide and fullwidth, emoji), in order.
    private static readonly (int First, int Last)[] Wide =
    [
        (0x1100, 0x115F), (0x231A, 0x231B), (0x2329, 0x232A), (0x23E9, 0x23EC), (0x25FD, 0x25FE), (0x2614, 0x2615), (0x2648, 0x2653),
        (0x26A1, 0x26A1), (0x26BD, 0x26BE), (0x26C4, 0x26C5), (0x26D4, 0x26D4), (0x2705, 0x2705), (0x270A, 0x270B), (0x2728, 0x2728),
        (0x274C, 0x274C), (0x2753, 0x2755), (0x2757, 0x2757), (0x2795, 0x2797), (0x2B50, 0x2B50), (0x2B55, 0x2B55), (0x2E80, 0x303E),
        (0x3041, 0x33FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA000, 0xA4CF), (0xA960, 0xA97F), (0xAC00, 0xD7A3), (0xF900, 0xFAFF),
        (0xFE30, 0xFE6F), (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F7E0, 0x1F7EB),
        (0x1F900, 0x1F9FF), (0x1FA70, 0x1FAFF), (0x20000, 0x3FFFD),
    ];

    /// <summary>Columns that a text takes; for text that <see cref="Printable"/> has made.</summary>
    public static int Width(string text) => text.EnumerateRunes().Sum(Width);

    public static int Width(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
        _ => Array.Exists(Wide, range => rune.Value >= range.First && rune.Value <= range.Last) ? 2 : 1,
    };

    /// <summary>Replaces what would move the cursor or colour the screen; line breaks stay.</summary>
    public static string Printable(string text)
    {
        if (!text.Any(character => char.IsControl(character) && character != '\n'))
        {
            return text;
        }

        return string.Concat(text.ReplaceLineEndings("\n").Select(character => character switch
        {
            '\n' => '\n',
            '\t' => ' ',
            _ => char.IsControl(character) ? '\uFFFD' : character,
        }));
    }

    /// <summary>The part of a line that fits into so many columns, tabs widened, and where a place of the line then is.</summary>
    /// <param name="line">The line.</param>
    /// <param name="start">Index of the first character of the place.</param>
    /// <param name="end">Index after its last character.</param>
    /// <param name="room">Columns; at least 20.</param>
    /// <returns>The text, the columns before the place, and its width, at least 1.</returns>
    public static (string Text, int Before, int Marked) Excerpt(string line, int start, int end, int room)
    {
        var cells = Cells(line);
        var from = ColumnOf(cells, start);
        var to = Math.Max(from + 1, ColumnOf(cells, end));
        var total = ColumnOf(cells, line.Length);
        // A place in a long line is shown with something before it; what is cut away is marked by an ellipsis.
        var first = total <= room ? 0 : Math.Clamp(from - (room / 3), 0, total - room);
        var last = first + room;
        var text = new StringBuilder();
        var skipped = 0;
        foreach (var cell in cells)
        {
            if (cell.Column < first + (first > 0 ? 1 : 0))
            {
                skipped = cell.Column + cell.Width;
            }
            else if (cell.Column + cell.Width <= last - (total > last ? 1 : 0))
            {
                text.Append(cell.Text);
            }
        }

        var before = from - skipped + (first > 0 ? 1 : 0);
        var shown = (first > 0 ? "…" : "") + text + (total > last ? "…" : "");
        return (shown.TrimEnd(), before, Math.Clamp(to - from, 1, Math.Max(1, room - before)));
    }

    private static List<(int Index, int Column, int Width, string Text)> Cells(string line)
    {
        var cells = new List<(int, int, int, string)>(line.Length);
        var (index, column) = (0, 0);
        foreach (var rune in line.EnumerateRunes())
        {
            var (text, width) = rune.Value == '\t'
                ? (new string(' ', TabStop - (column % TabStop)), TabStop - (column % TabStop))
                : (Printable(rune.ToString()), Width(rune));
            cells.Add((index, column, width, text));
            index += rune.Utf16SequenceLength;
            column += width;
        }

        return cells;
    }

    private static int ColumnOf(List<(int Index, int Column, int Width, string Text)> cells, int index)
    {
        var at = cells.FindIndex(cell => cell.Index >= index);
        return at >= 0 ? cells[at].Column : cells.Count > 0 ? cells[^1].Column + cells[^1].Width : 0;
    }
}
