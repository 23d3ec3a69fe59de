using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Periplon.Commands;
using Periplon.Engine.Retention;
using Periplon.Engine.Storage;
using Periplon.Hosting;
using Periplon.Tests.Commands;

namespace Periplon.Tests.Hosting;

/// <summary>Retention, deletion and the doctor of a whole server.</summary>
public sealed class UpkeepServerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.Postgres)]
    internal async Task Server_AfterItsWork_IsHealthyAndForgetsWhatIsDeleted(DatabaseKind kind)
    {
        await using var server = await RunningServer.StartAsync(kind, ("retention.days", "0.01"));
        await Welcome.SayAsync(server.Services, server.Address, Ct);
        var first = await RunAsync(server);
        var second = await RunAsync(server);

        var report = await JsonAsync(await server.Http.GetAsync("/api/v1/doctor", Ct));
        report["findings"]!.AsArray().Where(each => (string)each!["check"]! != "host").ShouldBeEmpty(report.ToJsonString());
        report["checks"]!.AsArray().ShouldAllBe(check => check!["problem"] == null && (bool)check["complete"]!);

        (await server.Http.DeleteAsync($"/api/v1/executions/{first}", Ct)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await server.Http.GetAsync($"/api/v1/executions/{first}", Ct)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await server.Http.GetAsync($"/api/v1/executions/{second}", Ct)).StatusCode.ShouldBe(HttpStatusCode.OK);

        await AgeAsync(server, second);
        await server.Services.GetServices<IHostedService>().OfType<RetentionService>().Single().RunOnceAsync(Ct);
        (await server.Http.GetAsync($"/api/v1/executions/{second}", Ct)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var metrics = await server.Http.GetStringAsync("/metrics", Ct);
        metrics.ShouldContain("periplon_retention_executions_total{reason=\"request\"} 1");
        metrics.ShouldContain("periplon_retention_executions_total{reason=\"age\"} 1");
        metrics.Split('\n').Where(line => line.StartsWith("periplon_invariant_", StringComparison.Ordinal))
            .ShouldAllBe(line => line.EndsWith(" 0", StringComparison.Ordinal));
        report = await JsonAsync(await server.Http.PostAsync("/api/v1/doctor/repair?check=executions,orphans", null, Ct));
        ((bool)report["healthy"]!).ShouldBeTrue(report.ToJsonString());
    }

    [Fact]
    public async Task DoctorCommand_PointedAtAServer_PrintsItsReport()
    {
        await using var server = await RunningServer.StartAsync(DatabaseKind.Sqlite);
        using var fixture = new CommandFixture();
        (await fixture.RunAsync("doctor", "--server", server.Address, "--check", "executions", "--check", "orphans"))
            .ShouldBe(ExitCode.Ok, fixture.Error.ToString());
        fixture.Out.ToString().ShouldContain("2 checks looked at");
    }

    private static async Task<string> RunAsync(RunningServer server)
    {
        using var answer = await server.Http.PostAsync("/api/v1/executions?wait=60", JsonContent.Create(new { workflow = "demo" }), Ct);
        var end = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Ct))!;
        ((string)end["status"]!).ShouldBe("completed");
        return (string)end["id"]!;
    }

    private static async Task<JsonNode> JsonAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            var text = await answer.Content.ReadAsStringAsync(Ct);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, text);
            return JsonNode.Parse(text)!;
        }
    }

    private static async Task AgeAsync(RunningServer server, string id)
    {
        await using var connection = await server.Services.GetRequiredService<Database>().Engine.OpenConnectionAsync(Ct);
        await using var command = connection.CreateCommand();
        command.CommandText = "update executions set completed_at = @at where id = @id";
        command.AddTime("at", DateTimeOffset.UnixEpoch.AddYears(50));
        command.AddId("id", Guid.Parse(id));
        (await command.ExecuteNonQueryAsync(Ct)).ShouldBe(1);
    }
}
