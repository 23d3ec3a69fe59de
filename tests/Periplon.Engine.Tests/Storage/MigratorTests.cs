using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

public abstract class MigratorTests : IAsyncLifetime
{
    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract DatabaseKind Kind { get; }

    private protected TestDatabase Test { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Test = await TestDatabase.CreateEmptyAsync(Kind);

    public async ValueTask DisposeAsync()
    {
        await Test.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task UpDownUp_LeavesWhatUpLeaves()
    {
        var migrator = Test.Migrator();
        (await migrator.StatusAsync(Ct)).ShouldAllBe(status => status.State == MigrationState.Pending);

        var applied = await migrator.UpAsync(Ct);
        var schema = await DumpAsync();
        applied.Select(status => status.Name).Take(4).ShouldBe(["orleans", "workflows", "executions", "logs"]);
        (await migrator.UpAsync(Ct)).ShouldBeEmpty("everything is applied");

        (await migrator.DownAsync(1, Ct)).Select(status => status.Number).ShouldBe([applied[^1].Number]);
        (await migrator.StatusAsync(Ct))[^1].State.ShouldBe(MigrationState.Pending);
        (await migrator.DownAsync(99, Ct)).Count.ShouldBe(applied.Count - 1);
        (await DumpAsync()).ShouldNotContain("workflows");

        await migrator.UpAsync(Ct);
        (await DumpAsync()).ShouldBe(schema);
    }

    [Fact]
    public async Task Up_FileChangedAfterItWasApplied_NamesIt()
    {
        await Test.Migrator([new(1, "first", "create table first (id integer)", "drop table first")]).UpAsync(Ct);
        var changed = Test.Migrator([new(1, "first", "create table first (id bigint)", "drop table first")]);
        (await changed.StatusAsync(Ct))[0].State.ShouldBe(MigrationState.Changed);
        (await Should.ThrowAsync<MigrationException>(changed.UpAsync(Ct))).Message.ShouldContain("001_first");
        (await Should.ThrowAsync<MigrationException>(changed.DownAsync(1, Ct))).Message.ShouldContain("changed");
    }

    [Fact]
    public async Task Up_DatabaseOfANewerProgram_LeavesWhatItHasAddedAndRevertsNothing()
    {
        Migration first = new(1, "first", "create table first (id integer)", "drop table first");
        await Test.Migrator([first, new(9, "later", "create table later (id integer)", "drop table later")]).UpAsync(Ct);
        var older = Test.Migrator([first]);
        (await older.StatusAsync(Ct))[1].State.ShouldBe(MigrationState.Unknown);
        (await older.UpAsync(Ct)).ShouldBeEmpty("silos of the version before still start while a new one is brought in");
        (await Should.ThrowAsync<MigrationException>(older.DownAsync(1, Ct))).Message.ShouldContain("newer version");
    }

    [Fact]
    public async Task Up_MigrationOfAnotherLine_SaysSo()
    {
        await Test.Migrator([new(5, "foreign", "create table alien (id integer)", "drop table alien")]).UpAsync(Ct);
        var program = Test.Migrator([new(9, "own", "create table own (id integer)", "drop table own")]);
        (await Should.ThrowAsync<MigrationException>(program.UpAsync(Ct))).Message.ShouldContain("005_foreign");
    }

    [Fact]
    public async Task Up_MigrationThatFailsHalfWay_LeavesNothingOfItself()
    {
        var migrator = Test.Migrator(
        [
            new(1, "good", "create table good (id integer)", "drop table good"),
            new(2, "bad", "create table half (id integer); create table good (id integer);", "drop table half"),
        ]);
        (await Should.ThrowAsync<MigrationException>(migrator.UpAsync(Ct))).Message.ShouldContain("002_bad");
        (await migrator.StatusAsync(Ct)).Select(status => status.State).ShouldBe([MigrationState.Applied, MigrationState.Pending]);
        (await DumpAsync()).ShouldNotContain("half");
    }

    [Fact]
    public async Task Up_SeveralProgramsAtOnce_ApplyEachMigrationOnce()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Test.Migrator().UpAsync(Ct), Ct)));
        results.SelectMany(result => result).Select(status => status.Number).ShouldBeUnique();
    }

    [Fact]
    public async Task Up_EmptyDatabase_MatchesTheExpectedSchema()
    {
        await Test.Migrator().UpAsync(Ct);
        var file = Path.Combine(Golden.Folder(), $"schema.{Kind.ToString().ToLowerInvariant()}.expected.sql");
        await Golden.MatchesAsync(file, await DumpAsync());
    }

    [Fact]
    public async Task Migrations_GivenOutBefore_AreAsTheyWere()
    {
        var kind = Kind.ToString().ToLowerInvariant();
        var released = (await File.ReadAllLinesAsync(Path.Combine(Golden.Folder(), "migrations.released.txt"), Ct))
            .Where(line => line.StartsWith(kind, StringComparison.Ordinal)).ToList();
        released.Count.ShouldBeGreaterThanOrEqualTo(12);
        released.Except(Migration.LoadEmbedded(Kind).Select(each => $"{kind} {each.FileName} {each.Checksum}")).ShouldBeEmpty(
            "databases keep the checksum and refuse another: restore the file and put the change into a new migration");
    }

    private protected abstract Task<string> DumpAsync();
}

