using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

public sealed class PostgresJournalStoreTests(PostgresFixture fixture) : JournalStoreConformance(fixture), IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Append_ConnectionsCutUnderLoad_LosesNothingAndDoublesNothing()
    {
        const int Executions = 60;
        const int Turns = 100;
        var ids = Enumerable.Range(0, Executions).Select(_ => Guid.CreateVersion7()).ToArray();

        async Task DriveAsync(Guid id)
        {
            for (var seq = 1; seq <= Turns; seq++)
            {
                await Store.AppendAsync(Append(id, seq, seq == 1 ? Row : seq == Turns ? Ended : null), Ct);
            }
        }

        var load = Task.WhenAll(ids.Select(DriveAsync));
        var cuts = 0L;
        while (!load.IsCompleted)
        {
            cuts += (long)(await Test.ScalarAsync("""
                select count(pg_terminate_backend(pid)) from pg_stat_activity
                 where datname = current_database() and application_name = 'periplon journal'
                """))!;
            await Task.WhenAny(load, Task.Delay(TimeSpan.FromMilliseconds(15), TimeProvider.System, Ct));
        }

        await load;
        cuts.ShouldBeGreaterThan(0);
        Instruments.Retries.ShouldBeGreaterThan(0);
        (await Test.ScalarAsync($"select count(*) from execution_events where execution_id = any('{{{string.Join(',', ids)}}}')"))
            .ShouldBe((long)Executions * Turns);
        (await Test.ScalarAsync(
            $"select count(*) from executions where status = 'completed' and id = any('{{{string.Join(',', ids)}}}')"))
            .ShouldBe((long)Executions);
    }

    [Fact]
    public async Task Append_ServerThatDoesNotAnswer_IsGivenUpAndRepeatedLongBeforeTheTimeOutOfTheConnection()
    {
        // Far longer than the test may take: only the first time-out, which is shorter, can lead to a second try.
        await using var database = Database.Open(Test.Database.Options with
        {
            ConnectionString = Test.Database.Options.ConnectionString + ";Command Timeout=3600",
        });
        await using var store = Open(database);
        await using var holder = (NpgsqlConnection)await Test.Database.Engine.OpenConnectionAsync(Ct);
        await using var held = await holder.BeginTransactionAsync(Ct);
        await using (var command = new NpgsqlCommand("lock table execution_events in access exclusive mode", holder, held))
        {
            await command.ExecuteNonQueryAsync(Ct);
        }

        var id = Guid.CreateVersion7();
        var append = store.AppendAsync(Append(id, 1, Row), Ct);
        while (Instruments.Retries == 0)
        {
            append.IsCompleted.ShouldBeFalse();
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Ct);
        }

        await held.RollbackAsync(Ct);
        await append;
        (await Store.ReadAsync(id, 0, Ct)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Append_TwoWritersInDifferentMonths_StillConflict()
    {
        // The partition follows from the id, not from the time of the append.
        var id = Guid.CreateVersion7(new DateTimeOffset(2026, 11, 30, 23, 59, 59, TimeSpan.Zero));
        await Store.AppendAsync(Append(id, 1) with { At = new(2026, 11, 30, 23, 59, 59, TimeSpan.Zero) }, Ct);
        await Should.ThrowAsync<JournalConflictException>(
            Store.AppendAsync(Append(id, 1) with { At = new(2026, 12, 1, 0, 0, 1, TimeSpan.Zero) }, Ct));
    }

    [Fact]
    public async Task Append_IdWithoutATime_GoesToTheDefaultPartition()
    {
        var id = Guid.Parse("ffffffff-ffff-4fff-bfff-ffffffffffff");
        await Store.AppendAsync(Append(id, 1), Ct);
        (await Store.ReadAsync(id, 0, Ct)).Count.ShouldBe(1);
        (await Test.ScalarAsync($"select count(*) from execution_events_default where execution_id = '{id}'")).ShouldBe(1L);
    }

    [Fact]
    public async Task Statements_OnTablesThatGrewAfterPlanning_StillUseIndexes()
    {
        await using var connection = (NpgsqlConnection)await Test.Database.Journal.OpenConnectionAsync(Ct);
        await using var command = new NpgsqlCommand("select current_setting('enable_seqscan') || current_setting('enable_hashjoin')", connection);
        (await command.ExecuteScalarAsync(Ct)).ShouldBe("offoff");
    }

    private protected override JournalStore Open(Database database) =>
        new PostgresJournalStore(database, Instruments, TimeProvider.System, NullLogger<PostgresJournalStore>.Instance);
}
