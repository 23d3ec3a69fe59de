using System.Data.Common;
using Orleans.Runtime;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;

namespace Periplon.Engine.Workflows;

// What a new revision means for executions under way, and their move to it.
internal sealed partial class WorkflowGrain
{
    /// <summary>Most executions that one call moves; the caller repeats it for the rest.</summary>
    internal const int MaxMoves = 200;

    private const int MovesAtOnce = 8;

    // Both together are below the time-out of the call itself.
    private static readonly TimeSpan MoveTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MovePatience = TimeSpan.FromSeconds(4);

    public async Task<ImpactReport> AssessImpactAsync(ImpactRequest request, CancellationToken cancellationToken)
    {
        if (Find(request.Organization) is not { IsDeleted: false } row)
        {
            return new ImpactReport { Status = RevisionStatus.WorkflowNotFound };
        }

        if (request.Definition is { } text)
        {
            var bundle = await Task.Run(() => resolver.ResolveAsync(text, cancellationToken), cancellationToken);
            return bundle.IsValid
                ? await Task.Run(
                    () => impact.AssessAsync(
                        row, 0, request.Sample, (state, history) => MigrationChecks.Check(state, history, bundle, row.Revision + 1),
                        cancellationToken),
                    cancellationToken)
                : new ImpactReport { Status = RevisionStatus.Invalid, Problems = [.. bundle.Diagnostics.Select(WorkflowProblems.Of)] };
        }

        var revision = request.Revision == 0 ? row.Revision : request.Revision;
        return await catalog.FindAsync(_id, revision, cancellationToken) is { } entry
            ? await Task.Run(
                () => impact.AssessAsync(
                    row, revision, request.Sample, (state, history) => MigrationChecks.Check(state, history, entry), cancellationToken),
                cancellationToken)
            : new ImpactReport { Status = RevisionStatus.NoRevision, Revision = row.Revision };
    }

    public async Task<MigrationReport> MigrateExecutionsAsync(MigrateExecutions request, CancellationToken cancellationToken)
    {
        if (Find(request.Organization) is not { IsDeleted: false } row)
        {
            return new MigrationReport { Status = RevisionStatus.WorkflowNotFound };
        }

        var revision = request.Revision == 0 ? row.Revision : request.Revision;
        if (await catalog.FindAsync(_id, revision, cancellationToken) is null)
        {
            return new MigrationReport { Status = RevisionStatus.NoRevision, Revision = row.Revision };
        }

        var ids = await impact.ListAsync(row, revision, request, MaxMoves + 1, cancellationToken);
        var since = time.GetTimestamp();
        var migrated = new List<Guid>();
        var unchanged = 0;
        var obstacles = new ObstacleList();
        Guid? last = null;
        foreach (var batch in ids.Take(MaxMoves).Chunk(MovesAtOnce).TakeWhile(_ => time.GetElapsedTime(since) < MoveTime))
        {
            var results = await Task.WhenAll(batch.Select(id => MoveAsync(id, revision, request, cancellationToken)));
            foreach (var (id, result) in batch.Zip(results))
            {
                unchanged += result.Status is MigrateStatus.Unchanged ? 1 : 0;
                if (result.Status is MigrateStatus.Migrated)
                {
                    migrated.Add(id);
                }
                else if (result.Status is not MigrateStatus.Unchanged)
                {
                    obstacles.Add(
                        id, result.Reason ?? "not_found", result.Message ?? "There is no such execution of this workflow", result.Task);
                }
            }

            last = batch[^1];
        }

        return new MigrationReport
        {
            Status = RevisionStatus.Done, Revision = revision, Migrated = migrated, Unchanged = unchanged, Obstacles = obstacles.Items,
            NextAfter = ids.Count > 0 && last != ids[^1] ? last ?? request.After ?? Guid.Empty : null,
        };
    }

    private async Task<MigrateResult> MoveAsync(
        Guid id, int revision, MigrateExecutions request, CancellationToken cancellationToken)
    {
        try
        {
            // Ids that the caller names may be anybody's.
            if (request.Executions is not null && !await impact.IsOfAsync(request.Organization, _id, id, cancellationToken))
            {
                return new MigrateResult(MigrateStatus.NotFound);
            }

            var move = new MigrateExecution
            {
                Organization = request.Organization, Revision = revision, DryRun = request.DryRun, By = request.By,
            };
            return await Execution(id).MigrateAsync(move, cancellationToken).WaitAsync(MovePatience, time, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // One that cannot be moved must not hold up the others.
            return exception is TimeoutException or OrleansException or DbException
                ? new MigrateResult(
                    MigrateStatus.Refused, ObstacleList.Busy, "The execution did not answer, so it may have moved or not; ask again")
                : new MigrateResult(MigrateStatus.Refused, ObstacleList.NotReadable, ObstacleList.NotReadableMessage(exception));
        }
    }
}
