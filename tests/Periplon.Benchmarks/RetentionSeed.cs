namespace Periplon.Benchmarks;

/// <summary>Statements that fill a database with ended executions, a second apart from a first one on.</summary>
internal static class RetentionSeed
{
    public static IReadOnlyList<string> Postgres { get; } =
    [
        """
        create table if not exists bench_ids (id uuid, at timestamptz);
        truncate bench_ids;
        insert into bench_ids
        select cast(substr(t.hex, 1, 8) || '-' || substr(t.hex, 9, 4) || '-7000-8000-' || substr(md5('{first}' || t.n::text), 1, 12)
                 as uuid), to_timestamp(t.ms / 1000.0)
          from (select n, {first} + n * 100::bigint as ms, lpad(to_hex({first} + n * 100::bigint), 12, '0') as hex
                  from generate_series(1, {count}) as n) as t;
        """,
        """
        insert into executions (id, organization, workflow_id, workflow_name, workflow_version, revision, status, priority, partition,
                                trigger_type, inputs, result, retry_count, labels, created_at, started_at, completed_at)
        select id, 'bench', '00000000-0000-0000-0000-000000000000', 'nightly', '1', 1, 'completed', 0, 0, 'manual',
               '{"customer":"a value as inputs have it"}', '{"answer":"a value as results have it"}', 0, '{"team":"bench"}', at, at, at
          from bench_ids
        """,
        """
        insert into execution_events (execution_id, seq, created_on, writer, at, events)
        select id, seq, (at at time zone 'utc')::date, id, at, decode(repeat(md5(id::text || seq::text), 12), 'escape')
          from bench_ids, generate_series(1, {rows}) as seq
        """,
        """
        insert into execution_logs (execution_id, created_on, task, attempt, at, level, stream, message)
        select id, (at at time zone 'utc')::date, 'build', 1, at, 'info', 'stdout', 'line ' || line || ' of what a task prints'
          from bench_ids, generate_series(1, {lines}) as line
        """,
        "analyze",
    ];

    public static IReadOnlyList<string> Sqlite { get; } =
    [
        """
        create table if not exists bench_ids (id text, at integer);
        delete from bench_ids;
        insert into bench_ids
        with recursive n (n) as (select 1 union all select n + 1 from n where n < {count}),
        t as (select {first} + n * 100 as ms, printf('%012x', {first} + n * 100) as hex from n)
        select substr(hex, 1, 8) || '-' || substr(hex, 9, 4) || '-7000-8000-' || lower(hex(randomblob(6))), ms * 1000 from t;
        """,
        """
        insert into executions (id, organization, workflow_id, workflow_name, workflow_version, revision, status, priority, partition,
                                trigger_type, inputs, result, retry_count, labels, created_at, started_at, completed_at)
        select id, 'bench', '00000000-0000-0000-0000-000000000000', 'nightly', '1', 1, 'completed', 0, 0, 'manual',
               '{"customer":"a value as inputs have it"}', '{"answer":"a value as results have it"}', 0, '{"team":"bench"}', at, at, at
          from bench_ids
        """,
        """
        with recursive seq (seq) as (select 1 union all select seq + 1 from seq where seq < {rows})
        insert into execution_events (execution_id, seq, writer, at, events)
        select id, seq, id, at, randomblob(380) from bench_ids, seq
        """,
        """
        with recursive line (line) as (select 1 union all select line + 1 from line where line < {lines})
        insert into execution_logs (execution_id, task, attempt, at, level, stream, message)
        select id, 'build', 1, at, 'info', 'stdout', 'line ' || line || ' of what a task prints' from bench_ids, line
        """,
        "delete from bench_ids",
    ];
}
