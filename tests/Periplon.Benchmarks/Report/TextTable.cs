using System.Globalization;
using System.Text;

namespace Periplon.Benchmarks.Report;

/// <summary>A table whose columns are as wide as their widest cell; numbers stand to the right.</summary>
internal sealed class TextTable(params string[] heads)
{
    private readonly List<string[]> _rows = [heads];

    /// <summary>Adds a row; it has as many cells as the head.</summary>
    public void Add(params string[] cells) => _rows.Add(
        cells.Length == heads.Length
            ? cells
            : throw new ArgumentException($"A row has {cells.Length} cells, and the table {heads.Length} columns", nameof(cells)));

    /// <summary>A number with as many digits as it deserves: whole from 100 on, three digits or so below.</summary>
    public static string Number(double value) => value.ToString(
        Math.Abs(value) switch { >= 100 => "N0", >= 10 => "F1", >= 1 => "F2", _ => "F3" }, CultureInfo.InvariantCulture);

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var row in _rows)
        {
            for (var column = 0; column < heads.Length; column++)
            {
                var width = _rows.Max(each => each[column].Length);
                var isNumber = _rows.Skip(1).All(each => each[column].Length == 0 || !char.IsLetter(each[column][0]));
                text.Append(column > 0 ? "  " : "").Append(isNumber ? row[column].PadLeft(width) : row[column].PadRight(width));
            }

            while (text[^1] == ' ')
            {
                text.Length--;
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
