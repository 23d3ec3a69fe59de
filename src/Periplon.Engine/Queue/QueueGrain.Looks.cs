using Microsoft.Extensions.Logging;
using Periplon.Client.Executions;
using Periplon.Engine.Executions;

namespace Periplon.Engine.Queue;

// Looks at executions whose time has come, and at all that may have lost something when a silo died.
internal sealed partial class QueueGrain
{
    private const int PageSize = 500;
    private const int LookParallelism = 64;
    private const int MostStartPages = 4;

    // Clocks of silos differ a little.
    private static readonly TimeSpan ClockMargin = TimeSpan.FromSeconds(5);

    // Executions that could not be looked at, and those that were looked at before their time, so that their own timers are exact.
    private readonly Dictionary<Guid, DateTimeOffset> _restUntil = [];
    private readonly FailedLooks _failedLooks = new();
    private DateTimeOffset _suspectAt;
    private DueLook? _lastStart;
    private bool _sweepFailed;
    private bool _recovering;
    private bool _recoverAgain;
    private IGrainTimer? _recovery;
    private IGrainTimer? _again;

    private TimeSpan LookAhead => _options.SweepInterval * 2 < ClockMargin ? ClockMargin : _options.SweepInterval * 2;

    public Task RecoverAsync(CancellationToken cancellationToken)
    {
        // Whatever the silo that is gone had taken goes out again; the claims of others are under way, and their duplicates are refused.
        _queue.ReturnAll();
        WakeWaiters();
        LookAtAll();
        return Task.CompletedTask;
    }

