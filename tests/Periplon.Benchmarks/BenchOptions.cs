using System.Diagnostics.CodeAnalysis;

namespace Periplon.Benchmarks;

/// <summary>What to measure.</summary>
internal sealed record BenchOptions
{
    public const string Usage = """
        periplon-bench [--database sqlite|postgres] [--url URL] [--clients N] [--seconds N] [--scenario NAME]...
        periplon-bench --machine [TASKS]   the execution machine alone, without a server (default 10000 tasks)
        periplon-bench --scenario queued [--count N]   memory and start with N executions that wait (default 1000000), and nothing else
        periplon-bench --schedules [COUNT] [--database …] [--url …]
                                           schedules that fire once each within a minute: how late (default 100000)
        periplon-bench --corpus FOLDER     validates the workflow files of a folder, and times the largest
        periplon-bench --retention sqlite|postgres [N] [CONNECTION]
                                           deletes N ended executions (default 100000) while others are written; PostgreSQL needs the
                                           connection string of an empty database

          --database   sqlite (default), or postgres, which needs --url with a database that may be filled
          --clients    clients of the closed loop: each starts an execution, waits for its end, starts the next (default 64)
          --seconds    length of each measurement (default 10)
          --scenario   echo-1 (one task), echo-10 (ten tasks in a row), fan-10 (ten tasks at once),
                       latency (one task, one client);
                       in one execution: loop-10, loop-1000, loop-10000 (iterations one after the other), fan-out-1000 (a thousand
                       tasks at once), fan-loop-1000 (a loop of as many, a hundred at once); default: all
        """;

    public string Database { get; private init; } = "sqlite";

    public string? Url { get; private init; }

    public int Clients { get; private init; } = 64;

    public int Seconds { get; private init; } = 10;

    /// <summary>Whether the scenario of many that wait is measured, instead of all others.</summary>
    public bool Queued { get; private init; }

    /// <summary>How many wait in it.</summary>
    public int Count { get; private init; } = 1_000_000;

    public IReadOnlyList<Scenario> Scenarios { get; private init; } = Scenario.All;

    public IReadOnlyList<LargeScenario> LargeScenarios { get; private init; } = LargeScenario.All;

    public static bool TryParse(string[] args, [NotNullWhen(true)] out BenchOptions? options, out string problem)
    {
        options = new BenchOptions();
        problem = "";
        var scenarios = new List<Scenario>();
        var large = new List<LargeScenario>();
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            switch (args[i])
            {
                case "--database" when value is "sqlite" or "postgres":
                    options = options with { Database = value };
                    break;
                case "--url" when value != "":
                    options = options with { Url = value };
                    break;
                case "--clients" when int.TryParse(value, out var clients) && clients > 0:
                    options = options with { Clients = clients };
                    break;
                case "--seconds" when int.TryParse(value, out var seconds) && seconds > 0:
                    options = options with { Seconds = seconds };
                    break;
                case "--scenario" when value == "queued":
                    options = options with { Queued = true };
                    break;
                case "--count" when int.TryParse(value, out var count) && count >= 10:
                    options = options with { Count = count };
                    break;
                case "--scenario" when Scenario.All.FirstOrDefault(s => s.Name == value) is { } scenario:
                    scenarios.Add(scenario);
                    break;
                case "--scenario" when LargeScenario.All.FirstOrDefault(s => s.Name == value) is { } scenario:
                    large.Add(scenario);
                    break;
                default:
                    problem = $"'{args[i]} {value}' is not an option with a value it takes";
                    return false;
            }
        }

        if (options is { Database: "postgres", Url: null })
        {
            problem = "--database postgres needs --url";
            return false;
        }

        options = scenarios.Count + large.Count > 0 ? options with { Scenarios = scenarios, LargeScenarios = large } : options;
        return true;
    }
}
