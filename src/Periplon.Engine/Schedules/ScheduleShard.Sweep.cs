using Microsoft.Extensions.Logging;
using Periplon.Client.Executions;

namespace Periplon.Engine.Schedules;

internal sealed partial class ScheduleShard
{
    private const int MaxForgotten = 200;
    private const int MaxForgottenOfSchedule = 8;
    private const int MaxPages = 5;
    private const int MaxLookedAt = 1000;
    private const int MaxFilledAtOnce = 100;
    private const int PruneBatch = 1000;

    /// <summary>No start that was under way arrives later than this.</summary>
    public static readonly TimeSpan LateStart = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan _startPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _choresInterval = TimeSpan.FromMinutes(10);

    /// <summary>How much longer runs are kept than is said: a backfill that was accepted because they are kept must find them.</summary>
    internal static readonly TimeSpan PruneSlack = TimeSpan.FromHours(1);

    private bool _hasOvertaken;
    private DateTimeOffset _overtakenUntil = DateTimeOffset.UnixEpoch;
    private bool _hasSwept;
    private Guid _sweptUntil;
    private long _choresDoneAt;

    /// <summary>Whether a sweep has something to do that is not to be seen in the runs of the last minutes.</summary>
    public bool HasChores => _hasOvertaken || IsTimeToPrune;

    private bool IsTimeToPrune => _choresDoneAt == 0 || time.GetElapsedTime(_choresDoneAt) >= _choresInterval;

    /// <summary>
    /// Notes which runs have ended, starts those that wait for that or were forgotten, and fills ranges. True when it is worth while to
    /// come again soon.
    /// </summary>
    public async Task<bool> SweepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await store.SettleAsync(number, cancellationToken);
        await CancelOvertakenAsync(now, cancellationToken);

        var goesOn = await StartForgottenAsync(now, cancellationToken);
        foreach (var (backfill, schedule) in await store.ListBackfillsAsync(number, cancellationToken))
        {
            goesOn |= await FillAsync(backfill, schedule, now, cancellationToken);
        }

        goesOn |= await store.RemoveDeletedAsync(number, now - LateStart, PruneBatch, cancellationToken) == PruneBatch;
        if (IsTimeToPrune)
        {
            goesOn |= await PruneAsync(now, cancellationToken);
        }

        return goesOn;
    }

    private async Task CancelOvertakenAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        // The first look goes through all: what was started late, just before the whole cluster was down, is found however long that took.
        var overtaken = await store.ListOvertakenAsync(number, _overtakenUntil - LateStart, MaxForgotten, cancellationToken);
        var isDone = overtaken.Count < MaxForgotten;
        foreach (var (schedule, execution) in overtaken)
        {
            isDone &= await starter.CancelAsync(schedule, execution, cancellationToken);
        }

        _hasOvertaken = !isDone;
        _overtakenUntil = isDone ? now : _overtakenUntil;
    }

    private async Task<bool> StartForgottenAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        // What a scheduler before this one has left behind, or found no room here, need not wait.
        var before = _hasSwept && !_isPressed ? now - _startPatience : now.AddSeconds(1);
        _isPressed = false;
        var taken = 0;
        for (var page = 0; page < MaxPages && taken == 0; page++)
        {
            IReadOnlyCollection<Guid> passed;
            lock (_gate)
            {
                passed = _room.Passed(now);
            }

            // Page by page in a circle, few of each schedule: what cannot be started now hides nothing behind it.
            var query = new ForgottenQuery(number, _sweptUntil, before, now, passed, MaxForgottenOfSchedule, MaxForgotten);
            var forgotten = await store.ListForgottenAsync(query, cancellationToken);
            _hasSwept = true;
            taken = Launch([.. forgotten.Select(each => new RunToStart(each.Schedule, each.Run, null))], cancellationToken);
            _sweptUntil = forgotten.Count == MaxForgotten ? forgotten[^1].Schedule.Id : Guid.Empty;
            if (_sweptUntil == Guid.Empty)
            {
                var isCut = forgotten.CountBy(each => each.Schedule.Id).Any(each => each.Value == MaxForgottenOfSchedule);
                return taken > 0 && (isCut || _isPressed);
            }
        }

        return taken > 0;
    }

    private async Task<bool> FillAsync(
        ScheduleBackfill backfill, ScheduleRow schedule, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!schedule.TryGetRule(out var rule, out var problem))
        {
            LogUnreadable(schedule.Id, problem);
            return false;
        }

        var counts = await store.CountBackfillRunsAsync(backfill.Id, cancellationToken);
        if (backfill.NextAt >= backfill.ToAt)
        {
            return counts.Active == 0
                && await store.EndBackfillAsync(backfill.Id, BackfillStatus.Completed, now, cancellationToken);
        }

        var room = Math.Min(backfill.MaxParallel - counts.Active, MaxFilledAtOnce);
        if (room <= 0)
        {
            return false;
        }

        var ticks = rule.Between(backfill.NextAt, backfill.ToAt).Take(MaxLookedAt).ToList();
        var open = await store.ListGapsAsync(schedule.Id, ticks, cancellationToken);
        var gaps = open.Take(room + 1).ToList();

        // The first gap there is no room for is where it goes on.
        var nextAt = gaps.Count > room ? gaps[room] : ticks.Count == MaxLookedAt ? ticks[^1].AddMicroseconds(1) : backfill.ToAt;
        var runs = gaps.Take(room).Select(tick => ToRun(backfill, schedule, tick, now)).ToList();
        var passed = ticks.Count(tick => tick < nextAt) - runs.Count;
        var made = await store.AdvanceBackfillAsync(backfill, nextAt, passed, runs, cancellationToken);
        Launch([.. runs.Where(run => made.Contains(run.Tick)).Select(run => new RunToStart(schedule, run, null))], cancellationToken);
        return true;
    }

    private static ScheduleRun ToRun(ScheduleBackfill backfill, ScheduleRow schedule, DateTimeOffset tick, DateTimeOffset now) => new()
    {
        ScheduleId = schedule.Id,
        Tick = tick,
        Shard = schedule.Shard,
        Kind = RunKind.Backfill,
        Status = RunStatus.Scheduled,
        Priority = backfill.Priority,
        BackfillId = backfill.Id,

        // The id has the time of the request: the tables' partition of the tick may be gone for long.
        ExecutionId = ExecutionIds.ForTick(schedule.Id, tick, backfill.CreatedAt),
        CreatedAt = now,
    };

    private async Task<bool> PruneAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await store.SettleLostAsync(number, now - _choresInterval, now, cancellationToken);
        if (await store.PruneAsync(number, now - options.KeepRuns - PruneSlack, PruneBatch, cancellationToken) == PruneBatch)
        {
            return true;
        }

        _choresDoneAt = time.GetTimestamp();
        return false;
    }
}
