using Periplon.Engine.Executions;

namespace Periplon.Engine.Retention;

internal sealed partial class RetentionRound
{
    // A child goes with its parent, not before, however far up the one is that is still needed.
    private const string AgedSql = $"""
        select e.id, e.completed_at,
               exists (select 1 from executions p
                        where p.id = e.parent_execution_id and p.organization = e.organization
                          and e.trigger_type = '{TriggerTypes.Subflow}') as needed
          from executions e
         where e.completed_at < @cutoff and (e.completed_at, e.id) > (@after_time, @after_id)
         order by e.completed_at, e.id limit @limit
        """;

    // Whether anything of a month stays: what has not ended, what ended lately, and what others need or may need.
    private const string MonthKeepsSql = $"""
        select exists (
          select 1 from executions e
           where e.id >= @first and e.id < @end
             and (e.completed_at is null or e.completed_at >= @cutoff
               or exists (select 1 from executions p
                           where p.id = e.parent_execution_id and p.organization = e.organization
                             and e.trigger_type = '{TriggerTypes.Subflow}' and not (p.id >= @first and p.id < @end))
               or exists (select 1 from executions c
                           where c.parent_execution_id = e.id and c.organization = e.organization
                             and c.trigger_type = '{TriggerTypes.Subflow}' and c.completed_at is null)
               or exists (select 1 from executions r where r.retry_of = e.id and not (r.id >= @first and r.id < @end))))
        """;

    private const string MonthSql =
        "select id from executions where id >= @first and id < @end and id > @after order by id limit @limit";

    private const string WorkflowsSql = "select id from workflows where id > @after order by id limit @limit";

    // The newest execution that is one too many.
    private const string SurplusSql = $"""
        select created_at, id from executions
         where workflow_id = @workflow and trigger_type <> '{TriggerTypes.Subflow}' and completed_at is not null
         order by created_at desc, id desc limit 1 offset @offset
        """;

    private const string SurplusIdsSql = $"""
        select id, created_at from executions
         where workflow_id = @workflow and trigger_type <> '{TriggerTypes.Subflow}' and completed_at is not null
           and (created_at, id) <= (@after_time, @after_id) and completed_at < @least
         order by created_at desc, id desc limit @limit
        """;
}
