using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Periplon.Torture;

/// <summary>What to do, and how strictly to judge it.</summary>
internal sealed record TortureOptions
{
    public const string Usage = """
        periplon-torture [--minutes N] [--database postgres|sqlite] [--silos N] [--seed N] [--keep] [--json]

        Starts real processes of the program, gives them work, kills, freezes and cuts them at random, and checks against a ledger
        written outside that nothing was lost, repeated or stuck. The exit code is 1 when anything was.

          --minutes N           length, faults and draining together (default 2; a fraction is allowed)
          --database NAME       postgres (default): a private server and a cluster; sqlite: one server process
          --silos N             processes of the cluster, every third one a worker without an API (default 3)
          --seed N              seed of faults and load (default: a new one, which is printed)
          --faults A,B          only these kinds of faults (default: all that the database allows)
          --rate N              executions started per second (default 4)
          --recovery N          seconds within which interrupted work goes on (default 10)
          --restart-recovery N  the same, for faults after which every process has to start again (default 10)
          --drain N             seconds that everything may take to end after the last fault (default 90)
          --program PATH        the program (default: the one beside this one)
          --keep                keep logs and databases also when all is well
          --json                print the report as JSON too, as the last line
        """;

    public TimeSpan Duration { get; private init; } = TimeSpan.FromMinutes(2);

    public bool IsPostgres { get; private init; } = true;

    public int Silos { get; private init; } = 3;

    public int? Seed { get; private init; }

    public IReadOnlySet<string> Faults { get; private init; } = new HashSet<string>();

    public double Rate { get; private init; } = 4;

    public TimeSpan Recovery { get; private init; } = TimeSpan.FromSeconds(10);

    public TimeSpan RestartRecovery { get; private init; } = TimeSpan.FromSeconds(10);

    public TimeSpan Drain { get; private init; } = TimeSpan.FromSeconds(90);

    public string Program { get; private init; } = Path.Combine(AppContext.BaseDirectory, "periplon");

    public bool Keep { get; private init; }

    public bool Json { get; private init; }

    public static bool TryParse(string[] args, [NotNullWhen(true)] out TortureOptions? options, out string problem)
    {
        options = new TortureOptions();
        problem = "";
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] is "--keep" or "--json")
            {
                options = args[i] is "--keep" ? options with { Keep = true } : options with { Json = true };
                continue;
            }

            var value = i + 1 < args.Length ? args[i + 1] : "";
            if (options.With(args[i], value) is not { } next)
            {
                problem = $"'{args[i]} {value}' is not an option with a value it takes";
                options = null;
                return false;
            }

            options = next;
            i++;
        }

        return true;
    }

    private TortureOptions? With(string name, string value) => name switch
    {
        "--database" when value is "postgres" or "sqlite" => this with { IsPostgres = value is "postgres" },
        "--faults" when value.Length > 0 => this with { Faults = value.Split(',').ToHashSet() },
        "--program" when File.Exists(value) => this with { Program = Path.GetFullPath(value) },
        "--seed" when int.TryParse(value, out var seed) => this with { Seed = seed },
        "--silos" when int.TryParse(value, out var silos) && silos is >= 1 and <= 9 => this with { Silos = silos },
        _ => double.TryParse(value, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 1e6 ? With(name, number) : null,
    };

    private TortureOptions? With(string name, double number) => name switch
    {
        "--minutes" => this with { Duration = TimeSpan.FromMinutes(number) },
        "--rate" => this with { Rate = number },
        "--recovery" => this with { Recovery = TimeSpan.FromSeconds(number) },
        "--restart-recovery" => this with { RestartRecovery = TimeSpan.FromSeconds(number) },
        "--drain" => this with { Drain = TimeSpan.FromSeconds(number) },
        _ => null,
    };
}
