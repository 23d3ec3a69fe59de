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
}
