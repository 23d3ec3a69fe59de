using Periplon.Engine.Storage;

namespace Periplon.Engine.Schedules;

internal sealed partial class ScheduleStore
{
    private const string Columns = """
        s.id, s.organization, s.shard, s.revision, s.name, s.workflow_id, s.cron_expression, s.interval_secs, s.timezone, s.inputs,
        s.description, s.overlap, s.missed, s.missed_window_secs, s.jitter_secs, s.start_at, s.end_at, s.priority, s.is_active,
        s.next_tick, s.next_fire_at, s.last_tick, s.last_run_at, s.failures, s.last_error, s.created_at, s.updated_at, s.created_by
        """;

    private const string SelectSql = $"select {Columns} from schedules as s";

    private const string InsertSql = """
        insert into schedules (id, organization, shard, revision, name, workflow_id, cron_expression, interval_secs, timezone, inputs,
                               description, overlap, missed, missed_window_secs, jitter_secs, start_at, end_at, priority, is_active,
                               next_tick, next_fire_at, created_at, updated_at, created_by)
        values (@id, @organization, @shard, @revision, @name, @workflow_id, @cron_expression, @interval_secs, @timezone, @inputs,
                @description, @overlap, @missed, @missed_window_secs, @jitter_secs, @start_at, @end_at, @priority, @is_active,
                @next_tick, @next_fire_at, @created_at, @updated_at, @created_by)
        """;

    private const string UpdateSql = """
        update schedules
           set revision = @revision, name = @name, workflow_id = @workflow_id, cron_expression = @cron_expression,
               interval_secs = @interval_secs, timezone = @timezone, inputs = @inputs, description = @description, overlap = @overlap,
               missed = @missed, missed_window_secs = @missed_window_secs, jitter_secs = @jitter_secs, start_at = @start_at,
               end_at = @end_at, priority = @priority, is_active = @is_active, next_tick = @next_tick, next_fire_at = @next_fire_at,
               updated_at = @updated_at
         where id = @id and organization = @organization and revision = @expected and next_tick is not distinct from @expected_tick
        """;

    private const string DeleteSql = """
        update schedules
           set deleted_at = @now, is_active = @no, next_tick = null, next_fire_at = null, name = null, revision = revision + 1
         where id = @id and organization = @organization and deleted_at is null
        """;

    private const string EndBackfillsSql = """
        update schedule_backfills set status = 'cancelled', completed_at = @now where schedule_id = @id and status = 'running'
        """;

    // "cross join": from the few schedules to their runs, as in the statement that settles.
    private const string RemoveRunsSql = """
        delete from schedule_runs
         where (schedule_id, tick) in (
           select r.schedule_id, r.tick from schedules as s cross join schedule_runs as r
            where s.shard = @shard and s.deleted_at is not null and r.schedule_id = s.id
              and not (r.status = 'skipped' and r.execution_id is not null and r.completed_at > @late) limit @limit)
        """;

    private const string RemoveSchedulesSql = """
        delete from schedules
         where shard = @shard and deleted_at is not null
           and not exists (select 1 from schedule_runs as r where r.schedule_id = schedules.id)
        """;

    private const string SkipOlderSql = $"""
        update schedule_runs
           set status = 'skipped', waits = @no, completed_at = @now,
               reason = @reason
         where shard = @shard and schedule_id = @schedule and {ActiveSql} and status = 'scheduled' and kind <> 'backfill' and tick < @tick
        """;

    private const string OvertakenSql = $"""
        select r.execution_id, {Columns}
          from schedule_runs as r cross join executions as e cross join schedules as s
         where r.shard = @shard and r.completed_at > @after and r.status = 'skipped' and r.execution_id is not null
           and e.id = r.execution_id and e.completed_at is null and s.id = r.schedule_id limit @limit
        """;

    private const string DueSql =
        $"{SelectSql} where s.shard = @shard and s.next_fire_at <= @until order by s.next_fire_at limit @limit";

    private const string PostponeSql = """
        update schedules set next_fire_at = @until, failures = failures + 1, last_error = @reason
         where id = @id and revision = @revision and next_tick = @expected
        """;

    private const string RunColumns = """
        r.schedule_id, r.tick, r.shard, r.kind, r.status, r.waits, r.cancels_older, r.ticks, r.priority, r.execution_id, r.backfill_id,
        r.reason, r.created_at, r.started_at, r.completed_at
        """;

    private const int RunColumnCount = 15;

    private const string ListRunsSql = $"select {RunColumns} from schedule_runs as r where r.schedule_id = @schedule";

    private const string FindRunSql = $"{ListRunsSql} and r.execution_id = @execution";

    private const string TakenTicksSql = """
        select tick from schedule_runs
         where schedule_id = @schedule and tick >= @from and tick < @to and kind <> 'manual' and execution_id is not null
           and status <> 'skipped'
        """;

