using Microsoft.Extensions.Logging;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Triggers;

/// <summary>
/// Goes on with runs that were claimed by somebody who did not finish, or whose start nobody answered: several triggers at once, a few runs
/// of each, so that a workflow that does not answer keeps only its own waiting.
/// </summary>
internal sealed partial class PendingRuns(
    TriggerStore triggers, TriggerRunStore runs, IExecutionQueries executions, CompletionStarts starts, TriggerPauses pauses,
    TimeProvider time, ILogger<PendingRuns> logger)
{
    private const int TriggersAtOnce = 100;
    private const int Parallelism = 16;
    private const int MostOfTrigger = 32;

    private static readonly PendingPatience Patience =
        new(Claimed: TimeSpan.FromSeconds(5), Longest: TimeSpan.FromMinutes(10), Delivery: TimeSpan.FromMinutes(10));

    // What still cannot be dealt with after this is not tried for ever.
    private static readonly TimeSpan LongestTry = TimeSpan.FromDays(1);

    /// <summary>Goes once through the triggers that have such runs; returns how many runs were dealt with.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var count = 0;
        for (var after = Guid.Empty; ;)
        {
            var page = await runs.ListPendingTriggersAsync(after, TriggersAtOnce, cancellationToken);
            await Parallel.ForEachAsync(
                page.Where(trigger => !pauses.Holds(trigger, time.GetUtcNow())),
                new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
                async (trigger, token) => Interlocked.Add(ref count, await ResumeAllAsync(trigger, token)));
            if (page.Count < TriggersAtOnce)
            {
                return count;
            }

            after = page[^1];
        }
    }

    private async Task<int> ResumeAllAsync(Guid trigger, CancellationToken cancellationToken)
    {
        var count = 0;
        var now = time.GetUtcNow();
        foreach (var run in await runs.ListPendingAsync(trigger, Patience, now, MostOfTrigger, cancellationToken))
        {
            try
            {
                await ResumeAsync(run, cancellationToken);
                count++;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(exception, run.TriggerId, run.Source);
                await PutOffAsync(run, exception, cancellationToken);

                // The next one would most likely wait for the same; the trigger has its turn again soon.
                break;
            }
        }

        return count;
    }

    private async Task ResumeAsync(TriggerRun run, CancellationToken cancellationToken)
    {
        if (run.SourceExecutionId is null)
        {
            await GiveUpAsync(run, cancellationToken);
        }
        else if (await triggers.FindAsync(run.Organization, run.TriggerId, cancellationToken) is not { } trigger)
        {
            await RefuseAsync(run, "The trigger was deleted", cancellationToken);
        }
        else if (trigger.IsPaused)
        {
            await runs.TouchAsync(run, time.GetUtcNow(), cancellationToken);
        }
        else if (!await starts.ResumeAsync(trigger, run, cancellationToken))
        {
            await RefuseAsync(run, "The execution that ended was deleted meanwhile", cancellationToken);
        }
    }

    private async Task PutOffAsync(TriggerRun run, Exception exception, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (run.CreatedAt < now - LongestTry)
        {
            await RefuseAsync(run, exception.Message, cancellationToken);
        }
        else
        {
            await runs.TouchAsync(run, now, cancellationToken);
        }
    }

    // Its body was not kept.
    private Task GiveUpAsync(TriggerRun run, CancellationToken cancellationToken) => RefuseAsync(
        run, "The server stopped before the delivery was dealt with, and the sender was not answered", cancellationToken);

    // Whether it was started by a call that nobody answered, the execution itself says.
    private async Task RefuseAsync(TriggerRun run, string reason, CancellationToken cancellationToken)
    {
        var isStarted = run.ExecutionId is { } id && await executions.FindAsync(run.Organization, id, cancellationToken) is not null;
        await runs.SettleAsync(
            run, isStarted ? TriggerRunStatus.Started : TriggerRunStatus.Refused, isStarted ? null : reason, time.GetUtcNow(),
            cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Trigger {TriggerId} could not deal with '{Source}'; it is tried again")]
    private partial void LogFailed(Exception exception, Guid triggerId, string source);
}
