using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Migrations;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Tests.Storage;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>Skips, kills and moves to another revision, on a silo with a worker.</summary>
public sealed class ControlGrainTests : IAsyncLifetime
{
    private EngineCluster _cluster = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private FakeAttempts Attempts => _cluster.Attempts;

    public async ValueTask InitializeAsync() => _cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Skip_OfARunningTask_StopsItsWorkerAndGoesOn()
    {
        Attempts.Hold("a");
        var id = await _cluster.RunAsync("", "a", "b: depends_on: [a]");
        await BegunAsync("a/1/1");
        (await SkipAsync(id, "a")).Status.ShouldBe(SkipTaskStatus.Done);
        var view = await _cluster.EndAsync(id);
        view.Status.ShouldBe("completed");
        view.Tasks.Select(task => $"{task.Id} {task.Status} {task.Reason}".Trim()).ShouldBe(["a skipped not today", "b completed"]);
        Attempts.Stopped.ShouldBe(["a"]);
        (await SkipAsync(id, "b")).Status.ShouldBe(SkipTaskStatus.AlreadyFinished);
    }

    [Fact]
    public async Task Skip_WithAnOutput_CompletesTheTaskAlsoWhenItIsSentAgain()
    {
        var id = await RunAsync("tasks: {w: {wait_for: {signal: never}}, b: {RUN, depends_on: [w]}}");
        await _cluster.Execution(id).PauseAsync(new ControlRequest(EngineCluster.Organization), Ct);
        (await SkipAsync(id, "w", "\"by hand\"")).ShouldBe(new SkipTaskResult(SkipTaskStatus.Done, "completed"));
        (await SkipAsync(id, "w", "\"by hand\"")).Status.ShouldBe(SkipTaskStatus.NoChange);
        (await SkipAsync(id, "nothing")).Status.ShouldBe(SkipTaskStatus.TaskNotFound);
        await _cluster.DeactivateAsync(_cluster.Execution(id));
        await _cluster.Execution(id).ResumeAsync(new ControlRequest(EngineCluster.Organization), Ct);
        var view = await _cluster.EndAsync(id);
        (view.Status, view.Tasks[0].Output).ShouldBe(("completed", "by hand"));
    }

    [Fact]
    public async Task Skip_OfATaskThatHoldsAPlace_GivesItToTheNext()
    {
        Attempts.Hold("a", "b");
        var id = await _cluster.RunAsync(
            "", "a: concurrency: {key: one, limit: 1}",
            "b: concurrency: {key: one, limit: 1}");
        await BegunAsync("a/1/1");
        (await SkipAsync(id, "a")).Status.ShouldBe(SkipTaskStatus.Done);
        await BegunAsync("b/1/1");
        Attempts.Finish("b");
        (await _cluster.EndAsync(id)).Status.ShouldBe("completed");
    }

    [Fact]
    public async Task Kill_WithHandlersAndAChild_RunsNoHandlerAndKillsTheChildToo()
    {
        Attempts.Hold("x", "a");
        var id = await RunAsync("""
            subflows: {child: {tasks: {x: {RUN, finally: [{tidy: {RUN}}]}}}}
            finally: [{last: {RUN}}]
            tasks: {a: {RUN, finally: [{own: {RUN}}]}, s: {subflow: child}}
            """);
        await BegunAsync("x/1/1");
        await BegunAsync("a/1/1");
        var child = (await _cluster.ViewAsync(id)).Tasks.Single(task => task.Id == "s").ChildExecutionId.ShouldNotBeNull();
        var kill = new ControlRequest(EngineCluster.Organization, "ann") { Kill = true };
        (await _cluster.Execution(id).CancelAsync(kill, Ct)).ShouldBe(ControlStatus.Done);
        (await _cluster.EndAsync(id)).Status.ShouldBe("cancelled");
        (await _cluster.EndAsync(child)).Status.ShouldBe("cancelled");
        Attempts.Begun.ShouldBe(["x/1/1", "a/1/1"], ignoreOrder: true);
    }

