namespace Periplon.Core.Names;

/// <summary>Which characters labels may hold: what every database stores, and in keys also what a query can name.</summary>
public static class LabelCharacters
{
    /// <summary>Whether a key holds no control character.</summary>
    /// <param name="key">The key.</param>
    public static bool FitKey(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return !key.Any(char.IsControl);
    }

    /// <summary>Whether a value holds no control character but tabs and line breaks, which block texts in YAML end with.</summary>
    /// <param name="value">The value.</param>
    public static bool FitValue(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return !value.Any(c => char.IsControl(c) && c is not ('\t' or '\n' or '\r'));
    }

    /// <summary>A text as messages show it.</summary>
    /// <param name="text">The text.</param>
    public static string Show(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c));
    }
}
