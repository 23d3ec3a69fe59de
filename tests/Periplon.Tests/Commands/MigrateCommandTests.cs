using System.Text.Json;
using Periplon.Commands;

namespace Periplon.Tests.Commands;

public sealed class MigrateCommandTests : IDisposable
{
    private readonly CommandFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Migrate_NewSqliteDatabase_GoesUpAndDown()
    {
        (await _fixture.RunAsync("migrate", "status", "-j")).ShouldBe(ExitCode.Ok);
        States().ShouldAllBe(state => state == "pending");

        (await _fixture.RunAsync("migrate")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        _fixture.Out.ToString().ShouldStartWith("NUMBER  NAME");
        File.Exists(Path.Combine(_fixture.Directory, "data", "periplon.db")).ShouldBeTrue();

        (await _fixture.RunAsync("migrate", "--action", "up")).ShouldBe(ExitCode.Ok);
        _fixture.Out.ToString().ShouldBe("The schema is up to date.\n");

        (await _fixture.RunAsync("migrate", "status", "-j")).ShouldBe(ExitCode.Ok);
        States().ShouldAllBe(state => state == "applied");

        (await _fixture.RunAsync("migrate", "down", "--steps", "100")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        (await _fixture.RunAsync("migrate", "down")).ShouldBe(ExitCode.Ok);
        _fixture.Out.ToString().ShouldBe("No migration is applied.\n");
    }

    [Fact]
    public async Task Migrate_DatabaseDoesNotAnswer_SaysSo()
    {
        _fixture.Variables["DATABASE_URL"] = "postgres://u:secret@127.0.0.1:1/d";

        (await _fixture.RunAsync("migrate", "status")).ShouldBe(ExitCode.Failure);

        _fixture.Error.ToString().ShouldStartWith("Error: the database refused: ");
        _fixture.Error.ToString().ShouldNotContain("secret");
    }

    private IEnumerable<string?> States() => JsonDocument.Parse(_fixture.Out.ToString()).RootElement.GetProperty("migrations").EnumerateArray()
        .Select(each => each.GetProperty("state").GetString());
}
