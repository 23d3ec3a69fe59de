namespace Periplon.Benchmarks;

/// <summary>Statements that put ended executions into a database, spread over the sixty days before a time and over twenty
/// workflows.</summary>
internal static class StoredSeed
{
    /// <summary>Places: number of the first and the last execution, number of all, the time of the newest in microseconds.</summary>
    public const string Postgres = """
        insert into executions (id, organization, workflow_id, workflow_name, workflow_version, revision, status, priority, partition,
                                trigger_type, triggered_by, inputs, result, error, retry_count, labels, created_at, started_at, completed_at)
        select cast(substr(hex, 1, 8) || '-' || substr(hex, 9, 4) || '-7000-8000-' || lpad(to_hex(n), 12, '0') as uuid), 'default',
               cast('00000000-0000-0000-0000-' || lpad(to_hex(n % 20), 12, '0') as uuid), 'stored-' || n % 20, '1', 1,
               case when n % 50 = 0 then 'cancelled' when n % 12 = 0 then 'failed' else 'completed' end, 0, 0, 'manual', 'user-' || n % 100,
               '{"customer":"a value as inputs have it"}', '{"answer":"a value as results have it"}', null, 0,
               case when n % 10 = 0 then jsonb_build_object('team', 'team-' || n / 10 % 500) else '{}' end, at, at, at
          from (select n, at, lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') as hex
                  from (select n, to_timestamp(({newest} - ({all} - n) * (5184000000000 / {all})) / 1000000.0) as at
                          from generate_series({from}, {to}) as n) as times) as rows
        """;

    public const string Sqlite = """
        with recursive n (n) as (select {from} union all select n + 1 from n where n < {to}),
        rows as (select n, {newest} - ({all} - n) * (5184000000000 / {all}) as at from n)
        insert into executions (id, organization, workflow_id, workflow_name, workflow_version, revision, status, priority, partition,
                                trigger_type, triggered_by, inputs, result, error, retry_count, labels, created_at, started_at, completed_at)
        select substr(printf('%012x', at / 1000), 1, 8) || '-' || substr(printf('%012x', at / 1000), 9) || '-7000-8000-' || printf('%012x', n),
               'default', printf('00000000-0000-0000-0000-%012x', n % 20), 'stored-' || n % 20, '1', 1,
               case when n % 50 = 0 then 'cancelled' when n % 12 = 0 then 'failed' else 'completed' end, 0, 0, 'manual', 'user-' || n % 100,
               '{"customer":"a value as inputs have it"}', '{"answer":"a value as results have it"}', null, 0,
               case when n % 10 = 0 then json_object('team', 'team-' || n / 10 % 500) else '{}' end, at, at, at
          from rows
        """;
}
