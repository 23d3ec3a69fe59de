using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

public sealed class PartitionMaintenanceTests(PostgresFixture fixture) : IClassFixture<PostgresFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunOnce_CreatesTheComingMonths_AndMovesTheirRowsOutOfTheDefault()
    {
        var start = new DateTimeOffset(2031, 5, 17, 8, 0, 0, TimeSpan.Zero);
        var id = Guid.CreateVersion7(start.AddMonths(1));
        using var instruments = new JournalInstruments();
        await using var store = new PostgresJournalStore(
            fixture.Test.Database, instruments, TimeProvider.System, NullLogger<PostgresJournalStore>.Instance);
        await store.AppendAsync(new(id, 1, new byte[] { 1 }, Guid.NewGuid(), start, null), Ct);

        var maintenance = new PartitionMaintenance(fixture.Test.Database, new FakeTimeProvider(start));
        var created = await Task.WhenAll(maintenance.RunOnceAsync(Ct), maintenance.RunOnceAsync(Ct));
        created.Sum().ShouldBe(8, "four months of two tables, each by one of the two");
        (await maintenance.RunOnceAsync(Ct)).ShouldBe(0);

        (await fixture.Test.ScalarAsync($"select count(*) from execution_events_2031_06 where execution_id = '{id}'")).ShouldBe(1L);
        await store.AppendAsync(new(id, 2, new byte[] { 2 }, Guid.NewGuid(), start, null), Ct);
        (await store.ReadAsync(id, 0, Ct)).Count.ShouldBe(2);
        (await fixture.Test.ScalarAsync("select count(*) from execution_events_default")).ShouldBe(0L);
    }

    [Fact]
    public async Task Append_IdMadeFromAKey_LeavesTheDefaultEmpty()
    {
        var id = new Guid("00000000-0000-8001-8001-0123456789ab");
        using var instruments = new JournalInstruments();
        await using var store = new PostgresJournalStore(
            fixture.Test.Database, instruments, TimeProvider.System, NullLogger<PostgresJournalStore>.Instance);
        await store.AppendAsync(new(id, 1, new byte[] { 1 }, Guid.NewGuid(), TimeProvider.System.GetUtcNow(), null), Ct);
        (await fixture.Test.ScalarAsync("select count(*) from execution_events_keyed")).ShouldBe(1L);
        (await store.ReadAsync(id, 0, Ct)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Create_DefaultPartitionIsInUse_IsGivenUpSoonAndChangesNothing()
    {
        var partition = new MonthlyPartition("execution_logs", new DateOnly(2040, 2, 1));
        var maintenance = new PartitionMaintenance(fixture.Test.Database, TimeProvider.System);
        await using (var connection = await fixture.Test.Database.Engine.OpenConnectionAsync(Ct))
        await using (var transaction = await connection.BeginTransactionAsync(Ct))
        {
            await using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "select count(*) from execution_logs_default";
            await command.ExecuteScalarAsync(Ct);
            var refused = await Should.ThrowAsync<Npgsql.PostgresException>(maintenance.CreateAsync(partition, Ct));
            refused.SqlState.ShouldBe(Npgsql.PostgresErrorCodes.LockNotAvailable);
        }

        (await fixture.Test.ScalarAsync($"select to_regclass('{partition.Name}') is null")).ShouldBe(true);
        (await maintenance.CreateAsync(partition, Ct)).ShouldBeTrue();
    }
}