    [Fact]
    public async Task Start_OfAChildWhoseParentHasEnded_EndsIt()
    {
        Attempts.Hold("a");
        var workflow = await _cluster.SaveAsync("", "a");
        var parent = await _cluster.StartAsync(workflow);
        (await _cluster.Execution(parent).CancelAsync(new ControlRequest(EngineCluster.Organization, "ann") { Kill = true }, Ct))
            .ShouldBe(ControlStatus.Done);
        (await _cluster.EndAsync(parent)).Status.ShouldBe("cancelled");

        // The message that starts it was under way, on a silo that did not know of the end.
        var late = Guid.CreateVersion7();
        var start = new StartExecution { ExecutionId = late, Organization = EngineCluster.Organization, ParentExecutionId = parent };
        var request = new CreateExecution
        {
            Start = start with { Inputs = "{}"u8.ToArray() }, WorkflowId = workflow, Revision = 1, ParentTask = "s", Depth = 1,
        };
        (await _cluster.Execution(late).CreateAsync(request, Ct)).ShouldBe(StartStatus.Started);
        (await _cluster.EndAsync(late)).Status.ShouldBe("cancelled");
    }

    [Fact]
    public async Task Migrate_OfAnExecutionUnderWay_GoesOnWithTheNewRevisionAndKeepsItsLease()
    {
        Attempts.Hold("a");
        var workflow = await _cluster.SaveAsync("", "a", "b: depends_on: [a]");
        var id = await _cluster.StartAsync(workflow);
        await BegunAsync("a/1/1");
        await ReviseAsync(workflow, "", "a", "c: depends_on: [a]");

        (await MigrateAsync(id, dryRun: true)).Status.ShouldBe(MigrateStatus.Migrated);
        (await _cluster.ViewAsync(id)).Revision.ShouldBe(1);
        (await MigrateAsync(id)).Status.ShouldBe(MigrateStatus.Migrated);
        (await MigrateAsync(id)).Status.ShouldBe(MigrateStatus.Unchanged);
        var row = (await _cluster.Service<IExecutionQueries>().FindAsync(EngineCluster.Organization, id, Ct)).ShouldNotBeNull();
        row.Revision.ShouldBe(2);

        await _cluster.DeactivateAsync(_cluster.Execution(id));
        Attempts.Finish("a");
        var view = await _cluster.EndAsync(id);
        (view.Status, view.Revision).ShouldBe(("completed", 2));
        Attempts.Begun.ShouldBe(["a/1/1", "c/1/1"]);
        (await MigrateAsync(id, revision: 1)).Reason.ShouldBe(MigrationReasons.Ended);
    }

    [Fact]
    public async Task MigrateExecutions_OfAWorkflow_MovesThoseThatFitAndSaysWhyOthersDoNot()
    {
        Attempts.Hold("a", "b");
        var workflow = await _cluster.SaveAsync("", "a", "b: depends_on: [a]");
        var (first, second) = (await _cluster.StartAsync(workflow), await _cluster.StartAsync(workflow));
        await BegunAsync("a/1/1", times: 2);
        await ReviseAsync(workflow, "", "a", "c: depends_on: [a]");
        var third = await _cluster.StartAsync(workflow);
        await ReviseAsync(workflow, "", "z");

        var impact = await Workflow(workflow).AssessImpactAsync(
            new ImpactRequest { Organization = EngineCluster.Organization, Revision = 2, Sample = 10 }, Ct);
        (impact.Live[1], impact.Live[2], impact.Checked, impact.CanMigrate).ShouldBe((2, 1, 2, 2));
        var newest = await Workflow(workflow).AssessImpactAsync(
            new ImpactRequest { Organization = EngineCluster.Organization, Sample = 10 }, Ct);
        (newest.Revision, newest.Checked, newest.CanMigrate).ShouldBe((3, 3, 0));
        var obstacle = newest.Obstacles.ShouldHaveSingleItem();
        (obstacle.Reason, obstacle.Task, obstacle.Count).ShouldBe((MigrationReasons.TaskMissing, "a", 3));
        var unpublished = await Workflow(workflow).AssessImpactAsync(
            new ImpactRequest
            {
                Organization = EngineCluster.Organization, Sample = 2,
                Definition = Samples.Yaml($"w-{workflow:N}", "", "a", "d: depends_on: [a]"),
            },
            Ct);
        (unpublished.Revision, unpublished.Checked, unpublished.CanMigrate).ShouldBe((0, 2, 2));

        var report = await MoveAsync(workflow, new MigrateExecutions { Organization = EngineCluster.Organization, Revision = 2 });
        report.Migrated.ShouldBe([first, second], ignoreOrder: true);
        report.NextAfter.ShouldBeNull();
        var named = await MoveAsync(workflow, new MigrateExecutions
        {
            Organization = EngineCluster.Organization, Revision = 2, Executions = [first, third, Guid.CreateVersion7()],
        });
        (named.Migrated.Count, named.Unchanged, named.Obstacles.Single().Reason).ShouldBe((0, 2, "not_found"));
        (await MoveAsync(workflow, new MigrateExecutions { Organization = EngineCluster.Organization, Revision = 9 })).Status
            .ShouldBe(RevisionStatus.NoRevision);
        (await MoveAsync(workflow, new MigrateExecutions { Organization = "other" })).Status.ShouldBe(RevisionStatus.WorkflowNotFound);
    }

