using System.Text.RegularExpressions;

namespace Periplon.Configuration;

/// <summary>Hides secrets in what is shown of a configuration.</summary>
internal static partial class SecretMask
{
    public const string Mark = "***";

    /// <summary>
    /// The text of a secret setting: addresses keep all but their password, so that a person sees which database is meant; anything
    /// else is hidden as a whole.
    /// </summary>
    public static string MaskSecret(string text)
    {
        var masked = Mask(text);
        return masked != text || text.Contains("://", StringComparison.Ordinal) || ConnectionKey().IsMatch(text) ? masked : Mark;
    }

    /// <summary>The text with passwords of addresses and connection strings hidden.</summary>
    public static string Mask(string text) =>
        PasswordPair().Replace(UserInfo().Replace(text, "${start}" + Mark + "@"), "${key}" + Mark);

    // Greedy up to the last '@' before the path: a password may hold an unescaped '@'.
    [GeneratedRegex(@"(?<start>[a-z][a-z0-9+.\-]*://[^:/?#\s]*:)[^/?#\s]*@", RegexOptions.IgnoreCase)]
    private static partial Regex UserInfo();

    [GeneratedRegex("""(?<key>\b(password|pwd|passphrase|sslpassword|ssl password|secret|token|api_?key)\s*=\s*)("[^"]*"|'[^']*'|[^;&\s]+)""", RegexOptions.IgnoreCase)]
    private static partial Regex PasswordPair();

    [GeneratedRegex(@"^\s*(host|server|data source)\s*=", RegexOptions.IgnoreCase)]
    private static partial Regex ConnectionKey();
}
