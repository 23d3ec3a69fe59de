using Microsoft.Extensions.Logging;
using Periplon.Client.Executions;
using Periplon.Client.Queue;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Membership;

namespace Periplon.Engine.Workers;

/// <summary>
/// Runs the attempts whose leases this silo's worker holds, outside of all grains, and reports how they ended. A report is repeated with
/// the lease's token until it is answered.
/// </summary>
internal sealed partial class ClaimedAttempts(
    IGrainFactory grains, LeaseRegistry leases, SiloFence fence, WorkerSlots slots, IAttemptRunner attempts, TimeProvider time,
    ILogger<ClaimedAttempts> logger) : IDisposable
{
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(1);

    // A report that cannot be delivered for so long is told of, and tried less often.
    private static readonly TimeSpan LateAfter = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LateReportDelay = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _abandon = new();
    private readonly CancellationTokenSource _end = new();
    private volatile bool _isEnded;

    /// <summary>Fires when attempts are to stop and to be handed back.</summary>
    public CancellationToken Abandoned => _abandon.Token;

    /// <summary>Whether attempts are to stop and to be handed back.</summary>
    public bool IsAbandoned => _abandon.IsCancellationRequested || _isEnded;

    /// <summary>Registers a claim before it is made; the source fires when the attempt is to stop.</summary>
    public CancellationTokenSource Register(Guid token) => leases.Add(token, _abandon.Token);

    /// <summary>Forgets a claim that was not made after all.</summary>
    public void Forget(Guid token) => leases.Remove(token);

    /// <summary>Stops the attempts, to be handed back.</summary>
    public Task AbandonAsync() => _abandon.CancelAsync();

    /// <summary>Repeats no report any more.</summary>
    public Task EndAsync()
    {
        _isEnded = true;
        return _end.CancelAsync();
    }

    public void Dispose()
    {
        _abandon.Dispose();
        _end.Dispose();
    }

    /// <summary>Begins an attempt whose start was recorded without a claim.</summary>
    public void Begin(
        ExecutionState state, TaskInstance task, Guid token, CancellationTokenSource stop, WorkerSlot slot, ILocalReports here) => Task.Run(async () =>
    {
        try
        {
            await RunAsync(TaskOffers.Of(state.Created.ExecutionId, state, task), TaskLeases.Of(state, task), token, stop, slot, here);
        }
        catch (Exception e)
        {
            LogAttemptLost(e, state.Created.ExecutionId, task.Path, state.Task(task).Attempt);
            leases.Remove(token);
            slot.Release();
        }
    });

    /// <summary>Runs an attempt and reports its end; then its lease is forgotten and its slot free. Throws nothing.</summary>
    /// <param name="offer">What the attempt is of.</param>
    /// <param name="lease">What the attempt needs.</param>
    /// <param name="token">The lease's token.</param>
    /// <param name="stop">Fires when the attempt is to stop.</param>
    /// <param name="slot">The slot that it takes.</param>
    /// <param name="here">The execution, when it lives on this silo; null: it is called.</param>
    public async Task RunAsync(
        TaskOffer offer, TaskLease lease, Guid token, CancellationTokenSource stop, WorkerSlot slot, ILocalReports? here = null)
    {
        try
        {
            var outcome = await MayStartAsync(offer, slot, stop.Token) ? await attempts.RunAsync(offer, lease, stop.Token) : TaskOutcome.Returned();
            if (outcome.Kind is TaskOutcomeKind.Cancelled && (_abandon.IsCancellationRequested || leases.IsHandedBack(token)))
            {
                outcome = TaskOutcome.Returned();
            }

            leases.OnEnded(outcome);

            // Whatever keeps the report from its execution keeps starts from theirs too, so what waits to be reported stays bounded.
            slot.Release();
            if (!await fence.PassAsync(_end.Token))
            {
                fence.OnReportWithheld();
                LogWithheld(offer.ExecutionId, offer.Task, offer.Attempt);
                return;
            }

            if (here is not null && await IsReportedAsync(here, offer, token, outcome))
            {
                return;
            }

            var report = new TaskReport
            {
                Task = offer.Task,
                Attempt = offer.Attempt,
                Token = token,
                Outcome = TaskOutcomes.Encode(outcome),
            };
            await ReportAsync(grains.GetExecution(offer.ExecutionId), report, offer);
        }
        catch (OperationCanceledException)
        {
            // The worker has ended: the lease goes with it.
        }
        catch (Exception e)
        {
            LogAttemptLost(e, offer.ExecutionId, offer.Task, offer.Attempt);
        }
        finally
        {
            leases.Remove(token);
            slot.Release();
        }
    }

    // One that is to stop meanwhile starts all the same: it stops by itself, and then says how it ended.
    private async Task<bool> MayStartAsync(TaskOffer offer, WorkerSlot slot, CancellationToken stop)
    {
        try
        {
            if (offer.IsProcess)
            {
                await slots.WaitForProcessAsync(slot, stop);
            }

            return await fence.PassAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private async Task<bool> IsReportedAsync(ILocalReports here, TaskOffer offer, Guid token, TaskOutcome outcome)
    {
        try
        {
            return await here.TryReportAsync(offer.Task, offer.Attempt, token, outcome);
        }
        catch (Exception e) when (!_isEnded)
        {
            LogRepeated(e, offer.ExecutionId, offer.Task);
            return false;
        }
    }

    // Only an answer ends the repetition: the lease stays with this worker, and the work is not done again elsewhere.
    private async Task ReportAsync(IExecutionGrain execution, TaskReport report, TaskOffer offer)
    {
        var began = time.GetTimestamp();
        var delay = FirstRetryDelay;
        var isLate = false;
        while (true)
        {
            try
            {
                await execution.ReportAsync(report, CancellationToken.None);
                return;
            }
            catch (Exception e) when (!_isEnded)
            {
                LogRepeated(e, offer.ExecutionId, offer.Task);
                if (!isLate && time.GetElapsedTime(began) >= LateAfter)
                {
                    isLate = true;
                    LogReportLate(offer.ExecutionId, offer.Task, offer.Attempt);
                }

                await Task.Delay(isLate ? LateReportDelay : delay, time, _end.Token);
                delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay;
            }
        }
    }

    [LoggerMessage(LogLevel.Debug, "A call to execution {ExecutionId} about task '{Task}' failed and is repeated")]
    private partial void LogRepeated(Exception exception, Guid executionId, string task);

    [LoggerMessage(
        LogLevel.Warning,
        "Execution {ExecutionId}: the end of attempt {Attempt} of task '{Task}' could not be reported for minutes; it is tried on")]
    private partial void LogReportLate(Guid executionId, string task, int attempt);

    [LoggerMessage(
        LogLevel.Error,
        "Execution {ExecutionId}: attempt {Attempt} of task '{Task}' was lost by a defect; it goes out again when its lease is missed")]
    private partial void LogAttemptLost(Exception exception, Guid executionId, string task, int attempt);

    [LoggerMessage(
        LogLevel.Warning,
        "Execution {ExecutionId}: the end of attempt {Attempt} of task '{Task}' is not reported, because this silo was declared dead")]
    private partial void LogWithheld(Guid executionId, string task, int attempt);
}
