using Periplon.Commands;

namespace Periplon.Tests.Commands;

public sealed class RevisionCommandTests : IAsyncLifetime
{
    private const string Id = "01990000-0000-7000-8000-000000000001";
    private const string Reasons = """
        [{"reason":"task_missing","message":"task 'b' is no more","task":"b","count":2,"executions":["e1","e2"]}]
        """;

    private readonly CommandFixture _fixture = new();
    private FakeServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeServer.StartAsync(_fixture.Cancel);
        _fixture.Variables["PERIPLON_SERVER"] = _server.Url;
        var workflow = $$"""{"id": "{{Id}}", "name": "nightly", "version": "1.2", "updated_at": "2026-01-02T03:04:05Z"}""";
        _server.On("GET /api/v1/workflows", $$"""{"workflows": [{{workflow}}], "total": 1}""");
        _server.On($"GET /api/v1/workflows/{Id}", workflow);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _fixture.Dispose();
    }

    [Theory]
    [InlineData("workflow")]
    [InlineData("workflows")]
    public async Task Impact_SaysHowManyCouldMoveAndWhyOthersCannot(string group)
    {
        _server.On($"GET /api/v1/workflows/{Id}/impact", $$"""
            {"workflow_id":"{{Id}}","revision":3,"live":12,"by_revision":[{"revision":1,"live":5},{"revision":2,"live":7}],"checked":10,
             "can_migrate":8,"cannot_migrate":2,"sampled":true,"reasons":{{Reasons}}}
            """);
        (await _fixture.RunAsync(group, "impact", "nightly", "--revision", "3")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        _fixture.Out.ToString().ShouldBe("""
            nightly: 12 executions under way (5 of revision 1, 7 of revision 2)
            To revision 3: 8 can move, 2 cannot, of 10 checked (a sample)
              2: task 'b' is no more (such as e1, e2)

            """);
    }

    [Fact]
    public async Task Impact_OfAFile_SendsItsText()
    {
        _server.On($"POST /api/v1/workflows/{Id}/impact", """
            {"revision":null,"live":0,"by_revision":[],"checked":0,"can_migrate":0,"cannot_migrate":0,"sampled":false,"reasons":[]}
            """);
        _fixture.Write("new.yaml", "name: nightly\n");
        (await _fixture.RunAsync("workflow", "impact", "nightly", "--file", "new.yaml")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        _server.Requests[^1].Body.ShouldBe("""{"definition":"name: nightly\n"}""");
        _fixture.Out.ToString().ShouldBe("nightly: 0 executions under way\nTo the new definition: 0 can move, 0 cannot, of 0 checked\n");
        (await _fixture.RunAsync("workflow", "impact", "nightly", "--file", "new.yaml", "--revision", "1")).ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public async Task Migrate_GoesThroughAllPages_ToTheRevisionOfTheFirst()
    {
        _server
            .On($"POST /api/v1/workflows/{Id}/migrate", $$"""
                {"to_revision":3,"dry_run":false,"migrated":["m1","m2"],"unchanged":1,"refused":2,"reasons":{{Reasons}},
                 "next_after":"{{Id}}"}
                """)
            .On($"POST /api/v1/workflows/{Id}/migrate", """
                {"to_revision":3,"dry_run":false,"migrated":["m3"],"unchanged":0,"refused":9,"reasons":[
                 {"reason":"task_missing","message":"task 'c' is no more","task":"c","count":4,"executions":["e3"]},
                 {"reason":"task_missing","message":"task 'b' is no more","task":"b","count":5,"executions":["e4","e5"]}],"next_after":null}
                """);
        (await _fixture.RunAsync("workflow", "migrate", "nightly", "--from", "1")).ShouldBe(ExitCode.Failure, "some were refused");
        _server.Requests[^2].Body.ShouldBe("""{"from_revision":1}""");
        _server.Requests[^1].Body.ShouldBe($$"""{"from_revision":1,"to_revision":3,"after":"{{Id}}"}""");
        _fixture.Out.ToString().ShouldBe("""
            nightly to revision 3: 3 moved, 1 unchanged, 11 refused
              7: task 'b' is no more (such as e1, e2, e4)
              4: task 'c' is no more (such as e3)

            """);
    }

    [Fact]
    public async Task Migrate_DryRunOfSome_IsSaid()
    {
        _server.On($"POST /api/v1/workflows/{Id}/migrate", """
            {"to_revision":2,"dry_run":true,"migrated":["m1"],"unchanged":0,"refused":0,"reasons":[],"next_after":null}
            """);
        (await _fixture.RunAsync("workflow", "migrate", "nightly", "--to", "2", "--execution", "m1", "--dry-run")).ShouldBe(ExitCode.Ok);
        _server.Requests[^1].Body.ShouldBe("""{"to_revision":2,"executions":["m1"],"dry_run":true}""");
        _fixture.Out.ToString().ShouldBe("nightly to revision 2: 1 could move, 0 unchanged, 0 refused\n");
    }
}
