namespace Periplon.Engine.Logs;

internal sealed partial class LogStore
{
    private const string ReadSql =
        "select id, task, attempt, at, level, stream, message from execution_logs where execution_id = @execution_id and id > @after";

    // Taken in rising order by everybody, so that two batches cannot wait for each other.
    private const string LockSql = "select pg_advisory_xact_lock(1886416492, stripe) from unnest($1::integer[]) as stripe";

    private const string PostgresInsertSql = """
        insert into execution_logs (execution_id, created_on, task, attempt, at, level, stream, message)
        select execution_id, created_on, task, attempt, at, level, stream, message
          from unnest($1::uuid[], $2::date[], $3::text[], $4::integer[], $5::timestamptz[], $6::text[], $7::text[], $8::text[])
            with ordinality as t (execution_id, created_on, task, attempt, at, level, stream, message, place)
         order by place
        """;

    private const string SqliteInsertSql = """
        insert into execution_logs (execution_id, task, attempt, at, level, stream, message)
        values (@execution_id, @task, @attempt, @at, @level, @stream, @message)
        """;
}
