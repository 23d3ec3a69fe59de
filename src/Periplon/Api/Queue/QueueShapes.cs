using System.Text.Json.Serialization;
using Periplon.Api.Server;

namespace Periplon.Api.Queue;

/// <summary>The queue: the figures of the whole server, those of the caller's organization, and each partition's.</summary>
/// <param name="Pending">Tasks that wait for a worker.</param>
/// <param name="Processing">Executions under way.</param>
/// <param name="Completed">Executions that have completed.</param>
/// <param name="Failed">Executions that have failed or were timed out.</param>
/// <param name="OldestPendingAt">When the oldest waiting task became ready.</param>
/// <param name="Queued">Executions that wait to be started.</param>
/// <param name="Backlog">How many of those are only in the database.</param>
/// <param name="Organization">What waits of the caller's organization.</param>
/// <param name="Partitions">What waits in each partition.</param>
internal sealed record QueueStatsObject(
    long Pending, long Processing, long Completed, long Failed, DateTimeOffset? OldestPendingAt, long Queued, long Backlog,
    QueueOrganization Organization, IReadOnlyList<QueuePartition> Partitions);

/// <summary>What waits of an organization.</summary>
internal sealed record QueueOrganization(
    long Pending, long Queued, DateTimeOffset? OldestAt, IReadOnlyList<QueuePriority> Priorities);

/// <summary>What waits at a priority.</summary>
internal sealed record QueuePriority(int Priority, long Pending, long Queued, DateTimeOffset? OldestAt);

/// <summary>What waits in a partition.</summary>
internal sealed record QueuePartition(int Partition, long Pending, long Queued, long Backlog, DateTimeOffset? OldestAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(QueueStatsObject))]
internal sealed partial class QueueJson : JsonSerializerContext;
