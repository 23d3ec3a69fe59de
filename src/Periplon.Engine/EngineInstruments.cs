using System.Diagnostics.Metrics;
using Periplon.Core.Executions;
using Periplon.Engine.Retention;

namespace Periplon.Engine;

/// <summary>What the engine counts and times, since the process started. Exporters listen to <see cref="Meter"/>.</summary>
internal sealed class EngineInstruments : IDisposable
{
    public const string MeterName = "Periplon.Engine";

    private readonly Counter<long> _created;
    private readonly Counter<long> _started;
    private readonly Counter<long> _finished;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _tasksStarted;
    private readonly Counter<long> _tasksFinished;
    private readonly Histogram<double> _taskDuration;
    private readonly Counter<long> _tasksReturned;
    private readonly Counter<long> _reportsDropped;
    private readonly Counter<long> _reportsWithheld;
    private readonly Counter<long> _offersRefused;

    public EngineInstruments()
    {
        Meter = new Meter(MeterName);
        _created = Meter.CreateCounter<long>("workflow_executions_created", description: "Executions that were accepted");
        _started = Meter.CreateCounter<long>("workflow_executions_started", description: "Executions whose first task has started");
        _finished = Meter.CreateCounter<long>("workflow_executions", description: "Executions that reached a terminal status");
        _duration = Meter.CreateHistogram<double>("workflow_executions_duration", "s", "Time from acceptance to the terminal status");
        _tasksStarted = Meter.CreateCounter<long>("workflow_tasks_started", description: "Attempts that a worker took");
        _tasksFinished = Meter.CreateCounter<long>("workflow_tasks", description: "Attempts that ended");
        _taskDuration = Meter.CreateHistogram<double>("workflow_tasks_duration", "s", "Time an attempt took");
        _tasksReturned = Meter.CreateCounter<long>(
            "workflow_tasks_returned", description: "Attempts handed back or lost with their worker");
        _reportsDropped = Meter.CreateCounter<long>("workflow_reports_dropped", description: "Reports without a valid lease, dropped");
        _reportsWithheld = Meter.CreateCounter<long>(
            "workflow_reports_withheld", description: "Reports not sent, because this silo is no longer a member of the cluster");
        _offersRefused = Meter.CreateCounter<long>("workflow_offers_refused", description: "Claims on offers that no longer stood");
        Retention = new RetentionInstruments(Meter);
    }

    public Meter Meter { get; }

    /// <summary>What retention counts.</summary>
    public RetentionInstruments Retention { get; }

    public void OnExecutionCreated() => _created.Add(1);

    public void OnExecutionStarted() => _started.Add(1);

    /// <summary>Called once per execution, after the commit of its terminal event.</summary>
    public void OnExecutionFinished(ExecutionStatus status, TimeSpan duration)
    {
        var tag = Tag("status", status.ToWord());
        _finished.Add(1, tag);
        _duration.Record(Math.Max(0, duration.TotalSeconds), tag);
    }

    public void OnTaskStarted(string kind) => _tasksStarted.Add(1, Tag("kind", kind));

    /// <summary>Called for each attempt that ended with an accepted report.</summary>
    public void OnTaskFinished(string kind, TaskOutcomeKind outcome, TimeSpan duration)
    {
        var tag = Tag("kind", kind);
        _tasksFinished.Add(1, tag, Tag("outcome", outcome.ToString().ToLowerInvariant()));
        _taskDuration.Record(Math.Max(0, duration.TotalSeconds), tag);
    }

    /// <summary>An attempt goes back to the queue; <paramref name="reason"/> comes from a closed set, never from user text.</summary>
    public void OnTaskReturned(string reason) => _tasksReturned.Add(1, Tag("reason", reason));

    public void OnReportDropped() => _reportsDropped.Add(1);

    public void OnReportWithheld() => _reportsWithheld.Add(1);

    public void OnOfferRefused() => _offersRefused.Add(1);

    public void Dispose() => Meter.Dispose();

    private static KeyValuePair<string, object?> Tag(string key, string value) => new(key, value);
}
