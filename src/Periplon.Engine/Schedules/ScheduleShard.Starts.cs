using Microsoft.Extensions.Logging;
using Periplon.Core.Schedules;

namespace Periplon.Engine.Schedules;

/// <summary>A run whose execution is to be started.</summary>
/// <param name="Schedule">Its schedule.</param>
/// <param name="Run">The run.</param>
/// <param name="FireAt">When it was to fire; null where nobody measures that.</param>
internal sealed record RunToStart(ScheduleRow Schedule, ScheduleRun Run, DateTimeOffset? FireAt);

internal sealed partial class ScheduleShard
{
    private readonly Lock _gate = new();
    private readonly StartRoom _room = new();
    private readonly Dictionary<Guid, Task> _starting = [];
    private readonly List<RunMark> _marks = [];
    private Task _marking = Task.CompletedTask;
    private bool _isPressed;

    /// <summary>Waits until no start is under way and what became of them is stored.</summary>
    public async Task IdleAsync()
    {
        while (true)
        {
            Task[] tasks;
            lock (_gate)
            {
                tasks = [.. _starting.Values, _marking];
            }

            if (Array.TrueForAll(tasks, task => task.IsCompleted))
            {
                return;
            }

            await Task.WhenAll(tasks);
        }
    }

    // Not awaited by those who decide: a workflow that is slow to answer must not hold up the ticks of others. Returns how many are new.
    private int Launch(IReadOnlyList<RunToStart> starts, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var taken = 0;
        lock (_gate)
        {
            foreach (var start in starts)
            {
                var offer = _room.Offer(start, now);
                taken += offer is StartOffer.Taken ? 1 : 0;
                _isPressed |= offer is StartOffer.Full;
            }

            StartThoseWithRoom(cancellationToken);
        }

        return taken;
    }

    // Inside the lock.
    private void StartThoseWithRoom(CancellationToken cancellationToken)
    {
        while (_room.Take() is { } start)
        {
            _starting.Add(start.Run.ExecutionId!.Value, StartAsync(start, cancellationToken));
        }
    }

    private async Task StartAsync(RunToStart start, CancellationToken cancellationToken)
    {
        // So that nothing of it happens inside the lock of the caller.
        await Task.Yield();
        var isAnswered = false;
        try
        {
            isAnswered = await TryStartAsync(start, cancellationToken) is not { } trouble
                || await NoteAsync(start, trouble, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogStartFailed(e, start.Schedule.Id, start.Run.Tick);
        }
        catch (OperationCanceledException)
        {
            // The silo stops; another starts it.
        }
        finally
        {
            lock (_gate)
            {
                _starting.Remove(start.Run.ExecutionId!.Value);
                _room.End(start, isAnswered, time.GetUtcNow());
                if (!cancellationToken.IsCancellationRequested)
                {
                    StartThoseWithRoom(cancellationToken);
                }
            }
        }
    }

    // Returns why nobody answered; null when somebody did.
    private async Task<string?> TryStartAsync(RunToStart start, CancellationToken cancellationToken)
    {
        if (start.Run.CancelsOlder && !await CancelOlderAsync(start, cancellationToken))
        {
            return "a run before could not be cancelled, because its execution did not answer";
        }

        var answer = await starter.StartAsync(start.Schedule, start.Run, cancellationToken);
        if (answer is { IsStarted: false, Refusal: null })
        {
            return answer.Trouble ?? "the workflow did not answer";
        }

        var now = time.GetUtcNow();
        if (answer.Refusal is { } reason)
        {
            instruments.OnRefused();
            LogRefused(start.Schedule.Id, start.Run.Tick, reason);
        }
        else if (start.FireAt is { } fireAt)
        {
            instruments.OnStarted(now - fireAt);
        }

        Mark(new RunMark(start.Run, now, answer.Refusal), cancellationToken);
        return null;
    }

    private async Task<bool> NoteAsync(RunToStart start, string trouble, CancellationToken cancellationToken)
    {
        await store.NoteTroubleAsync(
            start.Schedule.Id, $"the start for {ScheduleLabels.Text(start.Run.Tick)} is repeated: {trouble}", cancellationToken);
        return false;
    }

    private async Task<bool> CancelOlderAsync(RunToStart start, CancellationToken cancellationToken)
    {
        var active = await store.ListActiveRunsAsync(number, [start.Schedule.Id], cancellationToken);

        // One that was decided and has not started has nothing to cancel yet: nobody may start it any more.
        await store.SkipOlderAsync(start.Run, time.GetUtcNow(), cancellationToken);
        foreach (var run in active.Where(run => run.Tick < start.Run.Tick && !run.HasEnded && !run.Waits))
        {
            if (!await starter.CancelAsync(start.Schedule, run.ExecutionId, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    // What comes together is stored together: whatever has gathered when the store is free goes out at once.
    private void Mark(RunMark mark, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _marks.Add(mark);
            if (_marking.IsCompleted)
            {
                _marking = MarkAllAsync(cancellationToken);
            }
        }
    }

    private async Task MarkAllAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        while (true)
        {
            List<RunMark> marks;
            lock (_gate)
            {
                if (_marks.Count == 0)
                {
                    _marking = Task.CompletedTask;
                    return;
                }

                marks = [.. _marks];
                _marks.Clear();
            }

            try
            {
                await store.MarkAsync(marks, cancellationToken);
            }
            catch (Exception e)
            {
                // The sweep starts these runs again, finds them started, and marks them.
                LogMarkFailed(e, number, marks.Count);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Schedule {ScheduleId}: the tick {Tick:O} started nothing: {Reason}")]
    private partial void LogRefused(Guid scheduleId, DateTimeOffset tick, string reason);

    [LoggerMessage(LogLevel.Warning, "Schedule {ScheduleId}: the start for the tick {Tick:O} failed; the sweep repeats it")]
    private partial void LogStartFailed(Exception exception, Guid scheduleId, DateTimeOffset tick);

    [LoggerMessage(LogLevel.Warning, "Scheduler {Shard}: {Count} starts could not be noted; the sweep does")]
    private partial void LogMarkFailed(Exception exception, int shard, int count);
}
