using Periplon.Torture.Checks;
using Periplon.Torture.Cluster;

namespace Periplon.Torture.Faults;

/// <summary>Does one fault after the other, and waits each time until what it interrupted goes on and the cluster is whole.</summary>
internal sealed partial class FaultInjector(
    TortureOptions options, TortureCluster cluster, RecoveryWatch watch, MachineProbe probe, Random random, Violations violations,
    TimeProvider time, TextWriter output)
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan WorkPatience = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan ShortRun = TimeSpan.FromMinutes(5);

    // A fault that hits nobody at work tells nothing.
    private const int EnoughUnderWay = 2;

    private readonly List<FaultRecord> _records = [];

    public IReadOnlyList<FaultRecord> Records => _records;

    /// <summary>Faults until a time; a fault that has begun is brought to its end.</summary>
    public async Task RunAsync(DateTimeOffset until, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> possible = options.IsPostgres ? FaultKinds.OfPostgres : FaultKinds.OfSqlite;
        var kinds = possible.Where(kind => options.Faults.Count == 0
            ? options.Duration >= ShortRun || !FaultKinds.Long.Contains(kind)
            : options.Faults.Contains(kind)).ToArray();
        if (kinds.Length == 0)
        {
            throw new InvalidOperationException($"--faults names none of those possible here: {string.Join(", ", possible)}");
        }

        // All of them once in any order, then again: chance alone would leave some out of a short run.
        while (true)
        {
            random.Shuffle(kinds);
            foreach (var kind in kinds)
            {
                await PauseAsync(1, 3, cancellationToken);
                if (time.GetUtcNow() >= until)
                {
                    return;
                }

                await InjectAsync(kind, cancellationToken);
                await cluster.AllReadyAsync(StartPatience, cancellationToken);
            }
        }
    }

    private async Task InjectAsync(string kind, CancellationToken cancellationToken)
    {
        var silo = cluster.Silos[random.Next(cluster.Silos.Count)];
        await watch.UntilUnderWayAsync([silo], EnoughUnderWay, WorkPatience, cancellationToken);
        var fault = kind switch
        {
            FaultKinds.Kill => await KillAsync(silo, cancellationToken),
            FaultKinds.Freeze => await FreezeAsync(silo, wholeHost: false, cancellationToken),
            FaultKinds.FreezeHost => await FreezeAsync(silo, wholeHost: true, cancellationToken),
            FaultKinds.Terminate => await TerminateAsync(silo, cancellationToken),
            FaultKinds.KillAll => await KillAllAsync(cancellationToken),
            FaultKinds.CrashDatabase => await CrashDatabaseAsync(kind, 0, 5, cancellationToken),
            FaultKinds.DatabaseOutage => await CrashDatabaseAsync(kind, 30, 31, cancellationToken),
            FaultKinds.FreezeDatabase => await FreezeDatabaseAsync(cancellationToken),
            FaultKinds.CutDatabase => await CutDatabaseAsync(silo, cancellationToken),
            FaultKinds.Reset => await ResetAsync(silo, cancellationToken),
            FaultKinds.CutSilos => await CutSilosAsync(cancellationToken),
            FaultKinds.Isolate => await IsolateAsync(silo, cancellationToken),
            _ => await KillBothAsync(silo, cancellationToken),
        };
        _records.Add(fault);
        var worst = fault.Recoveries.Count > 0 ? $"{fault.Recoveries.Max():F1} s at worst" : "nothing was under way";
        output.WriteLine(
            $"{time.GetUtcNow():HH:mm:ss} {kind,-15} {fault.Target,-22} interrupted {fault.Recoveries.Count,2}, {worst}"
            + $" (machine: {fault.Load.LateMean * 1000:F0} ms late, {fault.Load.LateMax * 1000:F0} ms at most, "
            + $"{fault.Load.Foreign:P0} used by others{(fault.Load.IsOverloaded ? ", overloaded" : "")})");
    }

    private FaultScene Begin(IEnumerable<Silo> hit)
    {
        List<Silo> silos = [.. hit];
        var lives = silos.Select(silo => silo.Life?.Name).OfType<string>().ToHashSet();
        return new FaultScene(watch.UnderWay(silos), lives, time.GetUtcNow());
    }

    // Waits for what was interrupted, and judges how long it took.
    private async Task<FaultRecord> EndAsync(
        string kind, string target, FaultScene scene, DateTimeOffset judgedFrom, IReadOnlySet<string> dead, TimeSpan bound,
        CancellationToken cancellationToken)
    {
        await watch.WaitAsync(scene.Interrupted, scene.At, dead, bound * 3, cancellationToken);
        var load = probe.Between(scene.At, time.GetUtcNow());
        var recoveries = new List<double>();
        foreach (var each in scene.Interrupted)
        {
            if (each.WentOnAt is not { } at)
            {
                violations.Add(
                    "stuck", $"{bound.TotalSeconds * 3:F0} s after {kind} of {target} execution {each.Execution} had not gone on; "
                    + $"it was at {each.Run}", each.Execution);
                continue;
            }

            recoveries.Add(Math.Max(0, (at - judgedFrom).TotalSeconds));
            if (recoveries[^1] > bound.TotalSeconds && !load.IsOverloaded)
            {
                violations.Add(
                    "slow-recovery", $"After {kind} of {target} execution {each.Execution} went on after {recoveries[^1]:F1} s, "
                    + $"allowed are {bound.TotalSeconds:F0}; it was at {each.Run}", each.Execution);
            }
        }

        return new FaultRecord
        {
            Kind = kind, Target = target, At = scene.At, JudgedFrom = judgedFrom, Bound = bound, Recoveries = recoveries, Load = load,
        };
    }

    private Task PauseAsync(double from, double to, CancellationToken cancellationToken) =>
        Task.Delay(TimeSpan.FromSeconds(from + (random.NextDouble() * (to - from))), time, cancellationToken);

    /// <summary>What was under way where a fault hit, and when.</summary>
    private sealed record FaultScene(List<Interrupted> Interrupted, HashSet<string> Lives, DateTimeOffset At);
}
