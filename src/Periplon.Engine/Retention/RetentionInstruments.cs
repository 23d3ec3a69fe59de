using System.Diagnostics.Metrics;

namespace Periplon.Engine.Retention;

/// <summary>What retention counts and times.</summary>
internal sealed class RetentionInstruments(Meter meter)
{
    private readonly Counter<long> _executions = meter.CreateCounter<long>("periplon_retention_executions");
    private readonly Counter<long> _rows = meter.CreateCounter<long>("periplon_retention_rows");
    private readonly Counter<long> _partitions = meter.CreateCounter<long>("periplon_retention_partitions_dropped");
    private readonly Counter<long> _artifacts = meter.CreateCounter<long>("periplon_retention_artifact_folders");
    private readonly Counter<long> _failures = meter.CreateCounter<long>("periplon_retention_failures");
    private readonly Histogram<double> _transaction = meter.CreateHistogram<double>("periplon_retention_transaction");

    /// <summary>Longest transaction so far.</summary>
    public TimeSpan Longest { get; private set; }

    /// <summary>Executions were deleted; <paramref name="reason"/> is <c>age</c>, <c>count</c> or <c>request</c>.</summary>
    public void OnExecutions(string reason, int count) => _executions.Add(count, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Rows of a table beside the executions' own were deleted.</summary>
    public void OnRows(string table, long count) => _rows.Add(count, new KeyValuePair<string, object?>("table", table));

    public void OnPartitionDropped() => _partitions.Add(1);

    public void OnArtifacts(int folders) => _artifacts.Add(folders);

    public void OnFailure() => _failures.Add(1);

    public void OnTransaction(TimeSpan elapsed)
    {
        _transaction.Record(elapsed.TotalSeconds);
        Longest = elapsed > Longest ? elapsed : Longest;
    }
}
