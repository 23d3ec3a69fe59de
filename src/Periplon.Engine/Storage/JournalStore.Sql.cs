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

    private const string ListActiveSql =
        $"select id from executions where partition = @partition and {ActiveSql} and id > @after order by id limit @limit";

    private const string ListDueSql = $"""
        select id, next_wake_at from executions
         where partition = @partition and {ActiveSql} and next_wake_at <= @now and (next_wake_at, id) > (@after_time, @after_id)
         order by next_wake_at, id limit @limit
        """;

    // Rows are locked in the order of their ids, as the journal's batches do.
    private const string PostgresTouchSql = $"""
        with due as (
          select id from executions
           where id = any(@ids) and {ActiveSql} and next_wake_at <= @now
           order by id for no key update)
        update executions set next_wake_at = @next from due where executions.id = due.id
        """;

    private const string SqliteTouchSql = $"""
        update executions set next_wake_at = @next
         where id in (select value from json_each(@ids)) and {ActiveSql} and next_wake_at <= @now
        """;
}
