using Periplon.Torture.Cluster;
using Periplon.Torture.Network;

namespace Periplon.Torture.Faults;

// Faults of the database and of the network.
internal sealed partial class FaultInjector
{
    private async Task<FaultRecord> CrashDatabaseAsync(string kind, double from, double to, CancellationToken cancellationToken)
    {
        var scene = Begin(cluster.Silos);
        await cluster.Postgres!.CrashAsync(cancellationToken);
        await PauseAsync(from, to, cancellationToken);
        await cluster.Postgres.LaunchAsync(cancellationToken);
        return await EndAsync(
            kind, "database", scene, time.GetUtcNow(), NoLives, options.Recovery, cancellationToken);
    }

    private async Task<FaultRecord> FreezeDatabaseAsync(CancellationToken cancellationToken)
    {
        var scene = Begin(cluster.Silos);
        cluster.Postgres!.Freeze();
        await PauseAsync(2, 8, cancellationToken);
        cluster.Postgres.Thaw();
        return await EndAsync(
            FaultKinds.FreezeDatabase, "database", scene, time.GetUtcNow(), NoLives, options.Recovery, cancellationToken);
    }

    private Task<FaultRecord> CutDatabaseAsync(Silo silo, CancellationToken cancellationToken)
    {
        var (to, back) = cluster.DatabaseWires(silo);
        return CutAsync(FaultKinds.CutDatabase, $"{silo.Name} from database", [to, back], cancellationToken);
    }

    private Task<FaultRecord> CutSilosAsync(CancellationToken cancellationToken)
    {
        var silos = cluster.Silos.ToArray();
        random.Shuffle(silos);
        var (one, other) = (silos[0].Name, silos[^1].Name);
        return random.Next(2) == 0
            ? CutAsync(FaultKinds.CutSilos, $"{one} to {other}", [cluster.WireOf(one, other)], cancellationToken)
            : CutAsync(
                FaultKinds.CutSilos, $"{one} and {other}", [cluster.WireOf(one, other), cluster.WireOf(other, one)], cancellationToken);
    }

    // Nobody is dead, so whatever hangs on the wires may wait until they are mended.
    private async Task<FaultRecord> CutAsync(string kind, string target, IReadOnlyList<Wire> wires, CancellationToken cancellationToken)
    {
        var scene = Begin(cluster.Silos);
        foreach (var wire in wires)
        {
            wire.Cut();
        }

        await PauseAsync(2, 10, cancellationToken);
        foreach (var wire in wires)
        {
            wire.Mend();
        }

        return await EndAsync(kind, target, scene, time.GetUtcNow(), NoLives, options.Recovery, cancellationToken);
    }

    private async Task<FaultRecord> ResetAsync(Silo silo, CancellationToken cancellationToken)
    {
        var scene = Begin(cluster.Silos);
        foreach (var wire in WiresOf(silo))
        {
            cluster.Reset(wire);
        }

        return await EndAsync(
            FaultKinds.Reset, $"{silo.Name}'s connections", scene, scene.At, NoLives, options.Recovery, cancellationToken);
    }

    private async Task<FaultRecord> IsolateAsync(Silo silo, CancellationToken cancellationToken)
    {
        var scene = Begin([silo]);
        foreach (var wire in WiresOf(silo))
        {
            wire.Cut();
        }

        var longEnough = PauseAsync(8, 14, cancellationToken);
        var fault = await EndAsync(FaultKinds.Isolate, silo.Name, scene, scene.At, scene.Lives, options.Recovery, cancellationToken);
        await longEnough;
        foreach (var wire in WiresOf(silo))
        {
            wire.Mend();
        }

        await PauseAsync(4, 6, cancellationToken);
        return fault;
    }

    private IEnumerable<Wire> WiresOf(Silo silo)
    {
        var (to, back) = cluster.DatabaseWires(silo);
        return cluster.Silos.Where(other => other != silo)
            .SelectMany(other => new[] { cluster.WireOf(silo.Name, other.Name), cluster.WireOf(other.Name, silo.Name) })
            .Concat([to, back]);
    }
}
