using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Periplon.Engine.Membership;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Bulk;

/// <summary>
/// Works through a claimed operation page by page, newest execution first. Place and counts are written together after each page, so
/// whoever takes over after a crash does at most one page again, which changes nothing: those executions then count as unchanged.
/// </summary>
internal sealed partial class BulkRunner(
    BulkStore store, IExecutionQueries executions, BulkAction act, TimeProvider time, ILogger<BulkRunner> logger)
{
    public const int PageSize = 100;

    private const int Parallelism = 16;

    // With these pauses what does not answer is asked again for two minutes: longer than any fail-over.
    private const int MaxTries = 12;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(15);

    /// <summary>How long an operation stays its owner's without a word; a call that is not answered takes half of it.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    /// <summary>How long an operation is worked on at a time; then others have their turn.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Works until the operation ends, its turn is over, or it is another's; returns it as it is then, or null in the last case.
    /// </summary>
    public async Task<BulkOperation?> RunAsync(BulkOperation operation, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var beat = BeatAsync(operation, stop);
        try
        {
            return await WorkAsync(operation, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            await stop.CancelAsync();
            await beat;
        }
    }

    // Beside the work: a page whose executions do not answer takes longer than the lease.
    private async Task BeatAsync(BulkOperation operation, CancellationTokenSource stop)
    {
        using var timer = new PeriodicTimer(Beat, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
            {
                try
                {
                    if (!await store.RenewAsync(operation, time.GetUtcNow() + Lease, stop.Token))
                    {
                        await stop.CancelAsync();
                    }
                }
                catch (Exception exception) when (!stop.IsCancellationRequested)
                {
                    LogNotRenewed(exception, operation.Id);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private async Task<BulkOperation?> WorkAsync(BulkOperation operation, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            if (operation.CancelRequested)
            {
                return await EndAsync(operation, BulkStatus.Cancelled, cancellationToken);
            }

            var page = await executions.ListAsync(operation.Filter, operation.Cursor, 0, PageSize, cancellationToken);
            if (page.Count == 0)
            {
                return await EndAsync(operation, BulkStatus.Completed, cancellationToken);
            }

            var results = await ActAsync(operation, page, cancellationToken);
            var now = time.GetUtcNow();
            var next = operation.With(results, new ExecutionCursor(page[^1].CreatedAt, page[^1].Id)) with
            {
                UpdatedAt = now, LeaseUntil = now + Lease,
            };
            if (await store.SaveAsync(next, cancellationToken) is not { } saved)
            {
                return null;
            }

            operation = saved;
            if (time.GetElapsedTime(since) >= Turn && !operation.CancelRequested)
            {
                return operation;
            }
        }
    }

    private Task<BulkOperation?> EndAsync(BulkOperation operation, BulkStatus status, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return store.SaveAsync(
            operation with { Status = status, UpdatedAt = now, CompletedAt = now, LeaseUntil = null }, cancellationToken);
    }

    private async Task<IReadOnlyCollection<(Guid Id, BulkOutcome Outcome)>> ActAsync(
        BulkOperation operation, IReadOnlyList<ExecutionRow> page, CancellationToken cancellationToken)
    {
        var results = new ConcurrentDictionary<Guid, BulkOutcome>();
        var left = page;
        for (var tries = 1; left.Count > 0; tries++)
        {
            if (tries > 1)
            {
                var pause = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, tries - 2), LongestPause.TotalSeconds));
                await Task.Delay(pause, time, cancellationToken);
            }

            var isLast = tries == MaxTries;
            await Parallel.ForEachAsync(
                left, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
                async (row, token) =>
                {
                    if (await TryAsync(operation, row, isLast, token) is { } outcome)
                    {
                        results[row.Id] = outcome;
                    }
                });
            left = [.. left.Where(row => !results.ContainsKey(row.Id))];
        }

        return [.. results.Select(result => (result.Key, result.Value))];
    }

    // Null when it is to be tried again.
    private async Task<BulkOutcome?> TryAsync(
        BulkOperation operation, ExecutionRow row, bool isLast, CancellationToken cancellationToken)
    {
        try
        {
            return await act(operation, row, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (IsUnanswered(exception) && !isLast)
            {
                return null;
            }

            LogFailed(exception, operation.Action, row.Id);
            return BulkOutcome.Failed(exception.Message);
        }
    }

    private static bool IsUnanswered(Exception exception) =>
        Unanswered.Is(exception) || StorageErrors.IsTransient(exception);

    [LoggerMessage(LogLevel.Warning, "The lease of bulk operation {Id} could not be renewed; it is tried again")]
    private partial void LogNotRenewed(Exception exception, Guid id);

    [LoggerMessage(LogLevel.Warning, "Bulk {Action} failed on execution {ExecutionId}")]
    private partial void LogFailed(Exception exception, string action, Guid executionId);
}