    [Fact]
    public async Task MigrateExecutions_OneThatCannotBeLoaded_SaysSoAndMovesTheOthers()
    {
        Attempts.Hold("a");
        var workflow = await _cluster.SaveAsync("", "a");
        var (damaged, whole) = (await _cluster.StartAsync(workflow), await _cluster.StartAsync(workflow));
        await BegunAsync("a/1/1", times: 2);
        await ReviseAsync(workflow, "", "a", "c: depends_on: [a]");
        await _cluster.Database.ScalarAsync(
            "update execution_events set events = cast('[{\"type\":\"of_a_newer_version\"}]' as blob) "
            + $"where execution_id = '{damaged:D}'");
        await _cluster.DeactivateAsync(_cluster.Execution(damaged));

        var impact = await Workflow(workflow).AssessImpactAsync(
            new ImpactRequest { Organization = EngineCluster.Organization, Sample = 10 }, Ct);
        (impact.Checked, impact.CanMigrate).ShouldBe((2, 1));
        var obstacle = impact.Obstacles.ShouldHaveSingleItem();
        (obstacle.Reason, obstacle.Executions.Single()).ShouldBe((ObstacleList.NotReadable, damaged));

        var report = await MoveAsync(workflow, new MigrateExecutions { Organization = EngineCluster.Organization });
        report.Migrated.ShouldBe([whole]);
        obstacle = report.Obstacles.ShouldHaveSingleItem();
        (obstacle.Reason, obstacle.Executions.Single(), report.NextAfter).ShouldBe((ObstacleList.NotReadable, damaged, null));
    }

    private async Task<Guid> RunAsync(string yaml)
    {
        var workflow = Guid.NewGuid();
        var text = yaml.Replace("RUN", "command: {executable: 'true'}", StringComparison.Ordinal);
        var saved = await Workflow(workflow).CreateAsync(
            new SaveWorkflow { Organization = EngineCluster.Organization, Definition = $"name: w-{workflow:N}\nversion: '1'\n{text}" }, Ct);
        saved.Status.ShouldBe(WorkflowSaveStatus.Saved, string.Join('\n', saved.Problems.Select(problem => problem.Message)));
        return await _cluster.StartAsync(workflow);
    }

    private async Task BegunAsync(string attempt, int times = 1) =>
        await Eventually.TrueAsync($"{attempt} has begun", () => Task.FromResult(Attempts.Begun.Count(begun => begun == attempt) >= times));

    private Task<SkipTaskResult> SkipAsync(Guid id, string task, string? output = null) => _cluster.Execution(id).SkipTaskAsync(
        new SkipTaskRequest
        {
            Organization = EngineCluster.Organization, Task = task, Reason = "not today",
            Output = output is null ? default : System.Text.Encoding.UTF8.GetBytes(output),
        },
        Ct);

    private Task<MigrateResult> MigrateAsync(Guid id, bool dryRun = false, int revision = 2) => _cluster.Execution(id).MigrateAsync(
        new MigrateExecution { Organization = EngineCluster.Organization, Revision = revision, DryRun = dryRun, By = "ann" }, Ct);

    private Task<MigrationReport> MoveAsync(Guid workflow, MigrateExecutions request) =>
        Workflow(workflow).MigrateExecutionsAsync(request, Ct);

    private async Task ReviseAsync(Guid workflow, string head, params string[] tasks)
    {
        var saved = await Workflow(workflow).UpdateAsync(
            new SaveWorkflow { Organization = EngineCluster.Organization, Definition = Samples.Yaml($"w-{workflow:N}", head, tasks) }, Ct);
        saved.Status.ShouldBe(WorkflowSaveStatus.Saved, string.Join('\n', saved.Problems.Select(problem => problem.Message)));
    }

    private IWorkflowGrain Workflow(Guid id) => _cluster.Client.GetGrain<IWorkflowGrain>(id.ToString("D"));
}
