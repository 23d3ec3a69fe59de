using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Periplon.Engine.Audit;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Audit;

public sealed class AuditTrailTests
{
    private static readonly AuditEntry Entry = new("default", "anna", "execution.delete", "execution 1", null, "{\"deleted\":2}");

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.Postgres)]
    internal async Task Add_WritesTheEntry_AndADefectOfTheDatabaseIsNotTheCallers(DatabaseKind kind)
    {
        await using var test = await TestDatabase.CreateAsync(kind);
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        var trail = new AuditTrail(test.Database, time, NullLogger<AuditTrail>.Instance);
        await trail.AddAsync(Entry);
        (await test.LinesAsync("select organization || ' ' || actor || ' ' || action || ' ' || target from audit_logs")).ShouldBe(
            ["default anna execution.delete execution 1"]);
        (await test.LinesAsync("select cast(after as text) from audit_logs where before is null")).ShouldHaveSingleItem().ShouldContain("2}");

        await test.ScalarAsync("drop table audit_logs");
        await trail.AddAsync(Entry);
    }
}
