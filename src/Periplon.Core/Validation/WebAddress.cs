namespace Periplon.Core.Validation;

/// <summary>Addresses that must be http or https.</summary>
internal static class WebAddress
{
    internal static bool IsWeb(string url) =>
        url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || url.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a text starts with a reference, so that nothing can be said about it before it is filled in.</summary>
    internal static bool StartsWithReference(string text) =>
        text.StartsWith("${", StringComparison.Ordinal) || text.StartsWith("{{", StringComparison.Ordinal);

    // The reference refuses a placeholder at the start. Here one engine fills in every string (design §8.3), so the address may
    // well be right when the time comes; it is a warning because nothing has checked it until then.
    internal static void Check(ValidationReport report, string code, string path, string url, string what)
    {
        if (StartsWithReference(url))
        {
            report.Warning(
                code,
                path,
                $"{what} starts with a reference, '{url}', so it is checked only at run time.",
                "Write http:// or https:// before the reference.");
        }
        else if (!IsWeb(url))
        {
            report.Error(code, path, $"{what} is '{url}', which is neither http nor https.", "Start the address with http:// or https://.");
        }
    }
}
