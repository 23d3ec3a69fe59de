using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using Periplon.Client.Schedules;
using Periplon.Engine.Membership;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Schedules;

/// <summary>One scheduler: the timers around a <see cref="ScheduleShard"/>. Two of the same number do no harm, only work twice.</summary>
[GrainType("scheduler"), HashBasedPlacement]
internal sealed partial class SchedulerGrain(
    ISchedulerStore store, IScheduleStarter starter, Pulse pulse, IOptions<ScheduleOptions> options, ScheduleInstruments instruments, TimeProvider time,
    ILogger<ScheduleShard> logger)
    : Grain, ISchedulerGrain, IRemindable
{
    private const string ReminderName = "schedules";

    private static readonly TimeSpan _reminderPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _reminderPause = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _retryPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _soon = TimeSpan.FromMilliseconds(200);

    private ScheduleShard _shard = null!;
    private IGrainTimer _fire = null!;
    private IGrainTimer _sweep = null!;
    private int _number;
    private bool _isFiring;
    private bool _fireAgain;
    private bool _isWoken = true;

    private bool IsObsolete => _number >= options.Value.Shards;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _number = int.Parse(this.GetPrimaryKeyString());
        _shard = new ScheduleShard(_number, store, starter, options.Value, instruments, time, logger);
        _fire = this.RegisterGrainTimer(static (grain, token) => grain.FireAsync(token), this, Once(TimeSpan.Zero));
        _sweep = this.RegisterGrainTimer(static (grain, token) => grain.SweepAsync(token), this, Once(TimeSpan.Zero));

        // One that is not needed any more would register its reminder anew while it takes it back.
        if (!IsObsolete)
        {
            BackgroundReminder.Start(this, ReminderName, _reminderPeriod, _reminderPause, failure => LogNotReminded(failure, _number));
        }

        return Task.CompletedTask;
    }

    public Task WakeAsync(CancellationToken cancellationToken)
    {
        _shard.Forget();
        _fireAgain = true;
        _isWoken = true;
        _fire.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        _sweep.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (IsObsolete && await this.GetReminder(reminderName) is { } reminder)
        {
            await this.UnregisterReminder(reminder);
            DeactivateOnIdle();
        }
    }

    private async Task FireAsync(CancellationToken cancellationToken)
    {
        if (_isFiring)
        {
            return;
        }

        _isFiring = true;
        _fireAgain = false;
        var pause = _retryPause;
        try
        {
            var now = time.GetUtcNow();
            var isQuiet = _shard.IsQuietUntil(now + options.Value.Window)
                && !(await FindNextAsync(cancellationToken) <= now + options.Value.Window);
            var next = isQuiet ? now + (options.Value.Window / 2) : await _shard.FireAsync(cancellationToken);
            pause = next - time.GetUtcNow();
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            LogFireFailed(e, _number);
        }
        finally
        {
            _isFiring = false;
        }

        // Rounded up to the millisecond: a timer that is early would find nothing due.
        var due = _fireAgain || pause <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(pause.TotalMilliseconds));
        _fire.Change(due, Timeout.InfiniteTimeSpan);
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        var pause = options.Value.SweepInterval;
        try
        {
            if (_isWoken || _shard.HasChores || await IsBusyAsync(cancellationToken))
            {
                _isWoken = false;
                if (await _shard.SweepAsync(cancellationToken))
                {
                    _isWoken = true;
                    pause = _soon < pause ? _soon : pause;
                }
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            _isWoken = true;
            LogSweepFailed(e, _number);
        }

        _sweep.Change(pause, Timeout.InfiniteTimeSpan);
    }

    // One of more schedulers than this silo knows of asks by itself.
    private async Task<DateTimeOffset?> FindNextAsync(CancellationToken cancellationToken) =>
        await pulse.ReadAsync(cancellationToken) is var reading && _number < reading.FireAt.Length ? reading.FireAt[_number] : time.GetUtcNow();

    private async Task<bool> IsBusyAsync(CancellationToken cancellationToken) =>
        await pulse.ReadAsync(cancellationToken) is var reading && (_number >= reading.IsBusy.Length || reading.IsBusy[_number]);

    private static GrainTimerCreationOptions Once(TimeSpan due) => new(due, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true };

    [LoggerMessage(LogLevel.Debug, "Scheduler {Shard}: its reminder could not be registered yet; that is repeated")]
    private partial void LogNotReminded(Exception exception, int shard);

    [LoggerMessage(LogLevel.Warning, "Scheduler {Shard}: firing failed and is repeated")]
    private partial void LogFireFailed(Exception exception, int shard);

    [LoggerMessage(LogLevel.Warning, "Scheduler {Shard}: the sweep failed and is repeated")]
    private partial void LogSweepFailed(Exception exception, int shard);
}
