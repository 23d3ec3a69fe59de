using Periplon.Benchmarks.Report;
using Periplon.Benchmarks.Servers;

namespace Periplon.Benchmarks.Measure;

/// <summary>Measures all scenarios, each as often as asked for, on one build or on two in turns.</summary>
internal static class Benchmark
{
    public static async Task<int> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        await using var databases = await DatabaseServer.OpenAsync(options.IsPostgres, options.Url, cancellationToken);
        Console.WriteLine(
            $"{databases.Description}; {options.Silos} silo{(options.Silos == 1 ? "" : "s")}, {options.Clients} clients, "
            + $"{options.Runs} runs of {options.Seconds} s after {options.WarmUpSeconds} s of warm-up\n");
        var measurement = new Measurement(options, databases, cancellationToken);
        var results = options.Builds.Select(_ => new List<ScenarioResult>()).ToList();
        foreach (var scenario in options.Scenarios)
        {
            var runs = options.Builds.Select(_ => new List<IReadOnlyList<Figure>>()).ToList();
            for (var run = 0; run < options.Runs; run++)
            {
                for (var build = 0; build < options.Builds.Count; build++)
                {
                    runs[build].Add(await measurement.RunAsync(scenario, options.Builds[build]));
                }
            }

            for (var build = 0; build < results.Count; build++)
            {
                results[build].Add(new ScenarioResult(scenario.Name, scenario.Tasks, FigureSummary.Of(runs[build])));
            }

            await Console.Error.WriteLineAsync($"{scenario.Name} is measured");
        }

        List<BuildResult> builds = [.. options.Builds.Zip(results, (program, scenarios) => new BuildResult(program, scenarios))];
        Console.WriteLine(builds.Count == 1 ? ResultTables.Of(builds[0]) : ResultTables.Compare(builds[0], builds[1]));
        if (options.JsonFile is { } file)
        {
            await File.WriteAllTextAsync(file, JsonReport.Write(options, builds), cancellationToken);
        }

        return 0;
    }
}
