using System.Data.Common;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

/// <summary>Migrations on PostgreSQL while others work on the tables.</summary>
public sealed class OnlineMigrationTests : IAsyncLifetime
{
    private const string BuildSql = "create index concurrently if not exists deeds_done on deeds (done, id)";

    private static readonly Migration First = new(
        1, "deeds", "create table deeds (id integer primary key, note text); insert into deeds select n, '' from generate_series(1, 2500) n",
        "drop table deeds");

    private static readonly Migration Second = new(
        2, "done",
        $"""
        -- periplon: no transaction
        alter table deeds add column if not exists done text;
        -- All of them; this is no statement.
        -- periplon: repeat
        update deeds set done = '' where id in (select id from deeds where done is null limit 1000);
        {BuildSql};
        """,
        "drop index deeds_done; alter table deeds drop column done");

    private TestDatabase _test = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _test = await TestDatabase.CreateEmptyAsync(DatabaseKind.Postgres);
        await _test.Migrator([First]).UpAsync(Ct);
    }

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public void Steps_OfAFileWithoutTransaction_AreItsStatements()
    {
        Second.Steps!.Select(step => (step.Repeats, step.Index)).ShouldBe([(false, null), (true, null), (false, "deeds_done")]);
        Second.Steps![2].Sql.ShouldBe(BuildSql);
        First.Steps.ShouldBeNull();
    }

    [Fact]
    public async Task Up_SomebodyHoldsRows_WritersGoOnUntilHeIsDone()
    {
        Task<IReadOnlyList<MigrationStatus>> up;
        await using (var holder = await HoldAsync())
        {
            up = Task.Run(() => _test.Migrator([First, Second]).UpAsync(Ct), Ct);
            await Eventually.TrueAsync("the column waits", () => IsWaitingAsync("alter table deeds%"));
            for (var i = 2; i < 200; i++)
            {
                await WriteAsync(i);
            }

            up.IsCompleted.ShouldBeFalse("the column cannot be added before he is done");
        }

        (await up).Count.ShouldBe(1);
        (await _test.ScalarAsync("select count(*) from deeds where done = ''")).ShouldBe(2500L, "all pages were changed");
    }

    [Fact]
    public async Task Up_IndexWaitsForSomebody_HoldsUpNeitherWritersNorThoseWhoAsk()
    {
        var migrator = _test.Migrator([First, new(2, "done", $"{Migration.NoTransaction}\n{BuildSqlOfNote}", "drop index deeds_note")]);
        Task<IReadOnlyList<MigrationStatus>>[] up;
        await using (var holder = await HoldAsync())
        {
            up = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() => migrator.UpAsync(Ct), Ct))];
            await Eventually.TrueAsync("the index waits", () => IsWaitingAsync("create index concurrently%"));
            await WriteAsync(2);
            (await migrator.StatusAsync(Ct))[1].State.ShouldBe(MigrationState.Pending);
        }

        (await Task.WhenAll(up)).Sum(done => done.Count).ShouldBe(1, "one of the two has applied it");
        (await IsValidAsync("deeds_note")).ShouldBe(true);
        (await _test.ScalarAsync(
            "select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())"))
            .ShouldBe(0L);
    }

    [Fact]
    public async Task Up_BuildingAnIndexWasBrokenOff_BuildsItAnew()
    {
        var migrator = _test.Migrator([First, new(2, "done", $"{Migration.NoTransaction}\n{BuildSqlOfNote}", "drop index deeds_note")]);
        await using (var holder = await HoldAsync())
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            var up = Task.Run(() => migrator.UpAsync(stop.Token), Ct);
            await Eventually.TrueAsync("the index waits", () => IsWaitingAsync("create index concurrently%"));
            await stop.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(up);
        }

        (await IsValidAsync("deeds_note")).ShouldBe(false, "it was left half built");
        (await migrator.UpAsync(Ct)).Count.ShouldBe(1);
        (await IsValidAsync("deeds_note")).ShouldBe(true);
    }

    private const string BuildSqlOfNote = "create index concurrently if not exists deeds_note on deeds (note);";

    private async Task<object?> IsValidAsync(string index) =>
        await _test.ScalarAsync($"select indisvalid from pg_index where indexrelid = to_regclass('{index}')");

    private async Task<bool> IsWaitingAsync(string statement) => await _test.ScalarAsync(
        "select exists (select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' "
        + $"and query ilike '{statement}')") is true;

    private Task<object?> WriteAsync(int id) =>
        _test.ScalarAsync($"set lock_timeout = '5s'; update deeds set note = 'written' where id = {id}; reset lock_timeout");

    private async Task<Holder> HoldAsync()
    {
        var connection = await _test.Database.Engine.OpenConnectionAsync(Ct);
        var transaction = await connection.BeginTransactionAsync(Ct);
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "update deeds set note = 'held' where id = 1";
        await command.ExecuteNonQueryAsync(Ct);
        return new(connection, transaction);
    }

    private sealed record Holder(DbConnection Connection, DbTransaction Transaction) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Transaction.CommitAsync(CancellationToken.None);
            await Connection.DisposeAsync();
        }
    }
}
