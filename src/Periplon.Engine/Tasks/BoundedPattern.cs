using System.Text.RegularExpressions;

namespace Periplon.Engine.Tasks;

/// <summary>
/// A regular expression out of a workflow, over text that anybody may have written: it takes time in proportion to the text where the
/// expression allows that, and ends after a bound where it does not. What is no expression is looked for as plain text (reference §9).
/// </summary>
internal sealed class BoundedPattern
{
    private const RegexOptions Options = RegexOptions.CultureInvariant;

    private readonly Regex? _expression;

    internal BoundedPattern(string text, TimeSpan? limit = null)
    {
        Text = text;
        Limit = limit ?? TimeSpan.FromSeconds(2);
        _expression = Compile(text, Limit);
    }

    internal string Text { get; }

    /// <summary>How long a search may take.</summary>
    internal TimeSpan Limit { get; }

    /// <summary>Whether it is looked for as plain text.</summary>
    internal bool IsPlainText => _expression is null;

    /// <summary>Whether it occurs in a text; null when that took too long to find out.</summary>
    internal bool? IsMatch(string text)
    {
        try
        {
            return _expression?.IsMatch(text) ?? text.Contains(Text, StringComparison.Ordinal);
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }
    }

    private static Regex? Compile(string text, TimeSpan limit)
    {
        try
        {
            return new Regex(text, Options | RegexOptions.NonBacktracking, limit);
        }
        catch (NotSupportedException)
        {
            // Look-around, back references and the like need backtracking, which only the limit bounds.
            return new Regex(text, Options, limit);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
