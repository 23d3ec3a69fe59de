using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Engine.Bulk;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Tests.Storage;
using Periplon.Engine.Triggers;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>Completion triggers and bulk operations on real silos.</summary>
public sealed class TriggerClusterTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(nameof(DatabaseKind.Sqlite))]
    [InlineData(nameof(DatabaseKind.Postgres))]
    public async Task CompletionTrigger_ExecutionEnds_TheOtherWorkflowRunsOnceWithItsOutputs(string kind)
    {
        await using var cluster = await EngineCluster.StartAsync(Enum.Parse<DatabaseKind>(kind));
        var first = await cluster.SaveAsync("", "a");
        var second = await cluster.SaveAsync("inputs: {payload: {type: object}}", "b");
        var trigger = await AddAsync(cluster, first, second);
        var source = await cluster.StartAsync(first);
        var follower = await FollowerAsync(cluster, second, 1);

        (await cluster.EndAsync(follower[0].Id)).Status.ShouldBe("completed");
        var row = (await cluster.Service<IExecutionQueries>().FindAsync(EngineCluster.Organization, follower[0].Id, Ct)).ShouldNotBeNull();
        (row.TriggerType, row.TriggeredBy, row.ParentExecutionId).ShouldBe(("completion", trigger.By, null));
        row.Labels.ShouldContain($"{source:D}");
        row.Inputs.ShouldContain($"\"execution_id\":\"{source:D}\"");
        row.Inputs.ShouldContain("\"status\":\"completed\"");
    }

    [Fact]
    public async Task CompletionTrigger_SiloKilledWhileExecutionsEnd_EachEndStartsExactlyOne()
    {
        const int Count = 40;
        await using var cluster = await EngineCluster.StartAsync(
            DatabaseKind.Postgres, silos: 2, configure: engine => engine.DrainTimeout = TimeSpan.Zero,
            prepare: attempts => attempts.Hold("a"));
        var first = await cluster.SaveAsync("", "a");
        var second = await cluster.SaveAsync("", "b");
        var trigger = await AddAsync(cluster, first, second);
        var sources = await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => cluster.StartAsync(first)));
        var (victim, survivor) = (cluster.Silos[0], cluster.Silos[1]);
        await Eventually.TrueAsync(
            "executions run on both silos",
            () => Task.FromResult(cluster.Silos.All(silo => cluster.AttemptsOf(silo).Begun.Count > 0)));

        // Some end on the silo that dies a moment later, with or without what follows from them.
        cluster.AttemptsOf(victim).Finish("a");
        cluster.AttemptsOf(survivor).Finish("a");
        await cluster.KillAsync(victim);
        foreach (var source in sources)
        {
            (await cluster.EndAsync(source)).Status.ShouldBe("completed");
        }

        var followers = await FollowerAsync(cluster, second, Count);
        followers.Count.ShouldBe(Count);
        var runs = new TriggerRunStore(cluster.Database.Database);
        await Eventually.TrueAsync(
            "all runs are settled", async () => (await runs.ListAsync(EngineCluster.Organization, trigger.Id, null, 500, Ct)).All(
                run => run.Status is TriggerRunStatus.Started), 60);
        (await runs.ListAsync(EngineCluster.Organization, trigger.Id, null, 500, Ct)).Select(run => run.SourceExecutionId!.Value)
            .ShouldBe(sources, ignoreOrder: true);
    }

    [Fact]
    public async Task BulkOperation_OwnerDies_AnotherSiloGoesOnAndEndsIt()
    {
        const int Count = 60;
        await using var cluster = await EngineCluster.StartAsync(
            DatabaseKind.Postgres, silos: 2, configure: engine => engine.DrainTimeout = TimeSpan.Zero,
            prepare: attempts => attempts.Hold("a"));
        var workflow = await cluster.SaveAsync("", "a");
        var ids = await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => cluster.StartAsync(workflow)));
        var store = new BulkStore(cluster.Database.Database);
        var now = TimeProvider.System.GetUtcNow();
        var operation = new BulkOperation
        {
            Id = Guid.CreateVersion7(), Organization = EngineCluster.Organization, Action = "cancel", Reason = "enough",
            Request = new BulkRequest { WorkflowId = workflow, Statuses = BulkActions.StatusesOf("cancel") }, Matched = Count,
            CreatedAt = now, UpdatedAt = now,
        };

        // The row is claimed for the silo that dies before it does anything.
        var victim = cluster.Silos[0];
        await store.AddAsync(operation, Ct);
        await store.ClaimAsync(
            (await store.FindAsync(operation.Organization, operation.Id, Ct))!, victim.SiloAddress.ToParsableString(), now.AddHours(1), Ct);
        await cluster.KillAsync(victim);

        await Eventually.TrueAsync(
            "the operation has ended",
            async () => (await store.FindAsync(operation.Organization, operation.Id, Ct))!.Status is BulkStatus.Completed, 60);
        var ended = (await store.FindAsync(operation.Organization, operation.Id, Ct))!;
        (ended.Done + ended.Unchanged, ended.Failed).ShouldBe((Count, 0));
        foreach (var id in ids)
        {
            (await cluster.EndAsync(id)).Status.ShouldBe("cancelled");
        }
    }

    [Fact]
    public async Task BulkOperation_PauseThenResume_ReachesEveryExecution()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, prepare: attempts => attempts.Hold("a"));
        var workflow = await cluster.SaveAsync("", "a", "b: depends_on: [a]");
        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => cluster.StartAsync(workflow)));
        (await RunAsync(cluster, "pause", workflow)).Done.ShouldBe(20);
        cluster.Attempts.Release();
        foreach (var id in ids)
        {
            await Eventually.TrueAsync($"execution {id} is paused", async () => (await cluster.ViewAsync(id)).Status == "paused");
        }

        (await RunAsync(cluster, "resume", workflow)).Done.ShouldBe(20);
        foreach (var id in ids)
        {
            (await cluster.EndAsync(id)).Status.ShouldBe("completed");
        }
    }

    [Fact]
    public async Task BulkOperation_Kill_EndsEveryExecution()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, prepare: attempts => attempts.Hold("a"));
        var workflow = await cluster.SaveAsync("", "a");
        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => cluster.StartAsync(workflow)));
        var ended = await RunAsync(cluster, "kill", workflow);
        (ended.Done, ended.Failed).ShouldBe((20, 0));
        foreach (var id in ids)
        {
            (await cluster.EndAsync(id)).Status.ShouldBe("cancelled");
        }
    }

    [Fact]
    public async Task BulkOperation_Signal_ReachesWhatWaits()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite);
        var id = Guid.NewGuid();
        var saved = await cluster.Client.GetGrain<Client.Workflows.IWorkflowGrain>(id.ToString("D")).CreateAsync(
            new Client.Workflows.SaveWorkflow
            {
                Organization = EngineCluster.Organization,
                Definition = "name: waits\nversion: 1.0.0\ntasks:\n  w:\n    description: waits\n    wait_for: {signal: go}\n",
            },
            Ct);
        saved.Status.ShouldBe(Client.Workflows.WorkflowSaveStatus.Saved, string.Join('\n', saved.Problems.Select(p => p.Message)));
        var executions = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => cluster.StartAsync(id)));
        (await RunAsync(cluster, "signal", id, "go")).Done.ShouldBe(5);
        foreach (var execution in executions)
        {
            (await cluster.EndAsync(execution)).Status.ShouldBe("completed");
        }
    }

    [Fact]
    public async Task BulkOperation_Retry_StartsOneNewExecutionForEachFailedOne()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite);
        cluster.Attempts.Answer("a", _ => Samples.Failed());
        var workflow = await cluster.SaveAsync("", "a");
        var failed = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => cluster.StartAsync(workflow)));
        foreach (var id in failed)
        {
            (await cluster.EndAsync(id)).Status.ShouldBe("failed");
        }

        cluster.Attempts.Answer("a", offer => Samples.Done(offer.Task));
        var operation = await RunAsync(cluster, "retry", workflow);
        (operation.Done, operation.Failed).ShouldBe((5, 0), string.Join('\n', operation.Errors));
        var rows = await FollowerAsync(cluster, workflow, 10);
        var retries = rows.Where(row => row.RetryOf is not null).ToList();
        retries.Select(row => row.RetryOf!.Value).ShouldBe(failed, ignoreOrder: true);
        foreach (var retry in retries)
        {
            (await cluster.EndAsync(retry.Id)).Status.ShouldBe("completed");
        }

        // As after a crash in the middle of a page: the same executions get no second retry.
        var act = cluster.Service<BulkAction>();
        (await Task.WhenAll(rows.Where(row => row.RetryOf is null).Select(row => act(operation, row, Ct))))
            .ShouldAllBe(outcome => outcome.Kind == BulkOutcomeKind.Done);
        (await FollowerAsync(cluster, workflow, 10)).Count.ShouldBe(10);
    }

    private static async Task<BulkOperation> RunAsync(EngineCluster cluster, string action, Guid workflow, string? signal = null)
    {
        var store = cluster.Service<BulkStore>();
        var now = TimeProvider.System.GetUtcNow();
        var operation = new BulkOperation
        {
            Id = Guid.CreateVersion7(), Organization = EngineCluster.Organization, Action = action, CreatedAt = now, UpdatedAt = now,
            Request = new BulkRequest { WorkflowId = workflow, Statuses = BulkActions.StatusesOf(action), Signal = signal },
        };
        await store.AddAsync(operation, Ct);
        await Eventually.TrueAsync(
            $"{action} has ended",
            async () => (await store.FindAsync(operation.Organization, operation.Id, Ct))!.Status is BulkStatus.Completed, 60);
        return (await store.FindAsync(operation.Organization, operation.Id, Ct))!;
    }

    private static async Task<TriggerRow> AddAsync(EngineCluster cluster, Guid watched, Guid started)
    {
        var now = TimeProvider.System.GetUtcNow();
        var row = new TriggerRow
        {
            Id = Guid.CreateVersion7(), Organization = EngineCluster.Organization, Name = "follow", Kind = TriggerKind.Completion,
            Definition = new TriggerDefinition { WorkflowId = started, After = new CompletionRule { WorkflowId = watched } },
            ActiveSince = now, ScannedTo = now, CreatedAt = now, UpdatedAt = now,
        };
        (await new TriggerStore(cluster.Database.Database).AddAsync(row, null, Ct)).ShouldBe(TriggerSaveStatus.Saved);
        return row;
    }

    private static async Task<IReadOnlyList<ExecutionRow>> FollowerAsync(EngineCluster cluster, Guid workflow, int count)
    {
        var queries = new ExecutionQueries(cluster.Database.Database, TimeProvider.System);
        var filter = new ExecutionFilter { Organization = EngineCluster.Organization, WorkflowId = workflow };
        IReadOnlyList<ExecutionRow> rows = [];
        await Eventually.TrueAsync(
            $"{count} executions follow", async () => (rows = await queries.ListAsync(filter, null, 0, count + 10, Ct)).Count >= count, 90);
        rows.Count.ShouldBe(count);
        return rows;
    }
}
