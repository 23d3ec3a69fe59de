using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Triggers;

/// <summary>
/// Looks through ended executions for those that a trigger has not dealt with. The end of an execution has the time of its decision, and
/// its row appears with the commit, which a database outage may hold up: so each look begins well before the one before ended. What was
/// claimed is not looked at again, whether its start was answered or not: those that wait for an answer have a way of their own.
/// </summary>
internal sealed partial class CompletionScan(
    TriggerStore triggers, TriggerRunStore runs, IExecutionQueries executions, CompletionStarts starts, TimeProvider time,
    ILogger<CompletionScan> logger)
{
    private const int PageSize = 500;
    private const int Parallelism = 16;

    /// <summary>How far before the last look a thorough one begins.</summary>
    public static readonly TimeSpan LookBack = TimeSpan.FromMinutes(10);

    /// <summary>How far before now a quick look begins.</summary>
    public static readonly TimeSpan QuickLookBack = TimeSpan.FromSeconds(15);

    // A look that follows an outage does not catch up at once: what the outage held up may still be on its way to the database.
    private static readonly TimeSpan LongestAdvance = TimeSpan.FromMinutes(10);

    /// <summary>Looks through the newest ends; returns how many were dealt with.</summary>
    public async Task<int> QuickAsync(IReadOnlyList<TriggerRow> watching, CancellationToken cancellationToken) =>
        watching.Count == 0 ? 0 : (await ScanAsync(watching, time.GetUtcNow() - QuickLookBack, cancellationToken)).Count;

    /// <summary>Looks through all ends since the last thorough look, and before it; returns how many were dealt with.</summary>
    public async Task<int> ThoroughAsync(IReadOnlyList<TriggerRow> watching, CancellationToken cancellationToken)
    {
        if (watching.Count == 0)
        {
            return 0;
        }

        var now = time.GetUtcNow();
        var (count, failed) = await ScanAsync(watching, watching.Min(trigger => trigger.ScannedTo) - LookBack, cancellationToken);
        await triggers.AdvanceAsync(
            watching.Where(trigger => !failed.Contains(trigger.Id))
                .Select(trigger => (trigger.Id, Earlier(now, trigger.ScannedTo + LongestAdvance))),
            cancellationToken);
        return count;
    }

    private async Task<(int Count, ICollection<Guid> Failed)> ScanAsync(
        IReadOnlyList<TriggerRow> watching, DateTimeOffset from, CancellationToken cancellationToken)
    {
        var failed = new ConcurrentDictionary<Guid, bool>();
        var byWorkflow = watching.ToLookup(trigger => trigger.Definition.After!.WorkflowId);
        var workflows = byWorkflow.Select(group => group.Key).ToList();
        var count = 0;
        var after = (At: DateTimeOffset.UnixEpoch, Id: Guid.Empty);
        while (await triggers.ListEndedAsync(workflows, from, after, PageSize, cancellationToken) is { Count: > 0 } page)
        {
            var known = await runs.FindClaimedAsync([.. page.Select(ended => ended.Id)], cancellationToken);
            var open = page.SelectMany(ended => byWorkflow[ended.WorkflowId].Select(trigger => (Trigger: trigger, Ended: ended)))
                .Where(pair => CompletionStarts.Matches(pair.Trigger, pair.Ended) && !known.Contains((pair.Trigger.Id, pair.Ended.Id)));
            await Parallel.ForEachAsync(
                open, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
                async (pair, token) =>
                {
                    try
                    {
                        if (await executions.FindAsync(pair.Ended.Organization, pair.Ended.Id, token) is { } row
                            && await starts.HandleAsync(pair.Trigger, row, token))
                        {
                            Interlocked.Increment(ref count);
                        }
                    }
                    catch (Exception exception) when (!token.IsCancellationRequested)
                    {
                        failed[pair.Trigger.Id] = true;
                        LogFailed(exception, pair.Trigger.Id, pair.Ended.Id.ToString("D"));
                    }
                });
            after = (page[^1].CompletedAt, page[^1].Id);
        }

        return (count, failed.Keys);
    }

    private static DateTimeOffset Earlier(DateTimeOffset left, DateTimeOffset right) => left < right ? left : right;

    [LoggerMessage(LogLevel.Warning, "Trigger {TriggerId} could not deal with '{Source}'; it is tried again")]
    private partial void LogFailed(Exception exception, Guid triggerId, string source);
}
