namespace Periplon.Engine.Bulk;

internal sealed partial class BulkStore
{
    private const string SelectSql = """
        select id, organization, action, request, reason, status, cancel_requested, matched, done, unchanged, failed, errors, cursor_at,
               cursor_id, claim, owner, lease_until, created_at, created_by, updated_at, completed_at
          from bulk_operations
        """;

    private const string InsertSql = """
        insert into bulk_operations (id, organization, action, request, reason, status, cancel_requested, matched, done, unchanged, failed,
                                     errors, created_at, created_by, updated_at)
        select @id, @organization, @action, @request, @reason, 'running', @no, @matched, 0, 0, 0, '[]', @created_at, @created_by,
               @created_at
         where (select count(*) from bulk_operations where status = 'running' and organization = @organization) < @most
        on conflict do nothing
        """;

    // Until the end of the transaction: two that count at the same time would both find room. SQLite has one writer anyway.
    private const string LockSql = "select pg_advisory_xact_lock(hashtextextended('bulk_operations/' || @organization, 0))";

    private const string CancelSql = """
        update bulk_operations set cancel_requested = @yes, updated_at = @now
         where id = @id and organization = @organization and status = 'running'
        """;

    // Turn by turn: of each organization the operation that was left longest, then the second of each, and so on. One that is to be
    // cancelled has nothing to do but to end, and comes first.
    private const string RunningSql = $"""
        {SelectSql}
         where id in (select t.id from (select id, updated_at, row_number() over (partition by organization
                                                                        order by cancel_requested desc, updated_at, id) as turn
                                          from bulk_operations where status = 'running') as t
                       order by t.turn, t.updated_at, t.id limit @limit)
        """;

    private const string ClaimSql = """
        update bulk_operations set claim = @claim, owner = @owner, lease_until = @lease_until
         where id = @id and status = 'running' and (claim = @before or (claim is null and @before is null))
        """;

    private const string RenewSql =
        "update bulk_operations set lease_until = @lease_until where id = @id and status = 'running' and claim = @claim";

    private const string SaveSql = """
        update bulk_operations
           set status = @status, done = @done, unchanged = @unchanged, failed = @failed, errors = @errors, cursor_at = @cursor_at,
               cursor_id = @cursor_id, lease_until = @lease_until, updated_at = @updated_at, completed_at = @completed_at
         where id = @id and status = 'running' and claim = @claim
        returning cancel_requested
        """;

    private const string ReleaseSql = """
        update bulk_operations set claim = null, owner = null, lease_until = null
         where id = @id and status = 'running' and claim = @claim
        """;

    private const string PurgeSql = """
        delete from bulk_operations where id in (
          select id from bulk_operations where completed_at is not null and completed_at < @before limit @limit)
        """;
}
