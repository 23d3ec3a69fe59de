using Periplon.Engine.Queue;

namespace Periplon.Engine.Storage;

internal partial class Pulse
{
    private const string Partition = "partition";
    private const string Shard = "shard";
    private const string Bulk = "bulk";
    private const string TriggerRuns = "trigger_runs";
    private const string Triggers = "triggers";

    // Each line is found by an index that holds nothing else, or by its first entry.
    internal static string SqlOf(int partitions, int shards) => $"""
        with partitions (n) as (values {Numbers(partitions)}), shards (n) as (values {Numbers(shards)})
        select '{Partition}', p.n,
               (select e.next_wake_at from executions as e where e.partition = p.n and {QueueStore.WakeSql} order by e.next_wake_at limit 1),
               (select e.next_wake_at from executions as e
                 where e.partition = p.n and {QueueStore.QueuedSql} and e.next_wake_at > e.created_at order by e.next_wake_at limit 1),
               case when exists (select 1 from executions as e where e.partition = p.n and {QueueStore.QueuedSql}) then 1 else 0 end
          from partitions as p
        union all
        select '{Shard}', s.n,
               (select d.next_fire_at from schedules as d where d.shard = s.n and d.next_fire_at is not null order by d.next_fire_at limit 1),
               null,
               case when exists (select 1 from schedule_runs as r where r.shard = s.n and r.status in ('scheduled', 'running'))
                      or exists (select 1 from schedule_runs as r
                                  where r.shard = s.n and r.status = 'skipped' and r.execution_id is not null and r.completed_at > @overtaken)
                      or exists (select 1 from schedule_backfills as b where b.shard = s.n and b.status = 'running')
                      or exists (select 1 from schedules as d where d.shard = s.n and d.deleted_at is not null)
                    then 1 else 0 end
          from shards as s
        union all
        select '{Bulk}', 0, null, null, case when exists (select 1 from bulk_operations where status = 'running') then 1 else 0 end
        union all
        select '{TriggerRuns}', 0, null, null, case when exists (select 1 from trigger_runs where status = 'pending') then 1 else 0 end
        union all
        select '{Triggers}', 0, null, null,
               case when exists (select 1 from triggers where kind = 'completion' and not is_paused) then 1 else 0 end
        """;

    private static string Numbers(int count) => string.Join(", ", Enumerable.Range(0, count).Select(number => $"({number})"));
}
