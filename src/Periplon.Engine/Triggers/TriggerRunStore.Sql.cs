namespace Periplon.Engine.Triggers;

internal sealed partial class TriggerRunStore
{
    private const string SelectSql = """
        select trigger_id, source, organization, fingerprint, source_execution_id, execution_id, status, detail, depth, created_at,
               updated_at
          from trigger_runs
        """;

    private const string ClaimSql = """
        insert into trigger_runs (trigger_id, source, organization, fingerprint, source_execution_id, execution_id, status, detail, depth,
                                  created_at, updated_at)
        values (@trigger_id, @source, @organization, @fingerprint, @source_execution_id, @execution_id, 'pending', @detail, @depth,
                @created_at, @updated_at)
        on conflict do nothing
        """;

    private const string FindClaimSql = $"{SelectSql} where trigger_id = @trigger_id and source = @source";

    private const string FindFingerprintSql = $"{SelectSql} where trigger_id = @trigger_id and fingerprint = @fingerprint";

    // What was done once stays as it is; what was refused may be tried again.
    private const string SettleSql = """
        update trigger_runs set status = @status, detail = @detail, updated_at = @now
         where trigger_id = @trigger_id and source = @source and status in ('pending', 'refused')
        """;

    private const string DepthSql = "select depth from trigger_runs where execution_id = @execution_id";

    private const string TouchSql = """
        update trigger_runs set updated_at = @now where trigger_id = @trigger_id and source = @source and status = 'pending'
        """;

    // From one trigger to the next along the index, however many runs each of them has.
    internal const string PendingTriggersSql = """
        with recursive waiting (id, place) as (
          select * from (select trigger_id, 1 from trigger_runs
                          where status = 'pending' and trigger_id > @after order by trigger_id limit 1) as lowest
          union all
          select (select r.trigger_id from trigger_runs as r
                   where r.status = 'pending' and r.trigger_id > w.id order by r.trigger_id limit 1), w.place + 1
            from waiting as w where w.id is not null and w.place < @limit)
        select id from waiting where id is not null
        """;

    // After each failure a run is left alone for as long as it has been tried, up to a bound. A delivery is only given up, much later.
    internal const string PendingSql = $"""
        {SelectSql}
         where status = 'pending' and trigger_id = @trigger_id
           and ((source_execution_id is not null and updated_at <= @before
                 and (updated_at - created_at <= @now - updated_at or updated_at <= @longest))
             or (source_execution_id is null and updated_at <= @given_up))
         order by updated_at limit @limit
        """;

    private const string PostgresClaimedSql = """
        select trigger_id, source_execution_id from trigger_runs where source_execution_id = any(@sources)
        """;

    private const string SqliteClaimedSql = """
        select trigger_id, source_execution_id from trigger_runs
         where source_execution_id in (select value from json_each(@sources))
        """;

    private const string PurgeSql = """
        delete from trigger_runs where (trigger_id, source) in (
          select trigger_id, source from trigger_runs where created_at < @before and status <> 'pending' limit @limit)
        """;
}
