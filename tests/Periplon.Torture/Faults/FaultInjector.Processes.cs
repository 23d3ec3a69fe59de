using Periplon.Torture.Cluster;

namespace Periplon.Torture.Faults;

// Faults of processes.
internal sealed partial class FaultInjector
{
    private bool IsAlone => cluster.Silos.Count == 1;

    private async Task<FaultRecord> KillAsync(Silo silo, CancellationToken cancellationToken)
    {
        var scene = Begin([silo]);
        silo.Kill();
        await silo.ExitAsync(StopPatience, cancellationToken);
        if (IsAlone || random.Next(3) == 0)
        {
            // Its place is taken at once, before the others know of the death.
            silo.Start();
        }

        var bound = IsAlone ? options.RestartRecovery : options.Recovery;
        var fault = await EndAsync(FaultKinds.Kill, silo.Name, scene, scene.At, scene.Lives, bound, cancellationToken);
        StartAgain(silo);
        return fault;
    }

    private async Task<FaultRecord> FreezeAsync(Silo silo, bool wholeHost, CancellationToken cancellationToken)
    {
        var scene = Begin([silo]);
        silo.Freeze(wholeHost);
        var kind = wholeHost ? FaultKinds.FreezeHost : FaultKinds.Freeze;
        if (IsAlone)
        {
            await PauseAsync(2, 8, cancellationToken);
            silo.Thaw();
            return await EndAsync(kind, silo.Name, scene, time.GetUtcNow(), NoLives, options.Recovery, cancellationToken);
        }

        // Longer than the others take to declare it dead.
        var longEnough = PauseAsync(8, 12, cancellationToken);
        var fault = await EndAsync(kind, silo.Name, scene, scene.At, scene.Lives, options.Recovery, cancellationToken);
        await longEnough;
        silo.Thaw();

        // Time to report what it holds, and to learn that it is dead.
        await PauseAsync(4, 6, cancellationToken);
        return fault;
    }

    private async Task<FaultRecord> TerminateAsync(Silo silo, CancellationToken cancellationToken)
    {
        var scene = Begin([silo]);
        silo.Terminate();
        if (await silo.ExitAsync(StopPatience, cancellationToken) is not { } code)
        {
            violations.Add(
                "no-stop", $"{silo.Lives[^1].Name} had not ended {StopPatience.TotalSeconds:F0} s after SIGTERM; its log is {silo.Log}");
            silo.Kill();
            await silo.ExitAsync(StopPatience, cancellationToken);
        }
        else if (code != 0)
        {
            violations.Add("bad-stop", $"{silo.Lives[^1].Name} ended with {code} after SIGTERM; its log is {silo.Log}");
        }

        if (IsAlone)
        {
            silo.Start();
        }

        var bound = IsAlone ? options.RestartRecovery : options.Recovery;
        var fault = await EndAsync(FaultKinds.Terminate, silo.Name, scene, scene.At, NoLives, bound, cancellationToken);
        StartAgain(silo);
        return fault;
    }

    private async Task<FaultRecord> KillAllAsync(CancellationToken cancellationToken)
    {
        var scene = Begin(cluster.Silos);
        foreach (var silo in cluster.Silos)
        {
            silo.Kill();
        }

        await Task.WhenAll(cluster.Silos.Select(silo => silo.ExitAsync(StopPatience, cancellationToken)));
        await PauseAsync(0, 2, cancellationToken);
        var started = time.GetUtcNow();
        foreach (var silo in cluster.Silos)
        {
            silo.Start();
        }

        return await EndAsync(FaultKinds.KillAll, "all silos", scene, started, scene.Lives, options.RestartRecovery, cancellationToken);
    }

    private async Task<FaultRecord> KillBothAsync(Silo silo, CancellationToken cancellationToken)
    {
        var scene = Begin(cluster.Silos);
        var life = silo.Life!.Name;
        silo.Kill();
        await cluster.Postgres!.CrashAsync(cancellationToken);
        await PauseAsync(0.5, 3, cancellationToken);
        await cluster.Postgres.LaunchAsync(cancellationToken);
        var back = time.GetUtcNow();
        var fault = await EndAsync(
            FaultKinds.KillBoth, $"{silo.Name} and database", scene, back, new HashSet<string> { life }, options.RestartRecovery,
            cancellationToken);
        StartAgain(silo);
        return fault;
    }

    private static readonly HashSet<string> NoLives = [];

    private static void StartAgain(Silo silo)
    {
        silo.NoteEnd();
        if (silo.Life is null)
        {
            silo.Start();
        }
    }
}
