using Microsoft.Extensions.Logging.Abstractions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

public sealed class SqliteJournalStoreTests(SqliteFixture fixture) : JournalStoreConformance(fixture), IClassFixture<SqliteFixture>
{
    [Fact]
    public async Task Append_WhileAnotherProcessHoldsTheLock_WaitsUntilItIsCancelled()
    {
        await using var connection = ((SqliteDataSource)Test.Database.Engine).OpenSqlite();
        using var cancellation = new CancellationTokenSource();
        Task cancelled;
        Task patient;
        await using (connection.BeginTransaction(deferred: false))
        {
            cancelled = Store.AppendAsync(Append(Guid.CreateVersion7(), 1), cancellation.Token);
            patient = Store.AppendAsync(Append(Guid.CreateVersion7(), 1), Ct);
            await cancellation.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(cancelled);
            patient.IsCompleted.ShouldBeFalse();
        }

        await patient;
    }

    private protected override JournalStore Open(Database database) =>
        new SqliteJournalStore(database, Instruments, TimeProvider.System, NullLogger<SqliteJournalStore>.Instance);
}
