using Periplon.Client.Workers;
using Periplon.Engine.Invariants;

namespace Periplon.Engine.Workers;

/// <summary>Face of the worker of the silo that it lives on.</summary>
[GrainType("worker"), OwnSiloPlacement]
internal sealed class WorkerGrain(LeaseRegistry leases, InvariantMonitor invariants, ILocalSiloDetails local) : Grain, IWorkerGrain
{
    public Task StopAsync(IReadOnlyList<Guid> tokens)
    {
        Own().Stop(tokens);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<Guid>> HoldsAsync(IReadOnlyList<Guid> tokens, CancellationToken cancellationToken)
    {
        var own = Own();
        return Task.FromResult<IReadOnlyList<Guid>>([.. tokens.Where(own.Holds)]);
    }

    public Task DrainAsync(CancellationToken cancellationToken)
    {
        Own().Drain();
        return Task.CompletedTask;
    }

    public Task<WorkerStats> StatsAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Own().Stats() with { BrokenInvariants = invariants.Total });

    // An activation elsewhere means that the worker's silo is gone, or was not known yet to the silo that placed it. It must not answer for
    // this silo's worker, and no answer takes no attempt away; the next call finds the right place.
    private LeaseRegistry Own()
    {
        if (this.GetPrimaryKeyString() == local.SiloAddress.ToParsableString())
        {
            return leases;
        }

        DeactivateOnIdle();
        throw new OrleansException($"Worker {this.GetPrimaryKeyString()} cannot be reached: its grain was placed on {local.SiloAddress}");
    }
}
