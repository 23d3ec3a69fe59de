using Microsoft.Extensions.Logging;
using Periplon.Client.Executions;
using Periplon.Core.Executions;

namespace Periplon.Engine.Workers;

/// <summary>
/// Hands back claims that were given up and may be granted all the same, because their answer was late or lost. Nobody works on them. Until
/// the execution has heard of it the claim counts as held, so that no look takes the worker for lost.
/// </summary>
internal sealed partial class ClaimReturns(LeaseRegistry leases, TimeProvider time, ILogger<ClaimReturns> logger)
{
    // An execution that can never be loaded never answers. What was granted by one that answers later still is found by its next look.
    private static readonly TimeSpan LongestTry = TimeSpan.FromHours(1);
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(5);

    /// <summary>Hands a claim back beside everything else. Throws nothing.</summary>
    /// <param name="execution">The execution that was asked.</param>
    /// <param name="claim">The claim.</param>
    /// <param name="asking">The last call that carried it; null when its answer is of no use.</param>
    /// <returns>Completes when the execution has heard of it, or it is not tried any more.</returns>
    public Task BeginAsync(IExecutionGrain execution, TaskClaim claim, Task<TaskLease?> asking)
    {
        leases.Keep(claim.Token);
        return ReturnAsync(execution, claim, asking);
    }

    private async Task ReturnAsync(IExecutionGrain execution, TaskClaim claim, Task<TaskLease?> asking)
    {
        try
        {
            if (await IsRefusedAsync(asking))
            {
                return;
            }

            var report = new TaskReport
            {
                Task = claim.Task, Attempt = claim.Attempt, Token = claim.Token, Outcome = TaskOutcomes.Encode(TaskOutcome.Returned()),
            };
            var began = time.GetTimestamp();
            var delay = FirstRetryDelay;
            while (true)
            {
                // A worker that leaves tries once more.
                var isLast = leases.Draining.IsCancellationRequested || time.GetElapsedTime(began) >= LongestTry;
                if (await IsReportedAsync(execution, report) || isLast)
                {
                    return;
                }

                await Task.Delay(delay, time, leases.Draining).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay;
            }
        }
        finally
        {
            leases.Drop(claim.Token);
        }
    }

    // A call that failed may have been carried out.
    private static async Task<bool> IsRefusedAsync(Task<TaskLease?> asking)
    {
        try
        {
            return await asking is null;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private async Task<bool> IsReportedAsync(IExecutionGrain execution, TaskReport report)
    {
        try
        {
            await execution.ReportAsync(report, CancellationToken.None);
            return true;
        }
        catch (Exception e)
        {
            LogRepeated(e, report.Task, report.Attempt);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Debug, "The return of attempt {Attempt} of task '{Task}' failed and is repeated")]
    private partial void LogRepeated(Exception exception, string task, int attempt);
}
