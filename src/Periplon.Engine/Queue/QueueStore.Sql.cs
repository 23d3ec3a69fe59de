namespace Periplon.Engine.Queue;

internal sealed partial class QueueStore
{
    // As the partial indexes spell them.
    internal const string QueuedSql = "status = 'queued' and queue_lane is not null";

    internal const string WakeSql = "(status in ('running', 'waiting', 'paused') or (status = 'queued' and queue_lane is null))";

    private const string ActiveSql = "status in ('queued', 'running', 'waiting', 'paused')";

    private const string ClassSql = $"partition = @partition and organization = @organization and queue_lane = @lane and {QueuedSql}";

    internal const string ListDueSql = $"""
        select next_wake_at, id from executions
         where partition = @partition and {WakeSql} and next_wake_at <= @until and (next_wake_at, id) > (@after_time, @after_id)
         order by next_wake_at, id limit @limit
        """;

    internal const string ListDueStartsSql = $"""
        select next_wake_at, id from executions
         where partition = @partition and {QueuedSql} and next_wake_at > created_at and next_wake_at <= @until
           and (next_wake_at, id) > (@after_time, @after_id)
         order by next_wake_at, id limit @limit
        """;

    // Rows are locked in the order of their ids, as the journal's batches do.
    private const string PostgresMoveSql = $"""
        with due as (
          select e.id, look.next from unnest(@ids, @times) as look (id, next) join executions e on e.id = look.id
           where e.{ActiveSql} and e.next_wake_at <= @now
           order by e.id for no key update of e)
        update executions set next_wake_at = due.next from due where executions.id = due.id
        """;

    private const string SqliteMoveSql = $"""
        update executions set next_wake_at = json_extract(look.value, '$[1]') from json_each(@looks) as look
         where executions.id = json_extract(look.value, '$[0]') and {ActiveSql} and next_wake_at <= @now
        """;

    private const string FirstClassSql = $"""
        select organization, queue_lane from executions where partition = @partition and {QueuedSql}
         order by organization, queue_lane limit 1
        """;

    private const string NextClassSql = $"""
        select organization, queue_lane from executions
         where partition = @partition and {QueuedSql} and (organization, queue_lane) > (@organization, @lane)
         order by organization, queue_lane limit 1
        """;

    private const string NextPrioritySql = $"select max(priority) from executions where {ClassSql} and priority < @below";

    private const string ListQueuedSql = $"""
        select id, created_at from executions
         where {ClassSql} and priority = @priority and (created_at, id) > (@after_time, @after_id)
         order by created_at, id limit @limit
        """;

    private const string CountSql = $"""
        select organization, partition, priority, count(*), min(created_at) from executions where {QueuedSql}
         group by organization, partition, priority
        """;

    private const string CountOfSql = $"""
        select organization, partition, priority, count(*), min(created_at) from executions
         where {QueuedSql} and organization = @organization
         group by organization, partition, priority
        """;
}