    private void LookAtAll()
    {
        // A round that is under way is followed by another.
        _recoverAgain = true;
        _recovery!.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        foreach (var (id, _) in _restUntil.Where(rest => rest.Value <= now).ToList())
        {
            _restUntil.Remove(id);
        }

        try
        {
            // A partition that has just got fewer is asked by itself.
            var pulse = await _pulse.ReadAsync(cancellationToken);
            var isKnown = _partition < pulse.WakeAt.Length;
            if (!isKnown || pulse.WakeAt[_partition] <= now + LookAhead)
            {
                await LookUntilAsync(now + LookAhead, cancellationToken);
            }

            if (!isKnown || _lastStart is not null || pulse.StartAt[_partition] <= now)
            {
                await LookAtStartsAsync(now, cancellationToken);
            }

            if (now >= _suspectAt && (!isKnown || pulse.HasQueued[_partition]))
            {
                await SuspectAllAsync(cancellationToken);
            }

            if (_sweepFailed)
            {
                // Claims have failed as the sweep has, and nothing keeps them from now on. So has what was to be told: whoever waits for it
                // is looked at now.
                _sweepFailed = false;
                _queue.ReturnRepeated();
                WakeWaiters();
                LookAtAll();
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _sweepFailed = true;
            LogSweepFailed(e, _partition);
        }
    }

    private async Task RecoverLoopAsync(CancellationToken cancellationToken)
    {
        _recoverAgain = true;
        if (_recovering)
        {
            return;
        }

        _recovering = true;
        try
        {
            while (_recoverAgain)
            {
                _recoverAgain = false;
                _restUntil.Clear();
                _failedLooks.Clear();

                // Whoever waits for a message or a worker is looked at within the interval anyway; the others need nobody.
                await LookUntilAsync(_time.GetUtcNow() + ExecutionRows.PatientInterval + ClockMargin, cancellationToken);
                await SuspectAllAsync(cancellationToken);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogRecoveryFailed(e, _partition);
            _recovery!.Change(_options.SweepInterval, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            _recovering = false;
        }
    }

    // Page by page to the end: those that cannot be looked at stay where they are and must not hide what is behind them.
    private async Task LookUntilAsync(DateTimeOffset until, CancellationToken cancellationToken)
    {
        DueLook? after = null;
        IReadOnlyList<DueLook> page;
        do
        {
            page = await _store.ListDueAsync(_partition, until, after, PageSize, cancellationToken);
            foreach (var batch in page.Where(due => !_restUntil.ContainsKey(due.Id)).Chunk(LookParallelism))
            {
                await LookAtAsync(batch, isStart: false, cancellationToken);
            }

            after = page.Count > 0 ? page[^1] : null;
        }
        while (page.Count == PageSize);
    }

    // Not ahead of their time: what is called up only to be refused again keeps no timer. However many are due together, those that have
    // started are looked at in between.
    private async Task LookAtStartsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        for (var i = 0; i < MostStartPages; i++)
        {
            var page = await _store.ListDueStartsAsync(_partition, now, _lastStart, PageSize, cancellationToken);
            _lastStart = page.Count == PageSize ? page[^1] : null;
            foreach (var batch in page.Where(due => !_restUntil.ContainsKey(due.Id)).Chunk(LookParallelism))
            {
                await LookAtAsync(batch, isStart: true, cancellationToken);
            }

            if (_lastStart is null)
            {
                return;
            }
        }
    }

    private async Task LookAtAsync(DueLook[] batch, bool isStart, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(batch.Select(due => LookAsync(due.Id, cancellationToken)));
        var now = _time.GetUtcNow();
        var next = new List<DueLook>(batch.Length);
        foreach (var (due, (isAnswered, answer)) in batch.Zip(answers))
        {
            if (!isAnswered)
            {
                Rest(due.Id, _failedLooks.Add(due.Id, now));
                continue;
            }

            _failedLooks.Remove(due.Id);
            if (answer is not { } at)
            {
                // It has ended, or is not there, and its row goes out of the index with that.
                Rest(due.Id, now + ExecutionRows.SafetyInterval);
            }
            else if (due.At > now)
            {
                // Looked at so shortly before its time, it has a timer of its own by now. One that was looked at earlier may be gone by
                // then.
                if (due.At <= now + LookAhead)
                {
                    Rest(due.Id, due.At);
                }
            }
            else
            {
                // One that waits to be started and has no time of its own is not to be woken at all.
                next.Add(new DueLook(at > now || isStart ? at : now + _options.SweepInterval, due.Id));
            }
        }

        PlanAgain();
        await _store.MoveLooksAsync(next, cancellationToken);
    }

    private void PlanAgain()
    {
        if (_failedLooks.NextAt is { } at)
        {
            var now = _time.GetUtcNow();
            _again!.Change(at > now ? at - now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    // After a death all are looked at, and only this finds those again that did not answer then and are not due for long.
    private async Task LookAgainAsync(CancellationToken cancellationToken)
    {
        foreach (var batch in _failedLooks.Due(_time.GetUtcNow()).Chunk(LookParallelism))
        {
            var answers = await Task.WhenAll(batch.Select(id => LookAsync(id, cancellationToken)));
            foreach (var (id, (isAnswered, _)) in batch.Zip(answers))
            {
                if (isAnswered)
                {
                    _failedLooks.Remove(id);
                    _restUntil.Remove(id);
                }
                else
                {
                    Rest(id, _failedLooks.Add(id, _time.GetUtcNow()));
                }
            }
        }

        PlanAgain();
    }

    private void Rest(Guid execution, DateTimeOffset until) => _restUntil[execution] = until;

    // An execution that has ended answers too, with no next time.
    private async Task<(bool IsAnswered, DateTimeOffset? Next)> LookAsync(Guid executionId, CancellationToken cancellationToken)
    {
        try
        {
            // A message to a silo that is gone may be answered by nobody, and the others of the round wait for this one.
            var look = GrainFactory.GetGrain<IExecutionGrain>(executionId.ToString("D")).LookAsync(cancellationToken);
            return (true, await look.WaitAsync(_options.LookTimeout, _time, cancellationToken));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogLookFailed(e, executionId);
            return (false, null);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Partition {Partition}: the sweep failed and is repeated")]
    private partial void LogSweepFailed(Exception exception, int partition);

    [LoggerMessage(LogLevel.Warning, "Partition {Partition}: looking at executions again failed part way and is repeated")]
    private partial void LogRecoveryFailed(Exception exception, int partition);

    [LoggerMessage(LogLevel.Warning, "Execution {ExecutionId} could not be looked at; the sweep tries again")]
    private partial void LogLookFailed(Exception exception, Guid executionId);
}
