using Periplon.Benchmarks.Measure;

namespace Periplon.Benchmarks.Report;

/// <summary>Results for people.</summary>
internal static class ResultTables
{
    public static string Of(BuildResult build)
    {
        var table = new TextTable("scenario", "figure", "median", "min", "max");
        foreach (var scenario in build.Scenarios)
        {
            foreach (var figure in scenario.Figures)
            {
                string[] values = [.. new[] { figure.Median, figure.Min, figure.Max }.Select(TextTable.Number)];
                table.Add([scenario.Name, figure.Name, .. values]);
            }
        }

        return table.ToString();
    }

    /// <summary>
    /// The medians of two builds, the ratio of the second to the first, and the least and the greatest ratio that two of their runs give.
    /// </summary>
    public static string Compare(BuildResult first, BuildResult second)
    {
        var table = new TextTable("scenario", "figure", "A", "B", "B / A", "least", "most");
        foreach (var (one, two) in first.Scenarios.Zip(second.Scenarios))
        {
            foreach (var a in one.Figures)
            {
                if (two.Figures.FirstOrDefault(figure => figure.Name == a.Name) is { } b)
                {
                    var ratios = b.Runs.SelectMany(_ => a.Runs, (of, by) => of / by).ToList();
                    table.Add(
                        one.Name, a.Name, TextTable.Number(a.Median), TextTable.Number(b.Median), Ratio(b.Median / a.Median),
                        Ratio(ratios.Min()), Ratio(ratios.Max()));
                }
            }
        }

        return $"A  {first.Program}\nB  {second.Program}\n\n{table}";
    }

    private static string Ratio(double ratio) => double.IsFinite(ratio) ? TextTable.Number(ratio) : "-";
}
