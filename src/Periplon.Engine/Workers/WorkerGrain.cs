using Periplon.Client.Workers;

namespace Periplon.Engine.Workers;

/// <summary>Face of the worker of the silo that it lives on.</summary>
[GrainType("worker"), OwnSiloPlacement]
internal sealed class WorkerGrain(LeaseRegistry leases, ILocalSiloDetails local) : Grain, IWorkerGrain
{
    // An activation elsewhere means that the worker's silo is gone: it must not answer for this silo's worker.
    private bool IsOwn => this.GetPrimaryKeyString() == local.SiloAddress.ToParsableString();

    public Task StopAsync(IReadOnlyList<Guid> tokens)
    {
        if (IsOwn)
        {
            leases.Stop(tokens);
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<Guid>> HoldsAsync(IReadOnlyList<Guid> tokens, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Guid>>(IsOwn ? [.. tokens.Where(leases.Holds)] : []);

    public Task DrainAsync(CancellationToken cancellationToken)
    {
        if (IsOwn)
        {
            leases.Drain();
        }

        return Task.CompletedTask;
    }

    public Task<WorkerStats> StatsAsync(CancellationToken cancellationToken) => Task.FromResult(leases.Stats());
}
