using System.Globalization;

namespace Periplon.Torture.Checks;

/// <summary>No counter of a broken invariant is above zero, on any server, at any time.</summary>
internal static class InvariantCheck
{
    private const string Prefix = "periplon_invariant_";

    /// <summary>The counters above zero, as they stand in the metrics.</summary>
    public static IEnumerable<string> Broken(string metrics) => metrics.Split('\n').Where(line =>
        line.StartsWith(Prefix, StringComparison.Ordinal)
        && double.TryParse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture, out var value) && value > 0);
}
