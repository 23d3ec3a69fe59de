using Periplon.Engine.Executions;

namespace Periplon.Engine.Triggers;

internal sealed partial class TriggerStore
{
    private const string Columns = """
        t.id, t.organization, t.name, t.kind, t.is_paused, t.revision, t.definition, t.secret_set_at, t.previous_until, t.active_since,
        t.scanned_to, t.created_at, t.updated_at, t.created_by, started.name, watched.name
        """;

    private const string FromSql = """
        from triggers t
        left join workflows started on started.id = t.workflow_id and started.organization = t.organization
        left join workflows watched on watched.id = t.watched_workflow_id and watched.organization = t.organization
        """;

    private const string SelectSql = $"select {Columns} {FromSql}";

    private const string SelectWithSecretsSql = $"select {Columns}, t.secret, t.previous_secret {FromSql}";

    private const string InsertSql = """
        insert into triggers (id, organization, name, kind, is_paused, revision, workflow_id, watched_workflow_id, definition, secret,
                              secret_set_at, active_since, scanned_to, created_at, updated_at, created_by)
        values (@id, @organization, @name, @kind, @is_paused, 1, @workflow_id, @watched_workflow_id, @definition, @secret,
                @secret_set_at, @active_since, @scanned_to, @created_at, @updated_at, @created_by)
        """;

    private const string UpdateSql = """
        update triggers
           set name = @name, is_paused = @is_paused, revision = revision + 1, workflow_id = @workflow_id,
               watched_workflow_id = @watched_workflow_id, definition = @definition, active_since = @active_since,
               scanned_to = @scanned_to, updated_at = @updated_at
         where id = @id and organization = @organization and kind = @kind and revision = @revision
        """;

    private const string RotateSql = """
        update triggers
           set previous_secret = case when @until is null then null else secret end, previous_until = @until, secret = @secret,
               secret_set_at = @now, updated_at = @now
         where id = @id and organization = @organization and kind = 'webhook'
        """;

    private const string DeleteSql = "delete from triggers where id = @id and organization = @organization";

    private const string WatchingSql = $"{SelectSql} where t.kind = 'completion' and not t.is_paused order by t.id";

    private const string AdvanceSql = "update triggers set scanned_to = @scanned_to where id = @id and scanned_to < @scanned_to";

    // What a subflow runs is a part of its parent, not an execution of the workflow.
    private const string EndedSql = $"""
        select id, organization, workflow_id, completed_at, status, trigger_type, labels from executions
         where completed_at is not null and completed_at >= @from and (completed_at, id) > (@after_time, @after_id)
           and trigger_type <> '{TriggerTypes.Subflow}'
        """;

    private const string EndedOrderSql = " order by completed_at, id limit @limit";

    private const string PostgresWorkflowsSql = " and workflow_id = any(@workflows)";

    private const string SqliteWorkflowsSql = " and workflow_id in (select value from json_each(@workflows))";
}
