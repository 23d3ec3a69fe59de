using System.Globalization;

namespace Periplon.Torture.Checks;

/// <summary>No counter of a broken invariant is above zero, on any server, at any time.</summary>
internal static class InvariantCheck
{
    private const string Prefix = "periplon_invariant_";
    private const string OfCluster = "periplon_cluster_invariants_broken";

    /// <summary>The counters above zero, as they stand in the metrics.</summary>
    public static IEnumerable<string> Broken(string metrics) => metrics.Split('\n').Where(line =>
        (line.StartsWith(Prefix, StringComparison.Ordinal) || line.StartsWith(OfCluster, StringComparison.Ordinal))
        && double.TryParse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture, out var value) && value > 0);

    /// <summary>The lines of a log that tell of a broken invariant.</summary>
    public static IEnumerable<string> BrokenInLog(IEnumerable<string> lines) => lines.Where(line =>
        line.IndexOf("Invariant ", StringComparison.Ordinal) is >= 0 and var at
        && line.IndexOf(" is broken at ", at, StringComparison.Ordinal) > at);
}