public sealed class SqliteMigratorTests : MigratorTests
{
    private protected override DatabaseKind Kind => DatabaseKind.Sqlite;

    private protected override async Task<string> DumpAsync() => string.Join("\n", await Test.LinesAsync(
        "select sql || ';' from sqlite_master where sql is not null and name not like 'sqlite_%' order by tbl_name, type desc, name"));
}

public sealed class PostgresMigratorTests : MigratorTests
{
    // Months come and go, so their partitions are no part of the schema.
    private const string DumpSql = """
        with tables as (
          select oid, relname from pg_class
           where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
             and (not relispartition or relname ~ '_(default|keyed)$'))
        select line from (
          select relname, 1 as part, attnum::text as place,
                 relname || '.' || attname || ' ' || format_type(atttypid, atttypmod) || case when attnotnull then ' not null' else '' end
                   || coalesce(' default ' || pg_get_expr(adbin, adrelid), '') as line
            from tables join pg_attribute on attrelid = tables.oid and attnum > 0 and not attisdropped
            left join pg_attrdef on adrelid = attrelid and adnum = attnum
          union all
          select relname, 2, conname, relname || ' ' || conname || ': ' || pg_get_constraintdef(pg_constraint.oid)
            from tables join pg_constraint on conrelid = tables.oid and contype <> 'n'
          union all
          select relname, 3, indexname, indexdef from tables join pg_indexes on tablename = relname and schemaname = 'public'
        ) as lines
        order by relname, part, lpad(place, 60, '0') collate "C"
        """;

    private protected override DatabaseKind Kind => DatabaseKind.Postgres;

    [Fact]
    public async Task Up_RowsOfKeyedIdsInTheDefaultPartitions_MoveToTheirOwn()
    {
        // As far as the versions went that had no partition for them.
        await Test.Migrator([.. Migration.LoadEmbedded(Kind).Where(each => each.Number <= 6)]).UpAsync(Ct);
        var id = Guid.NewGuid();
        await Test.ScalarAsync($"""
            insert into execution_events (execution_id, seq, created_on, writer, at, events)
              select '{id}', n, '1970-01-01', '{id}', now(), '' from generate_series(1, 3) n;
            insert into execution_logs (execution_id, created_on, attempt, at, level, stream, message)
              values ('{id}', '1970-01-01', 1, now(), 'info', 'stdout', 'kept');
            """);

        await Test.Migrator().UpAsync(Ct);
        (await Test.ScalarAsync($"select count(*) from execution_events where execution_id = '{id}'")).ShouldBe(3L);
        (await Test.ScalarAsync("select count(*) from execution_events_keyed")).ShouldBe(3L);
        (await Test.ScalarAsync("select message from execution_logs_keyed")).ShouldBe("kept");

        // And back, as far as they were.
        await Test.Migrator().DownAsync(Migration.LoadEmbedded(Kind).Count - 6, Ct);
        (await Test.ScalarAsync("select count(*) from execution_events_default")).ShouldBe(3L);
        (await Test.ScalarAsync("select message from execution_logs_default")).ShouldBe("kept");
    }

    private protected override async Task<string> DumpAsync() => string.Join("\n", await Test.LinesAsync(DumpSql));
}
