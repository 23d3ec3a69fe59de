using Npgsql;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

public sealed class DatabaseOptionsTests
{
    [Fact]
    public async Task Open_Postgres_AddsWhatTheEngineNeedsAndKeepsWhatWasSaid()
    {
        await using var database = Database.Open(new()
        {
            Kind = DatabaseKind.Postgres, ConnectionString = "Host=localhost;Command Timeout=77",
        });
        var settings = new NpgsqlConnectionStringBuilder(database.Engine.ConnectionString);
        settings.MaxAutoPrepare.ShouldBe(32);
        settings.AutoPrepareMinUsages.ShouldBe(2);
        settings.NoResetOnClose.ShouldBeTrue();
        settings.CommandTimeout.ShouldBe(77);
    }
}
