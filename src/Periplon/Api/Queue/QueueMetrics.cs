using System.Globalization;
using Prometheus;

namespace Periplon.Api.Queue;

/// <summary>The gauges of the queue on <c>/metrics</c>, read at the scrape.</summary>
internal sealed class QueueMetrics
{
    // Priorities are the callers' own numbers; further ones are counted together.
    private const int MostPriorities = 20;

    private readonly Gauge _pending;
    private readonly Gauge _queued;
    private readonly Gauge _backlog;
    private readonly Gauge _oldest;
    private readonly Gauge _byPriority;
    private readonly IReadOnlyList<Gauge> _all;

    public QueueMetrics(MetricFactory factory)
    {
        _pending = factory.CreateGauge("periplon_queue_pending", "Tasks that wait for a worker", "partition");
        _queued = factory.CreateGauge("periplon_queue_queued", "Executions that wait to be started", "partition");
        _backlog = factory.CreateGauge(
            "periplon_queue_backlog", "Executions that wait to be started and are only in the database", "partition");
        _oldest = factory.CreateGauge("periplon_queue_oldest_seconds", "How long the oldest has waited", "partition");
        _byPriority = factory.CreateGauge(
            "periplon_queue_queued_by_priority", "Executions that wait to be started, by priority", "priority");
        _all = [_pending, _queued, _backlog, _oldest, _byPriority];
    }

    public void Set(QueueSnapshot snapshot, DateTimeOffset now)
    {
        foreach (var partition in snapshot.Partitions)
        {
            var label = partition.Partition.ToString(CultureInfo.InvariantCulture);
            _pending.WithLabels(label).Set(partition.Pending);
            _queued.WithLabels(label).Set(partition.Queued);
            _backlog.WithLabels(label).Set(partition.Backlog);
            _oldest.WithLabels(label).Set(partition.OldestAt is { } oldest ? Math.Max(0, (now - oldest).TotalSeconds) : 0);
        }

        Clear(_byPriority);
        var priorities = snapshot.Priorities().OrderByDescending(priority => priority.Queued).ToList();
        foreach (var priority in priorities.Take(MostPriorities))
        {
            _byPriority.WithLabels(priority.Priority.ToString(CultureInfo.InvariantCulture)).Set(priority.Queued);
        }

        if (priorities.Count > MostPriorities)
        {
            _byPriority.WithLabels("other").Set(priorities.Skip(MostPriorities).Sum(priority => priority.Queued));
        }
    }

    /// <summary>Leaves them out: an old value would pass for a new one.</summary>
    public void Clear()
    {
        foreach (var gauge in _all)
        {
            Clear(gauge);
        }
    }

    private static void Clear(Gauge gauge)
    {
        foreach (var labels in gauge.GetAllLabelValues().ToList())
        {
            gauge.RemoveLabelled(labels);
        }
    }
}
