using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Periplon.Client.Workflows;

namespace Periplon.Tests.Api;

public sealed class RevisionsApiTests
{
    private static readonly string _workflow = $"/api/v1/workflows/{Samples.WorkflowId:D}";
    private static readonly Guid _other = Guid.Parse("018f0000-0000-7000-8000-0000000000bb");

    private static readonly ImpactReport _report = new()
    {
        Status = RevisionStatus.Done, Revision = 2, Live = new Dictionary<int, long> { [1] = 300, [2] = 4 }, Checked = 20, CanMigrate = 15,
        Obstacles = [new MigrationObstacle { Reason = "task_missing", Message = "Task 'a' is gone", Task = "a", Count = 5, Executions = [_other] }],
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Impact_OfARevision_ShowsWhatStaysWhatMovesAndWhatCannot()
    {
        await using var api = await StartAsync();
        var sent = Assess(api, _report);
        (await api.GetAsync(_workflow + "/impact?revision=2&sample=20")).ShouldBeJson(200, $$"""
            {"workflow_id":"{{Samples.WorkflowId:D}}","revision":2,"live":304,"by_revision":[{"revision":1,"live":300},{"revision":2,"live":4}],
             "checked":20,"can_migrate":15,"cannot_migrate":5,"sampled":true,
             "reasons":[{"reason":"task_missing","message":"Task 'a' is gone","task":"a","count":5,"executions":["{{_other:D}}"]}]}
            """);
        (sent[0].Revision, sent[0].Sample, sent[0].Organization).ShouldBe((2, 20, "default"));
        (await api.GetAsync(_workflow + "/impact?sample=201")).ShouldBeProblem(400).ShouldContain("from 0 to 200");
    }

    [Fact]
    public async Task Impact_OfADefinition_IsAskedWithoutStoringIt()
    {
        await using var api = await StartAsync();
        var sent = Assess(api, _report with { Revision = 0 });
        var answer = await api.PostAsync(_workflow + "/impact", Samples.Yaml, "application/yaml");
        answer.Status.ShouldBe(200, answer.Text);
        answer.Json["revision"].ShouldBeNull();
        sent[0].Definition.ShouldBe(Samples.Yaml);

        Assess(api, new ImpactReport
        {
            Status = RevisionStatus.Invalid,
            Problems = [new Problem { Code = "PPL001", Severity = "error", Path = "tasks.a", Message = "It is broken" }],
        });
        (await api.PostAsync(_workflow + "/impact", "x", "application/yaml")).ShouldBeProblem(400).ShouldContain("It is broken");
        Assess(api, new ImpactReport { Status = RevisionStatus.NoRevision, Revision = 3 });
        (await api.GetAsync(_workflow + "/impact?revision=9")).ShouldBeProblem(404).ShouldContain("no revision 9; it has 1 to 3");
    }

    [Fact]
    public async Task Update_WithANewDefinition_AnswersTheImpactInShort()
    {
        await using var api = await StartAsync();
        Assess(api, _report);
        var answer = await api.SendAsync(HttpMethod.Put, _workflow, """{"definition":"name: nightly\nversion: '2'"}""");
        answer.Status.ShouldBe(200, answer.Text);
        answer.Json["impact"]!["cannot_migrate"]!.GetValue<int>().ShouldBe(5);
        (await api.SendAsync(HttpMethod.Put, _workflow, """{"description":"same"}""")).Json["impact"].ShouldBeNull();
    }

    [Fact]
    public async Task Update_WhoseImpactCannotBeHad_IsStoredAndAnsweredWithoutIt()
    {
        await using var api = await StartAsync();
        Workflow(api).AssessImpactAsync(default!, Ct).ThrowsAsyncForAnyArgs(new InvalidDataException("a journal has a gap"));
        var answer = await api.SendAsync(HttpMethod.Put, _workflow, """{"definition":"name: nightly\nversion: '2'"}""");
        answer.Status.ShouldBe(200, answer.Text);
        (answer.Json["revision"]!.GetValue<int>(), answer.Json["impact"]).ShouldBe((2, null));
    }

    [Fact]
    public async Task Migrate_OfExecutions_PassesTheRequestOnAndShowsTheReport()
    {
        await using var api = await StartAsync();
        MigrateExecutions? sent = null;
        Workflow(api).MigrateExecutionsAsync(default!, Ct).ReturnsForAnyArgs(call =>
        {
            sent = call.Arg<MigrateExecutions>();
            return new MigrationReport
            {
                Status = RevisionStatus.Done, Revision = 2, Migrated = [Samples.ExecutionId], Unchanged = 1, Obstacles = _report.Obstacles,
                NextAfter = _other,
            };
        });
        var answer = await api.PostAsync(
            _workflow + "/migrate",
            $$"""{"to_revision":2,"from_revision":1,"executions":["{{Samples.ExecutionId:D}}"],"dry_run":true,"after":"{{_other:D}}"}""");
        answer.ShouldBeJson(200, $$"""
            {"workflow_id":"{{Samples.WorkflowId:D}}","to_revision":2,"dry_run":true,"migrated":["{{Samples.ExecutionId:D}}"],"unchanged":1,
             "refused":5,"reasons":[{"reason":"task_missing","message":"Task 'a' is gone","task":"a","count":5,"executions":["{{_other:D}}"]}],
             "next_after":"{{_other:D}}"}
            """);
        (sent!.Revision, sent.FromRevision, sent.DryRun, sent.After, sent.Organization).ShouldBe((2, 1, true, _other, "default"));
        sent.Executions.ShouldBe([Samples.ExecutionId]);
        FakeAudit.Of(api).ShouldBeEmpty("nothing was changed");
        (await api.PostAsync(_workflow + "/migrate", null)).Status.ShouldBe(200);
        FakeAudit.Of(api).ShouldBe([("workflow.migrate", $"workflow {Samples.WorkflowId:D}")]);
        (sent.Revision, sent.Executions).ShouldBe((0, null));
    }

    [Fact]
    public async Task Migrate_AfterACallThatWasNotAnswered_NotesWhatWasAsked()
    {
        await using var api = await StartAsync();
        var calls = 0;
        Workflow(api).MigrateExecutionsAsync(default!, Ct).ReturnsForAnyArgs(_ => ++calls == 1
            ? throw new TimeoutException()
            : new MigrationReport { Status = RevisionStatus.Done, Revision = 2, Unchanged = 1 });
        var sent = api.PostAsync(_workflow + "/migrate", $$"""{"executions":["{{Samples.ExecutionId:D}}"]}""");
        (await ExecutionsApiTests.AdvanceUntilDoneAsync(api, sent)).Status.ShouldBe(200);
        var noted = FakeAudit.EntriesOf(api).ShouldHaveSingleItem().After.ShouldNotBeNull();
        noted.ShouldContain("\"unanswered_calls\":1");
        noted.ShouldContain($"\"asked\":[\"{Samples.ExecutionId:D}\"]");
    }

    [Theory]
    [InlineData("""{"revision":2}""", "allowed are to_revision")]
    [InlineData("""{"to_revision":0}""", "counted from 1")]
    [InlineData("""{"executions":[]}""", "1 to 1000")]
    [InlineData("""{"executions":["x"]}""", "executions[0]")]
    public async Task Migrate_WrongBody_NamesTheMistake(string body, string expected)
    {
        await using var api = await StartAsync();
        var answer = await api.PostAsync(_workflow + "/migrate", body);
        answer.ShouldBeProblem(400);
        answer.Text.ShouldContain(expected);
    }

    private static async Task<ApiHost> StartAsync()
    {
        var api = await ApiHost.StartAsync();
        api.AddExecution();
        if (api.Stores.Workflows.TrueForAll(row => row.Id != Samples.WorkflowId))
        {
            api.Stores.Workflows.Add(Samples.Workflow(Samples.WorkflowId, api.Grains.Time));
        }

        return api;
    }

    private static List<ImpactRequest> Assess(ApiHost api, ImpactReport report)
    {
        var sent = new List<ImpactRequest>();
        Workflow(api).AssessImpactAsync(default!, Ct).ReturnsForAnyArgs(call =>
        {
            sent.Add(call.Arg<ImpactRequest>());
            return report;
        });
        return sent;
    }

    private static IWorkflowGrain Workflow(ApiHost api) => api.Grains.Factory.GetGrain<IWorkflowGrain>(Samples.WorkflowId.ToString("D"));
}
