using Periplon.Engine.Executions;

namespace Periplon.Engine.Retention;

internal sealed partial class ExecutionPurge
{
    // What has not ended needs its parent, which gets its outcome, and its children, which are stopped with it. A retry needs what it is a
    // retry of for as long as it exists: the outputs that it has kept, which its own retries keep on, lie among the files of that one.
    private const string UnneededSql = $"""
        e.completed_at is not null
          and not exists (
            select 1 from executions p
             where p.id = e.parent_execution_id and p.organization = e.organization and e.trigger_type = '{TriggerTypes.Subflow}'
               and p.completed_at is null)
          and not exists (
            select 1 from executions c
             where c.parent_execution_id = e.id and c.organization = e.organization and c.trigger_type = '{TriggerTypes.Subflow}'
               and c.completed_at is null)
          and not exists (select 1 from executions r where r.retry_of = e.id)
        """;

    // Locked rows are passed by: somebody else deletes them now, or they are left for the next round.
    private const string PostgresDeleteSql = $"""
        with gone as (
          select e.id from executions e where e.id = any(@ids) and {UnneededSql} order by e.id for update skip locked)
        delete from executions using gone where executions.id = gone.id returning executions.id
        """;

    private const string SqliteDeleteSql = $"""
        delete from executions as e
         where e.id in (select value from json_each(@ids)) and {UnneededSql} returning id
        """;
}
