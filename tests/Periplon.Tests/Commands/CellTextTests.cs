using CsCheck;
using Periplon.Commands;

namespace Periplon.Tests.Commands;

public sealed class CellTextTests
{
    [Theory]
    [InlineData("abc", 3)]
    [InlineData("日本", 4)]
    [InlineData("😀", 2)]
    [InlineData("e\u0301", 1)]
    [InlineData("", 0)]
    public void Width_Text_CountsColumns(string text, int expected) => CellText.Width(text).ShouldBe(expected);

    [Theory]
    [InlineData("ab cd", 3, 5, "ab cd", 3, 2)]
    [InlineData("\tx", 1, 2, "    x", 4, 1)]
    [InlineData("日本 x", 3, 4, "日本 x", 5, 1)]
    [InlineData("abc", 3, 3, "abc", 3, 1)]
    public void Excerpt_ShortLine_KeepsItAndFindsThePlace(string line, int start, int end, string text, int before, int marked) =>
        CellText.Excerpt(line, start, end, 80).ShouldBe((text, before, marked));

    [Fact]
    public void Excerpt_AnyLine_FitsAndPointsAtThePlace() =>
        Gen.Select(Gen.Char["abc \t日é本"].Array[1, 300], Gen.Int[0, 299], Gen.Int[20, 120])
            .Sample((characters, at, room) =>
            {
                var line = new string(characters);
                var start = Math.Min(at, line.Length - 1);
                var (text, before, marked) = CellText.Excerpt(line, start, start + 1, room);
                var column = Columns(text, before);
                return CellText.Width(text) <= room && before + marked <= Math.Max(room, before + 1)
                    && (char.IsWhiteSpace(line[start]) || column == line[start]);
            });

    // The character that begins at a column.
    private static char? Columns(string text, int column)
    {
        var at = 0;
        foreach (var character in text)
        {
            if (at == column)
            {
                return character;
            }

            at += CellText.Width(character.ToString());
        }

        return null;
    }
}
