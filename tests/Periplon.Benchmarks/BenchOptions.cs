using System.Diagnostics.CodeAnalysis;
using Periplon.Benchmarks.Scenarios;

namespace Periplon.Benchmarks;

/// <summary>What to measure.</summary>
internal sealed record BenchOptions
{
    public const string Sqlite = "sqlite";
    public const string Postgres = "postgres";

    /// <summary>Whether the database is PostgreSQL.</summary>
    public bool IsPostgres { get; private init; }

    /// <summary>A running PostgreSQL; null for one that is started for the measurement.</summary>
    public string? Url { get; private init; }

    public int Clients { get; private init; } = 64;

    public int Seconds { get; private init; } = 10;

    public int WarmUpSeconds { get; private init; } = 12;

    public int QuietSeconds { get; private init; } = 5;

    public int Runs { get; private init; } = 3;

    public int Silos { get; private init; } = 1;

    public int Minutes { get; private init; } = 10;

    /// <summary>Where the results go as JSON; null for nowhere.</summary>
    public string? JsonFile { get; private init; }

    /// <summary>Folders that hold the program; more than one are compared.</summary>
    public IReadOnlyList<string> Builds { get; private init; } = [AppContext.BaseDirectory];

    /// <summary>Whether the scenario of many that wait is measured, instead of all others.</summary>
    public bool Queued { get; private init; }

    /// <summary>How many wait in it.</summary>
    public int Count { get; private init; } = 1_000_000;

    public IReadOnlyList<Scenario> Scenarios { get; private init; } = [.. Scenario.All.Where(each => each.Load is not LoadKind.Long)];

    public static bool TryParse(string[] args, [NotNullWhen(true)] out BenchOptions? options, out string problem)
    {
        options = new BenchOptions();
        problem = "";
        var scenarios = new List<Scenario>();
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            if (args[i] == "--compare" && i + 2 < args.Length)
            {
                options = options with { Builds = [Path.GetFullPath(value), Path.GetFullPath(args[i + 2])] };
                i++;
            }
            else if (args[i] == "--scenario" && Scenario.All.FirstOrDefault(each => each.Name == value) is { } scenario)
            {
                scenarios.Add(scenario);
            }
            else if (options.With(args[i], value) is { } changed)
            {
                options = changed;
            }
            else
            {
                problem = $"'{args[i]} {value}' is not an option with a value it takes";
                return false;
            }
        }

        options = scenarios.Count > 0 ? options with { Scenarios = scenarios } : options;
        problem = options.Problem() ?? "";
        return problem == "";
    }

    private BenchOptions? With(string name, string value)
    {
        int Number(int least) => int.TryParse(value, out var number) && number >= least ? number : -1;
        return name switch
        {
            "--database" when value is Sqlite or Postgres => this with { IsPostgres = value == Postgres },
            "--url" when value != "" => this with { Url = value },
            "--json" when value != "" => this with { JsonFile = value },
            "--scenario" when value == "queued" => this with { Queued = true },
            "--clients" when Number(1) > 0 => this with { Clients = Number(1) },
            "--seconds" when Number(1) > 0 => this with { Seconds = Number(1) },
            "--warm-up" when Number(0) >= 0 => this with { WarmUpSeconds = Number(0) },
            "--quiet" when Number(0) >= 0 => this with { QuietSeconds = Number(0) },
            "--runs" when Number(1) > 0 => this with { Runs = Number(1) },
            "--silos" when Number(1) > 0 => this with { Silos = Number(1) },
            "--minutes" when Number(1) > 0 => this with { Minutes = Number(1) },
            "--count" when Number(10) > 0 => this with { Count = Number(10) },
            _ => null,
        };
    }

    private string? Problem()
    {
        if (!IsPostgres && (Url is not null || Silos > 1))
        {
            return $"{(Url is null ? $"--silos {Silos}" : "--url")} needs --database postgres, and the database is sqlite";
        }

        return Builds.FirstOrDefault(folder => !File.Exists(Path.Combine(folder, Servers.ServerProcess.ProgramName))) is { } missing
            ? $"the folder '{missing}' does not hold the program '{Servers.ServerProcess.ProgramName}'; name the output of a build"
            : null;
    }
}
