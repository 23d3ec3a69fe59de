namespace Periplon.Benchmarks.Measure;

/// <summary>One number that a run gave; its name says its unit.</summary>
internal readonly record struct Figure(string Name, double Value);

/// <summary>A figure over all runs.</summary>
/// <param name="Name">Its name, with its unit.</param>
/// <param name="Runs">Its value in each run, at least one.</param>
internal sealed record FigureSummary(string Name, IReadOnlyList<double> Runs)
{
    public double Median { get; } = MedianOf(Runs);

    public double Min => Runs.Min();

    public double Max => Runs.Max();

    /// <summary>Puts the figures of the same name together, in the order in which the first run gave them.</summary>
    public static IReadOnlyList<FigureSummary> Of(IReadOnlyList<IReadOnlyList<Figure>> runs) =>
    [
        .. runs.SelectMany(run => run).GroupBy(figure => figure.Name)
            .Select(group => new FigureSummary(group.Key, [.. group.Select(figure => figure.Value)])),
    ];

    /// <summary>The middle value, or the mean of the two in the middle.</summary>
    public static double MedianOf(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}

/// <summary>What a scenario gave on one build.</summary>
internal sealed record ScenarioResult(string Name, int Tasks, IReadOnlyList<FigureSummary> Figures);

/// <summary>What a build gave.</summary>
/// <param name="Program">The folder of the program.</param>
/// <param name="Scenarios">In the order in which they were asked for.</param>
internal sealed record BuildResult(string Program, IReadOnlyList<ScenarioResult> Scenarios);
