using Microsoft.Extensions.Logging;
using Periplon.Engine.Executions;

namespace Periplon.Engine.Queue;

// Calls executions that wait to be started from the database into the window.
internal sealed partial class QueueGrain
{
    // So many classes are checked for lost offers at a time, and in the next round those after them.
    private const int MostSuspected = 1_000;

    private const int SweepsPerSuspicion = 20;

    private static readonly TimeSpan RefillPause = TimeSpan.FromMilliseconds(100);

    private StartClass? _lastSuspected;
    private bool _refilling;
    private IGrainTimer? _refill;

    private TimeSpan SuspectInterval =>
        _options.SweepInterval * SweepsPerSuspicion < ExecutionRows.SafetyInterval
            ? _options.SweepInterval * SweepsPerSuspicion
            : ExecutionRows.SafetyInterval;

    private void RefillIfHungry()
    {
        if (!_refilling && _window.IsHungry)
        {
            _refill!.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task RefillAsync(CancellationToken cancellationToken)
    {
        if (_refilling)
        {
            return;
        }

        _refilling = true;
        try
        {
            foreach (var startClass in _window.Hungry())
            {
                await RefillAsync(startClass, cancellationToken);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogRefillFailed(e, _partition);
            _refilling = false;
            _refill!.Change(_options.SweepInterval, Timeout.InfiniteTimeSpan);
            return;
        }

        _refilling = false;
        if (_window.IsHungry)
        {
            // Not at once: what could not be called now could hardly be called a moment later.
            _refill!.Change(RefillPause, Timeout.InfiniteTimeSpan);
        }
    }

    // Always from the head of the class: what has come meanwhile may go before what was left, and what is in memory is passed by.
    private async Task RefillAsync(StartClass startClass, CancellationToken cancellationToken)
    {
        var mark = _window.BeginRead(startClass);
        var reader = new BacklogReader(_store, _partition, startClass, _options.Ageing, PageSize);
        var calling = new List<Guid>(LookParallelism);
        long? left = null;
        try
        {
            while (await reader.NextAsync(cancellationToken) is { } next)
            {
                if (_window.Knows(next.Id) || _restUntil.ContainsKey(next.Id))
                {
                    continue;
                }

                var level = next.LevelFor(_options.Ageing);
                if (!_window.HasRoomFor(startClass, level))
                {
                    left = level;
                    break;
                }

                _window.Invite(next.Id, startClass, level);
                calling.Add(next.Id);
                if (calling.Count == LookParallelism)
                {
                    await CallAsync(calling, cancellationToken);
                }
            }

            await CallAsync(calling, cancellationToken);
        }
        catch
        {
            // Not read to its end: it is read again.
            _window.Suspect(startClass);
            throw;
        }

        _window.EndRead(startClass, left, mark);
    }

    // Those that come make their offers by themselves.
    private async Task CallAsync(List<Guid> executions, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(executions.Select(id => LookAsync(id, cancellationToken)));
        foreach (var (id, (isAnswered, next)) in executions.Zip(answers))
        {
            if (next is not null)
            {
                _failedLooks.Remove(id);
            }
            else if (isAnswered)
            {
                // It has ended since it was read; its room is free.
                _failedLooks.Remove(id);
                _window.Withdraw(id);
                Rest(id, _time.GetUtcNow() + ExecutionRows.SafetyInterval);
            }
            else
            {
                var again = _failedLooks.Add(id, _time.GetUtcNow());
                _window.Withdraw(id);
                Rest(id, again);
                _suspectAt = _suspectAt < again ? _suspectAt : again;
            }
        }

        executions.Clear();
        PlanAgain();
    }

    // Whether an offer was lost shows only when the rows are compared with what is in memory.
    private async Task SuspectAllAsync(CancellationToken cancellationToken)
    {
        var last = _lastSuspected;
        for (var i = 0; i < MostSuspected; i++)
        {
            last = await _store.NextClassAsync(_partition, last, cancellationToken);
            if (last is not { } startClass)
            {
                break;
            }

            _window.Suspect(startClass);
        }

        _lastSuspected = last;
        _suspectAt = _time.GetUtcNow() + (last is null ? SuspectInterval : TimeSpan.Zero);
        RefillIfHungry();
    }

    [LoggerMessage(LogLevel.Warning, "Partition {Partition}: executions that wait could not be read from the database; it is tried again")]
    private partial void LogRefillFailed(Exception exception, int partition);
}
