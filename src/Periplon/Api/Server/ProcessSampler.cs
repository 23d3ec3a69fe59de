using System.Diagnostics;

namespace Periplon.Api.Server;

/// <summary>What the process used up to a moment.</summary>
internal readonly record struct ProcessUsage(TimeSpan Cpu, long MemoryBytes);

/// <summary>Measures the share of all processors that the process used between two samples, and the memory it holds.</summary>
internal sealed class ProcessSampler : BackgroundService
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private readonly Func<ProcessUsage> _read;
    private readonly long _startedAt;
    private readonly Lock _gate = new();
    private long _sampledAt;
    private TimeSpan _sampledCpu;
    private double _cpuPercent;

    public ProcessSampler(TimeProvider time)
        : this(time, ReadProcess)
    {
    }

    internal ProcessSampler(TimeProvider time, Func<ProcessUsage> read)
    {
        _time = time;
        _read = read;
        _startedAt = _sampledAt = time.GetTimestamp();
        _sampledCpu = read().Cpu;
    }

    /// <summary>Percent of all processors, from 0 to 100, over the last interval.</summary>
    public double CpuPercent
    {
        get
        {
            lock (_gate)
            {
                return _cpuPercent;
            }
        }
    }

    public SystemFigures Read() => new(
        Math.Round(_time.GetElapsedTime(_startedAt).TotalSeconds, 3), _read().MemoryBytes, Math.Round(CpuPercent, 2));

    internal void SampleOnce()
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            var elapsed = _time.GetElapsedTime(_sampledAt, now);
            if (elapsed <= TimeSpan.Zero)
            {
                return;
            }

            var cpu = _read().Cpu;
            _cpuPercent = Math.Clamp((cpu - _sampledCpu) / elapsed / Environment.ProcessorCount * 100, 0, 100);
            _sampledAt = now;
            _sampledCpu = cpu;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                SampleOnce();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; there is nothing to clean up.
        }
    }

    private static ProcessUsage ReadProcess() => new(Environment.CpuUsage.TotalTime, Environment.WorkingSet);
}
