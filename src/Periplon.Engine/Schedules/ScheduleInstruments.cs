using System.Diagnostics.Metrics;
using Periplon.Core.Schedules;

namespace Periplon.Engine.Schedules;

/// <summary>What schedules count and time.</summary>
internal sealed class ScheduleInstruments
{
    private readonly Counter<long> _ticks;
    private readonly Counter<long> _refused;
    private readonly Histogram<double> _lateness;

    public ScheduleInstruments(EngineInstruments engine)
    {
        _ticks = engine.Meter.CreateCounter<long>("workflow_schedule_ticks", description: "Ticks of schedules that were decided");
        _refused = engine.Meter.CreateCounter<long>("workflow_schedule_starts_refused", description: "Starts by schedules that were refused");
        _lateness = engine.Meter.CreateHistogram<double>(
            "workflow_schedule_lateness", "s", "Time from when a tick was to fire until its execution was started");
    }

    public void OnTick(TickAction action) => _ticks.Add(1, new KeyValuePair<string, object?>("action", action.ToString().ToLowerInvariant()));

    public void OnStarted(TimeSpan lateness) => _lateness.Record(Math.Max(0, lateness.TotalSeconds));

    public void OnRefused() => _refused.Add(1);
}
