using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Periplon.Tests.Hosting;

namespace Periplon.Tests.Examples;

/// <summary>Runs every example through the API of a real server to the end that it declares.</summary>
public abstract class ExampleServerTests(RunningServerFixture fixture)
{
    private static readonly string[] Ended = ["completed", "failed", "skipped", "cancelled"];

    public static TheoryData<string> Names => [.. Example.Names];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private HttpClient Http => fixture.Server.Http;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Execution_OfAnExample_EndsAsDeclared(string name)
    {
        var example = Example.Read(name);
        var inputs = new JsonObject();
        if (example.NeedsServer)
        {
            inputs["server"] = fixture.Server.Address;
        }

        Example.CopyLibrary(Path.Combine(fixture.Server.Directory, "library"));
        var stored = await SendAsync("/api/v1/workflows", new StringContent(example.Text, Encoding.UTF8, "application/yaml"));
        var end = await SendAsync(
            "/api/v1/executions?wait=60", JsonContent.Create(new JsonObject { ["workflow_id"] = stored["id"]!.DeepClone(), ["inputs"] = inputs }));

        example.ShouldHaveEnded((string)end["status"]!, (string?)end["error"], end["result"]);
        var tasks = await GetAsync($"/api/v1/executions/{end["id"]}/tasks");
        tasks["tasks"]!.AsArray().Select(task => (string)task!["status"]!).ShouldBeSubsetOf(Ended);
        await ShouldNotShowSecretsAsync($"{end["id"]}");
    }

    private async Task ShouldNotShowSecretsAsync(string id)
    {
        foreach (var part in (string[])["", "/tasks", "/events", "/logs?limit=1000", "/why", "/graph"])
        {
            var text = await Http.GetStringAsync($"/api/v1/executions/{id}{part}", Ct);
            text.ShouldNotContain(Example.Token);
            text.ShouldNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Example.Token)));
        }
    }

    private async Task<JsonObject> SendAsync(string path, HttpContent content)
    {
        using var answer = await Http.PostAsync(path, content, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        ((int)answer.StatusCode).ShouldBe(201, text);
        return JsonNode.Parse(text)!.AsObject();
    }

    private async Task<JsonObject> GetAsync(string path) => JsonNode.Parse(await Http.GetStringAsync(path, Ct))!.AsObject();
}

public sealed class SqliteExampleTests(SqliteServer server) : ExampleServerTests(server), IClassFixture<SqliteServer>;

public sealed class PostgresExampleTests(PostgresServer server) : ExampleServerTests(server), IClassFixture<PostgresServer>;
