using Orleans.Concurrency;

namespace Periplon.Client.Workers;

/// <summary>Face of one silo's worker. Key: the silo's address; the activation lives on that silo.</summary>
[Alias("Periplon.IWorkerGrain")]
public interface IWorkerGrain : IGrainWithStringKey
{
    /// <summary>Stops attempts that no longer matter, by their claim tokens.</summary>
    [Alias("Stop"), OneWay]
    Task StopAsync(IReadOnlyList<Guid> tokens);

    /// <summary>Which of these claims the worker still runs.</summary>
    [Alias("Holds"), AlwaysInterleave]
    Task<IReadOnlyList<Guid>> HoldsAsync(IReadOnlyList<Guid> tokens, CancellationToken cancellationToken);

    /// <summary>Stops taking work; what runs goes on.</summary>
    [Alias("Drain")]
    Task DrainAsync(CancellationToken cancellationToken);

    /// <summary>Statistics of the worker.</summary>
    [Alias("Stats"), AlwaysInterleave]
    Task<WorkerStats> StatsAsync(CancellationToken cancellationToken);
}

/// <summary>Statistics of a worker since its start.</summary>
/// <param name="Slots">How many attempts it may run at once.</param>
/// <param name="Running">How many it runs.</param>
/// <param name="Completed">How many ended well.</param>
/// <param name="Failed">How many failed.</param>
/// <param name="Draining">Whether it has stopped taking work.</param>
/// <param name="Tags">Its tags.</param>
[GenerateSerializer, Immutable, Alias("Periplon.WorkerStats")]
public sealed record WorkerStats(
    [property: Id(0)] int Slots, [property: Id(1)] int Running, [property: Id(2)] long Completed, [property: Id(3)] long Failed,
    [property: Id(4)] bool Draining, [property: Id(5)] IReadOnlyList<string> Tags)
{
    /// <summary>How often something that must never happen was noticed on the silo; 0 also from earlier versions.</summary>
    [Id(6)] public long BrokenInvariants { get; init; }
}