    private const string ExistingSql = "select id from executions where id";

    private const string TroubleSql = "update schedules set failures = failures + 1, last_error = @reason where id = @id";

    // As the partial index spells it: SQLite does not see that it follows from one of the two.
    private const string ActiveSql = "status in ('scheduled', 'running')";

    internal static string ForgottenSql(DatabaseKind kind) => $"""
        select {RunColumns}, {Columns}
          from (select w.schedule_id, w.tick, row_number() over (partition by w.schedule_id order by w.waits desc, w.tick) as place
                  from schedule_runs as w join schedules as t on t.id = w.schedule_id
                 where w.shard = @shard and w.schedule_id > @after and w.{ActiveSql} and w.status = 'scheduled'
                   and t.deleted_at is null and w.execution_id not in {(kind is DatabaseKind.Postgres
                       ? "(select value::uuid from jsonb_array_elements_text(@passed))"
                       : "(select value from json_each(@passed))")}
                   and ((not w.waits and (w.created_at < @before or w.created_at > @now))
                     or (w.waits and t.is_active and not exists (
                          select 1 from schedule_runs as o
                           where o.shard = w.shard and o.schedule_id = w.schedule_id and o.{ActiveSql}
                             and not o.waits and o.kind <> 'backfill')))) as f
          join schedule_runs as r on r.schedule_id = f.schedule_id and r.tick = f.tick
          join schedules as s on s.id = f.schedule_id
         where f.place <= @each order by f.schedule_id, f.place limit @limit
        """;

    // In SQLite "cross join" keeps the order of the tables: from the few runs to their executions, never through all executions.
    internal const string SettleSql = $"""
        update schedule_runs as r
           set status = case when e.status = 'completed' then 'completed' else 'failed' end, completed_at = e.completed_at,
               reason = case when e.status = 'completed' then null else coalesce(e.error, 'the execution ended as ' || e.status) end
          from (select w.schedule_id, w.tick, x.status, x.error, x.completed_at
                  from schedule_runs as w cross join executions as x
                 where w.shard = @shard and w.{ActiveSql} and w.status = 'running'
                   and x.id = w.execution_id and x.completed_at is not null) as e
         where r.schedule_id = e.schedule_id and r.tick = e.tick and r.status = 'running'
        """;

    internal const string SettleLostSql = $"""
        update schedule_runs
           set status = 'failed', completed_at = @now, reason = 'the execution no longer exists, so how it ended is not known'
         where shard = @shard and {ActiveSql} and status = 'running' and started_at < @before
           and not exists (select 1 from executions as e where e.id = schedule_runs.execution_id)
        """;

    private const string PruneRunsSql = """
        delete from schedule_runs
         where (schedule_id, tick) in (
           select r.schedule_id, r.tick from schedule_runs as r
            where r.shard = @shard and r.completed_at < @before
              and not exists (select 1 from schedule_backfills as b
                               where b.schedule_id = r.schedule_id and b.status = 'running' and b.next_at <= r.tick)
            order by r.completed_at limit @limit)
        """;

    private const string PruneBackfillsSql = "delete from schedule_backfills where shard = @shard and completed_at < @before";

    private const string BackfillColumns = """
        b.id, b.schedule_id, b.organization, b.shard, b.from_at, b.to_at, b.next_at, b.max_parallel, b.priority, b.status, b.total,
        b.started, b.passed, b.created_at, b.completed_at, b.created_by
        """;

    private const int BackfillColumnCount = 16;

    private const string SelectBackfillSql = $"select {BackfillColumns} from schedule_backfills as b";

    private const string ActiveBackfillsSql = $"""
        select {BackfillColumns}, {Columns}
          from schedule_backfills as b join schedules as s on s.id = b.schedule_id
         where b.shard = @shard and b.status = 'running' and s.deleted_at is null order by b.created_at
        """;

    private const string InsertBackfillSql = """
        insert into schedule_backfills (id, schedule_id, organization, shard, from_at, to_at, next_at, max_parallel, priority, status,
                                        total, created_at, created_by)
        values (@id, @schedule, @organization, @shard, @from, @to, @next_at, @max_parallel, @priority, 'running', @total, @created_at,
                @created_by)
        on conflict do nothing
        """;

    private const string AdvanceBackfillSql = """
        update schedule_backfills set next_at = @next_at where id = @id and next_at = @expected and status = 'running'
        """;

    private const string CountBackfillSql =
        "update schedule_backfills set passed = passed + @passed, started = started + @started where id = @id";

    private const string EndBackfillSql =
        "update schedule_backfills set status = @status, completed_at = @at where id = @id and status = 'running'";

    private const string CountBackfillRunsSql = "select status, count(*) from schedule_runs where backfill_id = @id group by status";
}
