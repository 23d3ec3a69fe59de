using System.Text.Json.Nodes;
using Periplon.Client.Workflows;

namespace Periplon.Tests.Api;

public sealed class WorkflowsApiTests
{
    private const string Route = "/api/v1/workflows";
    private static readonly string _one = $"{Route}/{Samples.WorkflowId}";

    private const string Golden = """
        {"id":"018f0000-0000-7000-8000-000000000001","name":"nightly","version":"1.0","revision":1,"description":"Runs at night",
        "created_at":"2026-11-23T12:00:00Z","updated_at":"2026-11-23T12:00:00Z","created_by":null,"tags":["ci"],"is_active":true,
        "definition":{"name":"nightly","version":"1.0","tasks":{"build":{"script":"make","retries":3}}}}
        """;

    [Fact]
    public async Task Get_KnownId_ShowsTheWholeWorkflow()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        (await api.GetAsync(_one)).ShouldBeJson(200, Golden);
    }

    [Fact]
    public async Task Get_AcceptYaml_AnswersTheFileItself()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        var answer = await api.GetAsync(_one, accept: "application/yaml");
        answer.ContentType.ShouldBe("application/yaml");
        answer.Text.ShouldBe(Samples.Yaml);
    }

    [Theory]
    [InlineData("not-an-id", 400)]
    [InlineData("018f0000-0000-7000-8000-00000000ffff", 404)]
    public async Task Get_UnknownId_AnswersAProblemThatNamesIt(string id, int status)
    {
        await using var api = await ApiHost.StartAsync();
        var answer = await api.GetAsync($"{Route}/{id}");
        answer.ShouldBeProblem(status).ShouldContain(id);
        answer.Json["id"]!.GetValue<string>().ShouldBe(id);
    }

    [Fact]
    public async Task Get_WorkflowOfAnotherOrganization_IsNotFound()
    {
        await using var api = await ApiHost.StartAsync();
        api.Stores.Workflows.Add(Samples.Workflow(Samples.WorkflowId, api.Time) with { Organization = "other" });
        (await api.GetAsync(_one)).ShouldBeProblem(404);
        (await api.SendAsync(HttpMethod.Delete, _one, null)).ShouldBeProblem(404);
    }

    [Fact]
    public async Task List_Filters_AnswersThePageAndTheNumberOfAllThatMatch()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        foreach (var name in new[] { "b", "c" })
        {
            api.Stores.Workflows.Add(Samples.Workflow(Guid.NewGuid(), api.Time) with { Name = name, Tags = ["ci"] });
        }

        var answer = await api.GetAsync($"{Route}?tags=ci,cd&is_active=true&created_by=me&limit=1&offset=2");
        answer.ShouldBeJson(200, $$"""{"workflows":[{{Golden}}],"total":3,"offset":2,"limit":1}""");
        api.Stores.LastWorkflowFilter!.Tags.ShouldBe(["ci", "cd"]);
        api.Stores.LastWorkflowFilter.CreatedBy.ShouldBe("me");
    }

    [Fact]
    public async Task List_WrongValues_NamesEveryOne()
    {
        await using var api = await ApiHost.StartAsync();
        var answer = await api.GetAsync($"{Route}?limit=9999&is_active=maybe&offset=-1");
        answer.ShouldBeProblem(400).ShouldContain("from 1 to 500");
        answer.Json["errors"]!.AsArray().Select(e => e!["path"]!.GetValue<string>()).ShouldBe(["is_active", "limit", "offset"]);
    }

    [Theory]
    [InlineData("application/json", """{"definition":"name: nightly\nversion: '1.0'","tags":["ci"]}""", "name: nightly\nversion: '1.0'")]
    [InlineData("application/json; charset=utf-8", """{"definition":{"name":"nightly"}}""", """{"name":"nightly"}""")]
    [InlineData("application/yaml", "name: nightly\n", "name: nightly\n")]
    public async Task Create_AnyForm_StoresTheTextAndTellsWhere(string contentType, string body, string stored)
    {
        await using var api = await ApiHost.StartAsync();
        var answer = await api.PostAsync(Route, body, contentType);
        var id = answer.Json["id"]!.GetValue<string>();
        answer.ShouldBeJson(201, $$"""
            {"id":"{{id}}","name":"nightly","version":"1.0","message":"Workflow created","revision":1,
            "warnings":["1:1: warning PPL900: It is odd"],
            "diagnostics":[{"code":"PPL900","severity":"warning","message":"It is odd","path":"name","line":1,"column":1,"hint":null}]}
            """);
        answer.Headers["Location"].ShouldBe($"{Route}/{id}");
        api.Stores.Versions.Single().Definition.ShouldBe(stored);
    }

    [Theory]
    [InlineData("""{"description":"x"}""", "definition")]
    [InlineData("""{"definition":"  "}""", "definition")]
    [InlineData("""{"definition":17}""", "definition")]
    [InlineData("""{"definition":"a","tag":["x"]}""", "tag: is not known")]
    [InlineData("""{"definition":"a","tags":["x,y"]}""", "no comma")]
    [InlineData("""{"definition":"a","tags":[null]}""", "not a tag")]
    [InlineData("""{"definition":"a","tags":"ci"}""", "'tags' has a value of the wrong kind")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("null", "must be a JSON object")]
    [InlineData("", "empty")]
    [InlineData("{\n  \"definition\": ?}", "line 2, column 17")]
    public async Task Create_WrongBody_SaysWhatAndWhere(string body, string expected)
    {
        await using var api = await ApiHost.StartAsync();
        (await api.PostAsync(Route, body)).ShouldBeProblem(400).ShouldContain(expected);
    }

    [Fact]
    public async Task Create_InvalidWorkflow_ListsTheErrorsWithTheirPlaces()
    {
        await using var api = await ApiHost.StartAsync();
        api.Grains.NextSave = new WorkflowSaved
        {
            Status = WorkflowSaveStatus.Invalid,
            Problems = [new Problem { Code = "PPL103", Severity = "error", Path = "tasks.a.agent", Message = "No agent 'x'", Line = 4, Column = 9, Hint = "y" }],
        };
        var answer = await api.PostAsync(Route, """{"definition":"x"}""");
        answer.ShouldBeProblem(400).ShouldContain("No agent 'x'");
        JsonNode.DeepEquals(answer.Json["errors"], JsonNode.Parse(
            """[{"path":"tasks.a.agent","message":"No agent 'x'","code":"PPL103","line":4,"column":9,"hint":"y"}]""")).ShouldBeTrue(answer.Text);
    }

    [Fact]
    public async Task Create_NameTaken_AnswersConflictWithTheOther()
    {
        await using var api = await ApiHost.StartAsync();
        api.Grains.NextSave = new WorkflowSaved { Status = WorkflowSaveStatus.NameTaken, Name = "nightly", TakenBy = Samples.WorkflowId };
        var answer = await api.PostAsync(Route, """{"definition":"x"}""");
        answer.ShouldBeProblem(409).ShouldContain("nightly");
        answer.Json["id"]!.GetValue<string>().ShouldBe(Samples.WorkflowId.ToString());
    }

    [Fact]
    public async Task Create_SameKey_AnswersTheSameIdAndRefusesAnotherBody()
    {
        await using var api = await ApiHost.StartAsync();
        var first = await api.PostAsync(Route, """{"definition":"a"}""", key: "k1");
        var again = await api.PostAsync(Route, """{"definition":"a"}""", key: "k1");
        first.Status.ShouldBe(201);
        again.Status.ShouldBe(201);
        again.Json["id"]!.GetValue<string>().ShouldBe(first.Json["id"]!.GetValue<string>());
        first.Headers.ShouldNotContainKey("Idempotency-Replayed");
        again.Headers["Idempotency-Replayed"].ShouldBe("true");
        (await api.PostAsync(Route, """{"definition":"b"}""", key: "k1")).ShouldBeProblem(422).ShouldContain("'k1'");
    }

    [Fact]
    public async Task Update_Definition_MakesANewRevision()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        var answer = await api.SendAsync(HttpMethod.Put, _one, """{"definition":"name: nightly2","is_active":false}""");
        answer.Status.ShouldBe(200);
        answer.Json["revision"]!.GetValue<int>().ShouldBe(2);
        answer.Json["updated_at"]!.GetValue<string>().ShouldBe("2026-11-23T12:00:00Z");
        api.Stores.Workflows.Single().IsActive.ShouldBeFalse();
    }

    [Fact]
    public async Task Update_NothingGiven_IsRefused()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        (await api.SendAsync(HttpMethod.Put, _one, "{}")).ShouldBeProblem(400).ShouldContain("at least one of");
        (await api.SendAsync(HttpMethod.Put, $"{Route}/{Guid.NewGuid()}", "{}")).ShouldBeProblem(404);
    }

    [Fact]
    public async Task Delete_Twice_AnswersNoContentThenNotFound()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        (await api.SendAsync(HttpMethod.Delete, _one, null)).Status.ShouldBe(204);
        (await api.SendAsync(HttpMethod.Delete, _one, null)).ShouldBeProblem(404);
    }

    [Fact]
    public async Task Versions_AreListedAndFoundByTextOrRevision()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        (await api.GetAsync(_one + "/versions")).ShouldBeJson(200, $$"""
            {"workflow_id":"{{Samples.WorkflowId}}","versions":[
            {"version":"1.0","revision":1,"created_at":"2026-11-23T12:00:00Z","created_by":null,"sha256":"abc"}]}
            """);
        (await api.GetAsync(_one + "/versions/1.0")).ShouldBeJson(200, Golden);
        (await api.GetAsync(_one + "/versions/1")).ShouldBeJson(200, Golden);
        (await api.GetAsync(_one + "/versions/7")).ShouldBeProblem(404).ShouldContain("'7'");
    }

    [Fact]
    public async Task ByName_FindsTheWorkflow()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        (await api.GetAsync($"{Route}/by-name/nightly")).ShouldBeJson(200, Golden);
        (await api.GetAsync($"{Route}/by-name/none")).ShouldBeProblem(404).ShouldContain("'none'");
    }

    [Theory]
    [InlineData("application/json", """{"name":"odd","tasks":{"broken":{}}}""")]
    [InlineData("application/json", """{"definition":{"name":"odd","tasks":{"broken":{}}}}""")]
    [InlineData("application/json", """{"definition":"name: odd broken"}""")]
    [InlineData("text/yaml", "name: odd broken")]
    public async Task Validate_AnyForm_ListsEveryFinding(string contentType, string body)
    {
        await using var api = await ApiHost.StartAsync();
        (await api.PostAsync(Route + "/validate", body, contentType)).ShouldBeJson(200, """
            {"valid":false,"errors":["2:3: error PPL001: It is broken"],"warnings":["1:1: warning PPL900: It is odd"],"diagnostics":[
            {"code":"PPL001","severity":"error","message":"It is broken","path":"tasks.a","line":2,"column":3,"hint":"Mend it"},
            {"code":"PPL900","severity":"warning","message":"It is odd","path":"name","line":1,"column":1,"hint":null}]}
            """);
    }

    [Fact]
    public async Task Validate_GoodText_IsValid()
    {
        await using var api = await ApiHost.StartAsync();
        (await api.PostAsync(Route + "/validate", "name: fine", "application/yaml"))
            .ShouldBeJson(200, """{"valid":true,"errors":[],"warnings":[],"diagnostics":[]}""");
        (await api.PostAsync(Route + "/validate", "{")).ShouldBeProblem(400).ShouldContain("line 1");
    }
}
