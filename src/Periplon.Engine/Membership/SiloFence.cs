using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Periplon.Client.Workers;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Membership;

/// <summary>
/// Whether this silo's worker may act. It may as long as it was shown, less than <see cref="EngineOptions.FenceAfter"/> ago by a clock that
/// does not jump, that the silo is a member: by the membership table, or by another member while the table cannot be read, because
/// nobody is declared dead then. A process that was frozen finds its proof too old when it wakes, and neither starts nor reports anything
/// before it has a new one; without one for longer, or when others have declared it dead, its attempts are stopped.
/// </summary>
internal sealed partial class SiloFence(
    IClusterMembershipService membership, ILocalSiloDetails local, IGrainFactory grains, LeaseRegistry leases,
    EngineInstruments instruments, IOptions<EngineOptions> options, TimeProvider time, ILogger<SiloFence> logger)
    : BackgroundService
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _died = new();
    private long _provedAt = time.GetTimestamp();
    private (Task Task, long Since)? _reading;
    private bool _wasListed;
    private bool _stoppedWork;
    private bool _isIdle;

    private TimeSpan FenceAfter => options.Value.FenceAfter;

    /// <summary>Whether others have declared this silo dead.</summary>
    public bool IsDead => _died.IsCancellationRequested;

    /// <summary>Whether the worker may act now.</summary>
    public bool IsOpen => !IsDead && Age < FenceAfter;

    private TimeSpan Age => time.GetElapsedTime(Interlocked.Read(ref _provedAt));

    /// <summary>Returns when the worker may act; false when it never may again.</summary>
    public async ValueTask<bool> PassAsync(CancellationToken cancellationToken)
    {
        while (!IsOpen)
        {
            if (IsDead)
            {
                return false;
            }

            if (!await ProveAsync(again: false, cancellationToken) && !IsDead)
            {
                await Task.Delay(FenceAfter / 10, time, cancellationToken);
            }
        }

        return true;
    }

    /// <summary>A report of this worker is not sent: it has no lease any more.</summary>
    public void OnReportWithheld() => instruments.OnReportWithheld();

    /// <summary>Looks for a new proof, and stops the attempts when there was none for too long; returns whether there is one.</summary>
    internal async Task<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        var age = Age;
        if (age >= FenceAfter && !_isIdle)
        {
            LogHeld(age.TotalSeconds);
        }

        if (await ProveAsync(again: true, cancellationToken))
        {
            if (_stoppedWork)
            {
                _stoppedWork = false;
                LogProved();
            }

            return true;
        }

        if (!_stoppedWork && (IsDead || Age >= 2 * FenceAfter))
        {
            _stoppedWork = true;
            LogStopped(leases.Count);
            leases.StopAll();
        }

        return false;
    }

    public override void Dispose()
    {
        _one.Dispose();
        _died.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            // With nothing under way there is nothing to stop, and whoever wants to act looks for a proof himself.
            if (leases.Count > 0 || _stoppedWork || !IsStillListed())
            {
                await RunOnceAsync(stoppingToken);
                _isIdle = false;
            }
            else
            {
                _isIdle = true;
            }

            await Task.Delay(FenceAfter / 4, time, stoppingToken);
        }
    }

    // One at a time: whoever waits meanwhile to act sees what the other found.
    private async Task<bool> ProveAsync(bool again, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (!IsDead && (again || !IsOpen) && await FindProofAsync(cancellationToken) is { } since)
            {
                Interlocked.Exchange(ref _provedAt, since);
            }

            return IsOpen;
        }
        finally
        {
            _one.Release();
        }
    }

    // A proof is as old as its question: what came after it is not known.
    private async Task<long?> FindProofAsync(CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        if (_reading is not { Task.IsCompleted: false })
        {
            _reading = (membership.Refresh(cancellationToken: cancellationToken).AsTask(), since);
        }

        try
        {
            await _reading.Value.Task.WaitAsync(FenceAfter / 4, time, cancellationToken);
            return IsListed() ? _reading.Value.Since : null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogTableUnread(e);
        }

        // Without the table nobody can be declared dead or join, unless only this silo cannot reach it: then others still watch it.
        return IsListed() && await IsInTouchAsync(cancellationToken) ? since : null;
    }

    // As the cluster last told it, without a look of its own.
    private bool IsStillListed() =>
        membership.CurrentSnapshot.Members.TryGetValue(local.SiloAddress, out var self) && self.Status is not SiloStatus.Dead;

    private bool IsListed()
    {
        var status = membership.CurrentSnapshot.Members.TryGetValue(local.SiloAddress, out var self) ? self.Status : SiloStatus.None;
        if (status is SiloStatus.Dead || (status is SiloStatus.None && _wasListed))
        {
            _died.Cancel();
        }

        _wasListed |= status is not SiloStatus.None;
        return status is not (SiloStatus.None or SiloStatus.Dead);
    }

    // All of them: the first answer is enough, and some may be dead without anybody being able to say so.
    private async Task<bool> IsInTouchAsync(CancellationToken cancellationToken)
    {
        var others = membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status is SiloStatus.Active && !member.SiloAddress.Equals(local.SiloAddress))
            .Select(member => AnswersAsync(member.SiloAddress, cancellationToken))
            .ToList();
        if (others.Count == 0)
        {
            return true;
        }

        await foreach (var answer in Task.WhenEach(others))
        {
            if (await answer)
            {
                return true;
            }
        }

        return false;
    }

    private async Task<bool> AnswersAsync(SiloAddress silo, CancellationToken cancellationToken)
    {
        try
        {
            await grains.GetGrain<IWorkerGrain>(silo.ToParsableString()).StatsAsync(cancellationToken)
                .WaitAsync(FenceAfter / 4, time, cancellationToken);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNoAnswer(e, silo);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "For {Seconds:F1} s nothing has shown that this silo is a member; meanwhile it starts nothing")]
    private partial void LogHeld(double seconds);

    [LoggerMessage(LogLevel.Error, "This silo is no member of the cluster, or cannot know; its {Count} attempts are stopped")]
    private partial void LogStopped(int count);

    [LoggerMessage(LogLevel.Information, "This silo is a member of the cluster after all, and takes work again")]
    private partial void LogProved();

    [LoggerMessage(LogLevel.Debug, "The membership table cannot be read; other members are asked")]
    private partial void LogTableUnread(Exception exception);

    [LoggerMessage(LogLevel.Debug, "Silo {Silo} does not answer")]
    private partial void LogNoAnswer(Exception exception, SiloAddress silo);
}
