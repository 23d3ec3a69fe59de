using Microsoft.AspNetCore.Http.HttpResults;
using Periplon.Api.Server;

namespace Periplon.Api.Queue;

/// <summary>The queue: what waits, for whom, how long.</summary>
internal static class QueueApi
{
    public static void MapQueue(this IEndpointRouteBuilder app) =>
        app.MapGroup("/api/v1/queue").WithTags("Queue").MapGet("/stats", GetStatistics).RequirePermission(Permissions.QueueRead);

    private static async Task<Ok<QueueStatsObject>> GetStatistics(
        CallerIdentity caller, StatisticsReader statistics, QueueFigures figures, CancellationToken cancellationToken)
    {
        var totals = (await statistics.GetAsync(cancellationToken)).Queue;
        var snapshot = await figures.GetAsync(cancellationToken);
        var partitions = snapshot.Partitions.ToList();
        var own = snapshot.Priorities(caller.Organization).ToList();
        return TypedResults.Ok(new QueueStatsObject(
            totals.Pending, totals.Processing, totals.Completed, totals.Failed, totals.OldestPendingAt,
            partitions.Sum(partition => partition.Queued), partitions.Sum(partition => partition.Backlog),
            new QueueOrganization(
                own.Sum(priority => priority.Pending), own.Sum(priority => priority.Queued), own.Min(priority => priority.OldestAt), own),
            partitions));
    }
}
