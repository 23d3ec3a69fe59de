using Periplon.Engine.Invariants;
using Prometheus;

namespace Periplon.Api.Server;

// Retention, and what must never happen.
internal sealed partial class PrometheusExport
{
    private void AddUpkeep(MetricFactory factory)
    {
        AddCounter(factory, "periplon_retention_executions", "Ended executions deleted, by reason: age, count or request", "reason");
        AddCounter(factory, "periplon_retention_rows", "Rows deleted beside those of executions, by table", "table");
        AddCounter(factory, "periplon_retention_partitions_dropped", "Monthly partitions of journal and log dropped");
        AddCounter(factory, "periplon_retention_artifact_folders", "Artifact folders of no execution deleted");
        AddCounter(factory, "periplon_retention_failures", "Rounds, or files of an execution, that could not be deleted");
        AddHistogram(factory, "periplon_retention_transaction", "Seconds that a transaction of retention took");
        foreach (var invariant in Invariant.All)
        {
            AddCounter(factory, InvariantMonitor.Prefix + invariant.Name, invariant.Meaning);
        }
    }
}
