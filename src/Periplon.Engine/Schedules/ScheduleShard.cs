using Microsoft.Extensions.Logging;
using Periplon.Client.Executions;
using Periplon.Core.Schedules;

namespace Periplon.Engine.Schedules;

/// <summary>
/// The work of one scheduler. A decision about a tick is stored, with the run it makes, before anything starts: who stores it first has
/// made it, and a start that is lost after that is found by the sweep. The memory here only saves reads.
/// </summary>
internal sealed partial class ScheduleShard(
    int number, ISchedulerStore store, IScheduleStarter starter, ScheduleOptions options, ScheduleInstruments instruments, TimeProvider time,
    ILogger<ScheduleShard> logger)
{
    private const int MaxLoaded = 1000;
    private const int MaxAtOnce = 100;

    private static readonly TimeSpan _unreadablePause = TimeSpan.FromMinutes(5);

    // A schedule that has more to catch up than is decided at once goes on after this.
    private static readonly TimeSpan _catchUpPause = TimeSpan.FromSeconds(1);

    private readonly PriorityQueue<ScheduleRow, DateTimeOffset> _window = new();
    private readonly Dictionary<Guid, DateTimeOffset> _catchingUp = [];
    private DateTimeOffset _loadedAt;
    private DateTimeOffset _reloadAt;
    private DateTimeOffset _knownUntil;
    private bool _isPartial;
    private bool _isStale = true;

    /// <summary>The schedules are read again before the next one fires.</summary>
    public void Forget() => _isStale = true;

    /// <summary>Whether nothing that is in memory fires until a time, and what is in memory was not said to be stale.</summary>
    public bool IsQuietUntil(DateTimeOffset until) => !_isStale && !(_window.TryPeek(out _, out var next) && next <= until);

    /// <summary>Fires what is due; returns when to come again.</summary>
    public async Task<DateTimeOffset> FireAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = time.GetUtcNow();
            if (NeedsLoad(now))
            {
                await LoadAsync(now, cancellationToken);
            }

            var due = new List<ScheduleRow>();
            while (due.Count < MaxAtOnce && _window.TryPeek(out _, out var fireAt) && fireAt <= now)
            {
                due.Add(_window.Dequeue());
            }

            if (due.Count == 0)
            {
                return _window.TryPeek(out _, out var next) && next < _reloadAt ? next : _reloadAt;
            }

            await DecideAsync(due, now, cancellationToken);
        }
    }

    // When not all that is due was read, what lies behind the last row is not known: those that fire again may be later than others there.
    private bool NeedsLoad(DateTimeOffset now) =>
        _isStale || now >= _reloadAt || now < _loadedAt
        || (_isPartial && !(_window.TryPeek(out _, out var next) && next <= _knownUntil));

    private async Task LoadAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Before the read, so that what is made stale meanwhile stays so.
        _isStale = false;
        try
        {
            var rows = await store.ListDueAsync(number, now + options.Window, MaxLoaded, cancellationToken);
            _window.Clear();
            var over = _catchingUp.Where(each => each.Value <= now || each.Value > now + _catchUpPause).Select(each => each.Key);
            foreach (var id in over.ToList())
            {
                _catchingUp.Remove(id);
            }

            _window.EnqueueRange(rows.Select(row => (row, _catchingUp.GetValueOrDefault(row.Id, row.NextFireAt!.Value))));
            _isPartial = rows.Count == MaxLoaded;
            _knownUntil = _isPartial ? rows[^1].NextFireAt!.Value : now + options.Window;
            _loadedAt = now;
            _reloadAt = now + (options.Window / 2);
        }
        catch
        {
            _isStale = true;
            throw;
        }
    }

    private async Task DecideAsync(List<ScheduleRow> due, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            var overlapping = due.Where(row => row.Overlap is not OverlapPolicy.Allow).Select(row => row.Id).ToHashSet();
            var active = (await store.ListActiveRunsAsync(number, overlapping, cancellationToken)).ToLookup(run => run.ScheduleId);
            var claims = new List<ScheduleClaim>();
            foreach (var row in due)
            {
                if (row.TryGetRule(out var rule, out var problem))
                {
                    claims.Add(Claim(row, rule, active[row.Id], now));
                }
                else
                {
                    LogUnreadable(row.Id, problem);
                    await store.PostponeAsync(row, now + _unreadablePause, problem, cancellationToken);
                }
            }

            var claimed = await store.ClaimAsync(claims, cancellationToken);
            var starts = claims.Where(claim => claimed.Schedules.Contains(claim.Before.Id))
                .SelectMany(claim => Accept(claim, claimed, now)).ToList();
            Launch(starts, cancellationToken);

            // Somebody else has decided, or changed the schedule: what is in memory is not true any more.
            _isStale |= claimed.Schedules.Count < due.Count;
        }
        catch
        {
            _isStale = true;
            throw;
        }
    }

    private ScheduleClaim Claim(ScheduleRow row, TickRule rule, IEnumerable<ActiveRun> active, DateTimeOffset now)
    {
        var open = active.Where(run => !run.HasEnded).ToList();
        var underWay = new RunsUnderWay(open.Exists(run => !run.Waits), open.Exists(run => run.Waits));
        var plan = SchedulePlanner.Plan(row.ToSettings(rule, options.Grace), row.NextTick!.Value, now, underWay);
        var runs = plan.Decisions.Select(decision => ToRun(row, decision, now)).ToList();
        var after = row with
        {
            NextTick = plan.NextTick,
            NextFireAt = plan.NextFireAt,
            LastTick = rule.LastUntil(plan.NextTick?.AddTicks(-1) ?? DateTimeOffset.MaxValue) ?? row.LastTick,
            LastRunAt = runs.Exists(run => run.Status is RunStatus.Scheduled && !run.Waits) ? now : row.LastRunAt,
        };
        return new ScheduleClaim(row, after, runs);
    }

    private static ScheduleRun ToRun(ScheduleRow row, TickDecision decision, DateTimeOffset now)
    {
        var isSkipped = decision.Action is TickAction.Skip;
        return new ScheduleRun
        {
            ScheduleId = row.Id,
            Tick = decision.Tick,
            Shard = row.Shard,
            Kind = RunKind.Tick,
            Status = isSkipped ? RunStatus.Skipped : RunStatus.Scheduled,
            Waits = decision.Action is TickAction.Wait,
            CancelsOlder = decision.CancelsOlder,
            Ticks = decision.Ticks,
            Priority = row.Priority,
            ExecutionId = isSkipped ? null : ExecutionIds.ForTick(row.Id, decision.Tick, decision.Tick),
            Reason = decision.Reason,
            CreatedAt = now,
            CompletedAt = isSkipped ? now : null,
        };
    }

    private IEnumerable<RunToStart> Accept(ScheduleClaim claim, ScheduleClaimed claimed, DateTimeOffset now)
    {
        if (claim.After.NextFireAt is { } next && next <= _knownUntil)
        {
            if (next <= now)
            {
                next = _catchingUp[claim.After.Id] = now + _catchUpPause;
            }

            _window.Enqueue(claim.After, next);
        }

        var fireAt = claim.Before.NextFireAt;
        foreach (var run in claim.Runs.Where(run => claimed.Runs.Contains((run.ScheduleId, run.Tick))))
        {
            instruments.OnTick(run.Status is RunStatus.Skipped ? TickAction.Skip : run.Waits ? TickAction.Wait : TickAction.Start);
            if (run.Status is RunStatus.Scheduled && !run.Waits)
            {
                yield return new RunToStart(claim.After, run, fireAt);
                fireAt = null;
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Schedule {ScheduleId} cannot be read and is put off: {Problem}")]
    private partial void LogUnreadable(Guid scheduleId, string problem);
}
