using System.Globalization;
using Periplon.Torture.Cluster;

namespace Periplon.Torture.Faults;

/// <summary>
/// How busy the machine is with other things: a thread that only wants to wake up every ten milliseconds notes how late it does, and once
/// a second the processor time of everybody is compared with that of this run's own processes. What takes long on a machine that has no
/// time is no fault of the program.
/// </summary>
/// <param name="roots">The processes with whose descendants this run works.</param>
/// <param name="time">The clock.</param>
internal sealed class MachineProbe(Func<IEnumerable<int>> roots, TimeProvider time) : IDisposable
{
    private const double LateMean = 0.03;
    private const double LateMax = 1;
    private const double ForeignMost = 0.35;

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ReadingInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<(DateTimeOffset At, double Late)> _beats = [];
    private readonly List<(DateTimeOffset At, long Total, long Foreign)> _readings = [];
    private readonly ManualResetEventSlim _stop = new();
    private Thread? _thread;

    public void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "machine probe" };
        _thread.Start();
    }

    /// <summary>How it was between two times.</summary>
    public MachineLoad Between(DateTimeOffset from, DateTimeOffset to)
    {
        lock (_gate)
        {
            var late = _beats.Where(beat => beat.At >= from && beat.At <= to).Select(beat => beat.Late).DefaultIfEmpty().ToList();
            var first = _readings.LastOrDefault(reading => reading.At <= from);
            var last = _readings.FirstOrDefault(reading => reading.At >= to);
            last = last == default ? _readings.LastOrDefault() : last;
            var foreign = last.Total > first.Total ? (double)(last.Foreign - first.Foreign) / (last.Total - first.Total) : 0;
            var (mean, max) = (late.Average(), late.Max());
            return new MachineLoad(mean, max, foreign, mean > LateMean || max > LateMax || foreign > ForeignMost);
        }
    }

    public void Dispose()
    {
        _stop.Set();
        _thread?.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        for (var readAt = DateTimeOffset.MinValue; ;)
        {
            var began = time.GetTimestamp();
            if (_stop.Wait(Beat))
            {
                return;
            }

            var late = (time.GetElapsedTime(began) - Beat).TotalSeconds;
            var now = time.GetUtcNow();
            var (total, foreign) = now - readAt >= ReadingInterval ? ReadTicks() : default;
            readAt = total > 0 ? now : readAt;
            lock (_gate)
            {
                _beats.Add((now, Math.Max(0, late)));
                if (total > 0)
                {
                    _readings.Add((now, total, foreign));
                }
            }
        }
    }

    // The first line counts for all processors: user, nice, system, idle, waiting, interrupts, soft interrupts, stolen.
    private (long Total, long Foreign) ReadTicks()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9]
            .Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToList();
        var own = roots().SelectMany(root => ProcessSignals.Descendants(root).Prepend(root)).Distinct().Sum(ProcessSignals.TicksOf);
        return (fields.Sum(), fields.Sum() - fields[3] - fields[4] - own);
    }
}

/// <summary>How busy the machine was.</summary>
/// <param name="LateMean">How late the probe woke up, on average, in seconds.</param>
/// <param name="LateMax">How late it woke up at worst, in seconds.</param>
/// <param name="Foreign">Share of the processors that processes of others used.</param>
/// <param name="IsOverloaded">Whether bounds on time cannot be judged.</param>
internal sealed record MachineLoad(double LateMean, double LateMax, double Foreign, bool IsOverloaded);
