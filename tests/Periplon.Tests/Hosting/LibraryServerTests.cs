using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Periplon.Engine.Storage;

namespace Periplon.Tests.Hosting;

/// <summary>Workflows that take files from the library of a server, through its API.</summary>
public sealed class LibraryServerTests : IAsyncLifetime
{
    private const string Main = """
        name: main
        version: "1"
        subflows: {part: {source: {type: file, path: part.yaml}}}
        tasks: {a: {subflow: part}}
        """;

    private const string Reuse = """
        name: reuse
        version: "1"
        tasks: {a: {uses: "greet@^1.0.0", inputs: {who: Ada}}}
        outputs: {text: "${task.a.output}"}
        """;

    private RunningServer _server = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Library => Path.Combine(_server.Directory, "library");

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync(DatabaseKind.Sqlite, ("worker.slots", "1"));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Create_FileThatIsNotInTheLibrary_Is400WithPathAndPlace()
    {
        var (status, problem) = await PostAsync("/api/v1/workflows", Main);

        status.ShouldBe(HttpStatusCode.BadRequest);
        var error = problem["errors"]!.AsArray().ShouldHaveSingleItem()!;
        ((string?)error["path"]).ShouldBe("subflows.part.source");
        ((string?)error["code"]).ShouldBe("PPL601");
        ((string?)error["message"]).ShouldBe($"There is no file {Path.Combine(Library, "part.yaml")}.");
    }

    [Fact]
    public async Task Create_RepositoryOnTheServersMachine_Is400()
    {
        var (status, problem) = await PostAsync("/api/v1/workflows", Main.Replace(
            "type: file, path: part.yaml", "type: git, url: /srv/repository, path: part.yaml", StringComparison.Ordinal));

        status.ShouldBe(HttpStatusCode.BadRequest);
        ((string?)problem["errors"]![0]!["message"])!.ShouldContain("allowed are https and ssh");
    }

    [Fact]
    public async Task Create_FileInTheLibrary_IsStoredAndAMistakeInItNamesTheFile()
    {
        Directory.CreateDirectory(Library);
        await File.WriteAllTextAsync(Path.Combine(Library, "part.yaml"), "name: part\nversion: \"1\"\ntasks: {x: {depends_on: [y]}}\n", Ct);
        var (refused, problem) = await PostAsync("/api/v1/workflows", Main);
        await File.WriteAllTextAsync(
            Path.Combine(Library, "part.yaml"), "name: part\nversion: \"1\"\ntasks: {x: {command: {executable: make}}}\n", Ct);
        var (accepted, _) = await PostAsync("/api/v1/workflows", Main);

        refused.ShouldBe(HttpStatusCode.BadRequest);
        problem["errors"]!.AsArray().ShouldContain(error => (string?)error!["file"] == "part.yaml" && (int?)error["line"] == 3);
        accepted.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Validate_FileThatIsNotInTheLibrary_IsAnErrorOfTheAnswer()
    {
        var (status, answer) = await PostAsync("/api/v1/workflows/validate", Main);

        status.ShouldBe(HttpStatusCode.OK);
        ((bool)answer["valid"]!).ShouldBeFalse();
        answer["errors"]!.AsArray().ShouldContain(error => ((string)error!).Contains("PPL601"));
    }

    [Fact]
    public async Task Create_PredefinedTaskThatIsNotInTheLibrary_Is400WithPathAndPlaces()
    {
        var (status, problem) = await PostAsync("/api/v1/workflows", Reuse);

        status.ShouldBe(HttpStatusCode.BadRequest);
        var error = problem["errors"]!.AsArray().ShouldHaveSingleItem()!;
        ((string?)error["path"]).ShouldBe("tasks.a.uses");
        ((string?)error["code"]).ShouldBe("PPL521");
        error.ToJsonString().ShouldContain(Path.Combine(Library, "tasks"));
    }

    [Fact]
    public async Task Execution_OfAPredefinedTask_RunsAlsoWhenItsFileIsGone()
    {
        Directory.CreateDirectory(Path.Combine(Library, "tasks", "team"));
        await File.WriteAllTextAsync(Path.Combine(Library, "tasks", "team", "greet.task.yaml"), """
            apiVersion: task/v1
            kind: PredefinedTask
            metadata: {name: greet, version: 1.4.0}
            spec: {agent_template: {description: "Greet ${input.who}", provider: echo}, inputs: {who: {type: string, required: true}}}
            """, Ct);
        var (status, stored) = await PostAsync("/api/v1/workflows", Reuse);
        status.ShouldBe(HttpStatusCode.Created, stored.ToJsonString());
        Directory.Delete(Library, recursive: true);

        using var answer = await _server.Http.PostAsync(
            "/api/v1/executions?wait=60", JsonContent.Create(new { workflow_id = (string)stored["id"]! }), Ct);

        var end = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Ct))!;
        ((string?)end["status"]).ShouldBe("completed", end.ToJsonString());
        ((string?)end["result"]!["text"]).ShouldBe("Greet Ada");
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> PostAsync(string path, string definition)
    {
        using var answer = await _server.Http.PostAsync(path, JsonContent.Create(new { definition }), Ct);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(Ct))!);
    }
}
