using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using Periplon.Api.Queue;
using Periplon.Core.Executions;
using Periplon.Engine;
using Periplon.Engine.Storage;
using Periplon.Engine.Workers;
using Prometheus;

namespace Periplon.Api.Server;

/// <summary>
/// The metrics of <c>/metrics</c>. Counters and histograms come from the engine's instruments and start at zero with the process; gauges of
/// executions and queue are read from the database and the partitions at the scrape.
/// </summary>
internal sealed partial class PrometheusExport : IDisposable
{
    private static readonly double[] _durations = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400];

    /// <summary>Name of the one gauge that has to be zero, for all silos together.</summary>
    internal const string ClusterInvariants = "periplon_cluster_invariants_broken";

    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly MeterListener _listener = new();
    private readonly JournalInstruments _journal;
    private readonly StatisticsReader _statistics;
    private readonly QueueFigures _figures;
    private readonly QueueMetrics _queue;
    private readonly IWorkerDirectory _workers;
    private readonly Gauge _broken;
    private readonly ProcessSampler _process;
    private readonly IOptions<ApiOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger<PrometheusExport> _logger;
    private readonly Dictionary<string, Counter> _counters = [];
    private readonly Dictionary<string, Histogram> _histograms = [];
    private readonly IReadOnlyList<(Counter Counter, Func<JournalInstruments, long> Read)> _journalCounters;
    private readonly Gauge _active;
    private readonly Gauge _jobs;
    private readonly Gauge _memory;
    private readonly Gauge _cpu;
    private readonly Counter _allocated;

    public PrometheusExport(
        EngineInstruments engine, JournalInstruments journal, StatisticsReader statistics, QueueFigures figures, IWorkerDirectory workers,
        ProcessSampler process, IOptions<ApiOptions> options, TimeProvider time, ILogger<PrometheusExport> logger)
    {
        (_journal, _statistics, _figures, _workers, _process, _options, _time, _logger) =
            (journal, statistics, figures, workers, process, options, time, logger);
        var factory = Metrics.WithCustomRegistry(_registry);
        AddCounters(factory);
        AddUpkeep(factory);
        AddHistogram(factory, "workflow_executions_duration", "Seconds from acceptance to the terminal status");
        AddHistogram(factory, "workflow_tasks_duration", "Seconds that an attempt of a task took", "kind");
        Requests = factory.CreateCounter("http_requests_total", "Requests answered", "method", "route", "status");
        RequestDuration = factory.CreateHistogram(
            "http_request_duration_seconds", "Seconds from a request's start to the end of its answer", ["method", "route", "status"],
            new HistogramConfiguration { Buckets = _durations });
        // Published once they are known: a zero that only means "not read yet" would be a wrong measurement.
        var unknown = new GaugeConfiguration { SuppressInitialValue = true };
        _active = factory.CreateGauge("workflow_executions_active", "Executions that have not ended", unknown);
        _jobs = factory.CreateGauge(
            "queue_jobs_total", "Queue by status: pending tasks; processing, completed and failed executions", "status");
        _memory = factory.CreateGauge("system_memory_usage_bytes", "Memory that the process holds", unknown);
        _cpu = factory.CreateGauge("system_cpu_usage_percent", "Share of all processors that the process uses", unknown);
        // The runtime's own dotnet.gc.heap.total_allocated, by the name that exporters give it.
        _allocated = factory.CreateCounter(
            "dotnet_gc_heap_total_allocated_bytes_total", "Bytes that the process has allocated on the managed heap since its start");
        _journalCounters =
        [
            (factory.CreateCounter("periplon_journal_commits_total", "Commits of the event journal"), j => j.Commits),
            (factory.CreateCounter("periplon_journal_rows_total", "Rows appended to the event journal"), j => j.Rows),
            (factory.CreateCounter("periplon_journal_conflicts_total", "Appends refused: another writer was first"), j => j.Conflicts),
            (factory.CreateCounter("periplon_journal_retries_total", "Commits tried again after a passing failure"), j => j.Retries),
            (factory.CreateCounter("periplon_journal_recovered_total", "Appends found stored after a lost answer"), j => j.Recovered),
        ];
        _queue = new QueueMetrics(factory);
        _broken = factory.CreateGauge(
            ClusterInvariants, "What must never happen and was noticed on the silos that answer now, workers too", unknown);
        Listen(engine);
    }

    public Counter Requests { get; }

    public Histogram RequestDuration { get; }

    public async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken);
        await _registry.CollectAndExportAsTextAsync(stream, cancellationToken);
    }

    public void Dispose() => _listener.Dispose();

    private void AddCounters(MetricFactory factory)
    {
        AddCounter(factory, "workflow_executions", "Executions that reached a terminal status, by status", "status");
        AddCounter(factory, "workflow_executions_created", "Executions that were accepted");
        AddCounter(factory, "workflow_executions_started", "Executions whose first task has started");
        AddCounter(factory, "workflow_tasks_started", "Attempts that a worker took", "kind");
        AddCounter(factory, "workflow_tasks", "Attempts that ended", "kind", "outcome");
        AddCounter(factory, "workflow_tasks_returned", "Attempts handed back or lost with their worker", "reason");
        AddCounter(factory, "workflow_reports_dropped", "Reports without a valid lease, dropped");
        AddCounter(factory, "workflow_offers_refused", "Claims on offers that no longer stood");
        // A status that has not occurred shows as zero, so that a rate over it is right from its first occurrence.
        foreach (var status in Enum.GetValues<ExecutionStatus>().Where(status => status.IsTerminal()))
        {
            _counters["workflow_executions"].WithLabels(status.ToWord());
        }
    }

    private void AddCounter(MetricFactory factory, string name, string help, params string[] labels) =>
        _counters.Add(name, factory.CreateCounter(name + "_total", help, labels));

    private void AddHistogram(MetricFactory factory, string name, string help, params string[] labels) =>
        _histograms.Add(
            name, factory.CreateHistogram(name + "_seconds", help, labels, new HistogramConfiguration { Buckets = _durations }));

    private void Listen(EngineInstruments engine)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // The very meter, not one of its name: several engines may live in one process.
            if (ReferenceEquals(instrument.Meter, engine.Meter)
                && (_counters.ContainsKey(instrument.Name) || _histograms.ContainsKey(instrument.Name)))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var counter = _counters[instrument.Name];
            counter.WithLabels(Values(counter.LabelNames, tags)).Inc(value);
        });
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            var histogram = _histograms[instrument.Name];
            histogram.WithLabels(Values(histogram.LabelNames, tags)).Observe(value);
        });
        _listener.Start();
    }

    private static string[] Values(string[] labels, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var values = new string[labels.Length];
        for (var i = 0; i < labels.Length; i++)
        {
            values[i] = "";
            foreach (var (key, value) in tags)
            {
                if (key == labels[i])
                {
                    values[i] = value?.ToString() ?? "";
                }
            }
        }

        return values;
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var process = _process.Read();
        _memory.Set(process.MemoryUsageBytes);
        _cpu.Set(process.CpuUsagePercent);
        _allocated.IncTo(GC.GetTotalAllocatedBytes());
        foreach (var (counter, read) in _journalCounters)
        {
            counter.IncTo(read(_journal));
        }

        try
        {
            using var deadline = new CancellationTokenSource(_options.Value.CheckTimeout, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            var statistics = await _statistics.GetAsync(both.Token).WaitAsync(both.Token);
            var workers = await _workers.ListAsync(both.Token).WaitAsync(both.Token);
            _broken.Set(workers.Sum(worker => worker.Stats.BrokenInvariants));
            _queue.Set(await _figures.GetAsync(both.Token).WaitAsync(both.Token), _time.GetUtcNow());
            _active.Set(statistics.Active);
            _jobs.WithLabels("pending").Set(statistics.Queue.Pending);
            _jobs.WithLabels("processing").Set(statistics.Queue.Processing);
            _jobs.WithLabels("completed").Set(statistics.Queue.Completed);
            _jobs.WithLabels("failed").Set(statistics.Queue.Failed);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // What cannot be read is left out of the scrape; an old value would pass for a new one.
            _active.Unpublish();
            _broken.Unpublish();
            _queue.Clear();
            foreach (var labels in _jobs.GetAllLabelValues().ToList())
            {
                _jobs.RemoveLabelled(labels);
            }

            LogUnread(exception);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The gauges of executions and queue could not be read for /metrics and are left out")]
    private partial void LogUnread(Exception exception);
}
