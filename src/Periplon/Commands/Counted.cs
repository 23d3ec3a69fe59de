namespace Periplon.Commands;

/// <summary>Numbers of things for people.</summary>
internal static class Counted
{
    /// <summary><c>1 task</c>, <c>2 tasks</c>.</summary>
    public static string Of(long count, string word) => count == 1 ? $"1 {word}" : $"{count} {word}s";

    /// <summary>The first line of a text, without the white space around it.</summary>
    public static string FirstLine(string text) => text.Trim().ReplaceLineEndings("\n").Split('\n')[0].TrimEnd();
}
