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

    private const string PendingSql = $"{SelectSql} where status = 'pending' and updated_at < @before order by updated_at limit @limit";

    private const string PostgresHandledSql = """
        select trigger_id, source_execution_id from trigger_runs where source_execution_id = any(@sources) and status <> 'pending'
        """;

    private const string SqliteHandledSql = """
        select trigger_id, source_execution_id from trigger_runs
         where source_execution_id in (select value from json_each(@sources)) and status <> 'pending'
        """;

    private const string PurgeSql = """
        delete from trigger_runs where (trigger_id, source) in (
          select trigger_id, source from trigger_runs where created_at < @before and status <> 'pending' limit @limit)
        """;
}
