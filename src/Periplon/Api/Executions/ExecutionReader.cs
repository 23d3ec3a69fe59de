using Periplon.Api.Requests;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Api.Executions;

/// <summary>
/// Finds executions for a caller. The row is always read first: it tells whether the execution exists and is the caller's, so that a
/// guessed id never activates a grain.
/// </summary>
internal sealed class ExecutionReader(
    IExecutionQueries queries, IGrainFactory grains, GrainCalls calls, IHostApplicationLifetime lifetime, TimeProvider time)
{
    // Short: an execution that has to move, because a silo has died, goes only when nobody waits in it any more.
    private static readonly TimeSpan _slice = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    public async Task<ExecutionRow> GetRowAsync(string text, CallerIdentity caller, CancellationToken cancellationToken) =>
        await queries.FindAsync(caller.Organization, RouteIds.Parse(text, "execution"), cancellationToken)
            ?? throw new ApiProblemException(ApiProblem.NotFound("execution", text));

    public IExecutionGrain Grain(Guid id) => grains.GetExecution(id);

    /// <summary>The execution as it stands; with <paramref name="wait"/>, as it stands at its end or when the time is up.</summary>
    public async Task<ExecutionObject> ShowAsync(ExecutionRow row, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (row.Status.IsTerminal())
        {
            return ExecutionObject.From(row);
        }

        var view = wait > TimeSpan.Zero
            ? await WaitForEndAsync(row.Id, wait, cancellationToken)
            : await DescribeAsync(row.Id, cancellationToken);
        return view is null ? ExecutionObject.From(row) : ExecutionObject.From(row, view);
    }

    public async Task<ExecutionView?> DescribeAsync(Guid id, CancellationToken cancellationToken)
    {
        var grain = Grain(id);
        var (view, _) = await calls.RetryAsync(() => grain.DescribeAsync(cancellationToken), id.ToString("D"), cancellationToken);
        return view;
    }

    /// <summary>A page of its tasks.</summary>
    public async Task<TaskPage?> ListTasksAsync(Guid id, TaskSlice slice, CancellationToken cancellationToken)
    {
        var grain = Grain(id);
        var (page, _) = await calls.RetryAsync(() => grain.ListTasksAsync(slice, cancellationToken), id.ToString("D"), cancellationToken);
        return page;
    }

    /// <summary>Waits for the end in slices, each a short grain call, so that a silo's death costs one slice at most.</summary>
    /// <param name="id">The execution.</param>
    /// <param name="wait">How long at most.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="watch">The caller's watch of the execution, when it has one: an execution of this silo needs no call then.</param>
    public async Task<ExecutionView?> WaitForEndAsync(Guid id, TimeSpan wait, CancellationToken cancellationToken, EndWatch? watch = null)
    {
        var grain = Grain(id);
        var since = time.GetTimestamp();

        // A server that stops answers those who wait at once: open requests would eat the time that running attempts have to end.
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        if (watch is { IsHere: true })
        {
            // For one slice: an execution that another silo has taken over says nothing here.
            await ((Task)watch.End).WaitAsync(wait < _slice ? wait : _slice, time, waiting.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            if (watch.End is { IsCompletedSuccessfully: true, Result: { } view })
            {
                return view;
            }
        }

        while (true)
        {
            var left = wait - time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero || waiting.IsCancellationRequested)
            {
                return await DescribeAsync(id, cancellationToken);
            }

            var slice = left < _slice ? left : _slice;
            var sliceSince = time.GetTimestamp();
            try
            {
                var (now, _) = await calls.RetryAsync(
                    () => grain.WaitForEndAsync(slice, waiting.Token), slice, id.ToString("D"), waiting.Token);
                if (now is null or { IsTerminal: true })
                {
                    return now;
                }

                // A grain that is being moved may answer at once.
                if (time.GetElapsedTime(sliceSince) < _pause)
                {
                    await Task.Delay(_pause, time, waiting.Token);
                }
            }
            catch (OperationCanceledException) when (waiting.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                // The next round answers with what is known.
            }
        }
    }
}
