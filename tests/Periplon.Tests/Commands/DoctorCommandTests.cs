using System.Text.Json;
using Microsoft.Data.Sqlite;
using Periplon.Commands;
using Periplon.Hosting;
using Periplon.Tests.Hosting;

namespace Periplon.Tests.Commands;

public sealed class DoctorCommandTests : IDisposable
{
    private readonly CommandFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Doctor_NoDatabase_SaysSo()
    {
        (await _fixture.RunAsync("doctor")).ShouldBe(ExitCode.Failure);
        _fixture.Error.ToString().ShouldContain("there is no database");
        Directory.Exists(Path.Combine(_fixture.Directory, "data")).ShouldBeFalse("asking makes nothing");
    }

    [Fact]
    public async Task Doctor_DamagedDatabase_ExplainsAndRepairs()
    {
        await MigrateAsync();
        Sql("insert into checkpoints (execution_id, seq, at, state) values ('0190b1d0-0000-7000-8000-000000000001', 1, 0, x'00')");

        (await RunAsync("--check", "orphans")).ShouldBe(ExitCode.Failure);
        _fixture.Out.ToString().ShouldContain("warning: orphan_checkpoint at execution 0190b1d0-0000-7000-8000-000000000001");
        _fixture.Out.ToString().ShouldContain("Advice:  --repair deletes them");
        _fixture.Out.ToString().ShouldContain("1 finding.");
        _fixture.Out.ToString().ShouldContain("can mend 1 of them");

        (await RunAsync("--check", "orphans", "--repair", "--json")).ShouldBe(ExitCode.Ok);
        var report = JsonDocument.Parse(_fixture.Out.ToString()).RootElement;
        report.GetProperty("healthy").GetBoolean().ShouldBeTrue();
        report.GetProperty("findings")[0].GetProperty("outcome").GetString().ShouldBe("repaired");

        (await RunAsync("--check", "orphans")).ShouldBe(ExitCode.Ok);
        _fixture.Out.ToString().ShouldContain("0 findings.");
    }

    [Fact]
    public async Task Doctor_UnknownCheck_IsAMistakeOfUsage()
    {
        await MigrateAsync();
        (await RunAsync("--check", "teeth")).ShouldBe(ExitCode.Usage);
        _fixture.Error.ToString().ShouldContain("there is no check 'teeth'");
        (await RunAsync("--max-executions", "-1")).ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public async Task Doctor_ServerHasTheDatabase_AsksTheServer()
    {
        await MigrateAsync();
        using var held = DataDirectoryLock.TryTake(Path.Combine(_fixture.Directory, "data"), out _).ShouldNotBeNull();
        _fixture.Variables["PERIPLON_SERVER"] = "http://127.0.0.1:1";
        (await RunAsync()).ShouldBe(ExitCode.Failure);
        _fixture.Error.ToString().ShouldContain("no server answers at http://127.0.0.1:1");
    }

    [Theory]
    [InlineData(3, 0, "5s")]
    [InlineData(6, 0, "0")]
    [InlineData(3, 90, "0")]
    public async Task Doctor_RowsOfAMonthInTheDefault_MayTakeLongToMoveWhenNoServerRuns(int silo, int silentFor, string expected)
    {
        var (url, drop) = await RunningServer.CreatePostgresAsync();
        try
        {
            _fixture.Variables["DATABASE_URL"] = url;
            await MigrateAsync();
            await RunningServer.RunAsync(url, $"""
                insert into orleansmembershiptable
                  (deploymentid, address, port, generation, siloname, hostname, status, starttime, iamalivetime)
                values ('d', '10.0.0.1', 1, 5, 's', 'h', {silo}, now(), now() - interval '{silentFor} seconds');
                create table seen (limits text);
                create function note() returns trigger language plpgsql as
                  $$ begin insert into seen values (current_setting('statement_timeout')); return null; end $$;
                create trigger note before delete on execution_events_default for each statement execute function note();
                insert into execution_events (execution_id, created_on, seq, at, writer, events)
                values ('018df000-0000-7000-8000-000000000001', '2024-03-05', 1, '2024-03-05', gen_random_uuid(), '')
                """);
            (await RunAsync("--check", "partitions", "--repair")).ShouldBe(ExitCode.Ok, _fixture.Out.ToString());
            _fixture.Out.ToString().ShouldContain("rows_in_default_partition");
            (await RunningServer.RunAsync(url, "select limits from seen")).ShouldBe(expected);
        }
        finally
        {
            await drop();
        }
    }

    private Task<int> RunAsync(params string[] arguments) => _fixture.RunAsync(["doctor", .. arguments]);

    private async Task MigrateAsync() => (await _fixture.RunAsync("migrate")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());

    private void Sql(string sql)
    {
        var path = Path.Combine(_fixture.Directory, "data", "periplon.db");
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
