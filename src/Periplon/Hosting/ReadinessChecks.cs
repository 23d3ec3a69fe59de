using Periplon.Api.Server;
using Periplon.Client.Queue;
using Periplon.Engine.Queue;
using Periplon.Engine.Storage;

namespace Periplon.Hosting;

/// <summary>Whether the database answers.</summary>
internal sealed class StorageCheck(Database database) : IReadinessCheck
{
    public string Name => "storage";

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (await DatabaseConnections.ProbeAsync(database, cancellationToken) is { } problem)
        {
            throw new InvalidOperationException($"The database cannot be reached: {problem}");
        }
    }
}

/// <summary>Whether a partition of the queue answers.</summary>
internal sealed class QueueCheck(IGrainFactory grains) : IReadinessCheck
{
    public string Name => "queue";

    public Task CheckAsync(CancellationToken cancellationToken) =>
        grains.GetGrain<IQueueGrain>(QueuePartitions.KeyOf(0)).StatsAsync(cancellationToken);
}
