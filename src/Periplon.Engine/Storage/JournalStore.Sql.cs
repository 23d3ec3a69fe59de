namespace Periplon.Engine.Storage;

internal abstract partial class JournalStore
{
    /// <summary>Statuses that are not final, as the partial indexes spell them.</summary>
    protected const string ActiveSql = "status in ('queued', 'running', 'waiting', 'paused')";

    private const string ReadSql =
        "select seq, events, at from execution_events where execution_id = @id and seq > @after";

    private const string IsActiveSql = $"select 1 from executions where id = @id and {ActiveSql}";

    private const string FitPartitionsSql =
        $"update executions set partition = partition % @partitions where partition >= @partitions and {ActiveSql}";
}
