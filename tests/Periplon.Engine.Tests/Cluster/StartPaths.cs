using Microsoft.Extensions.Options;
using Periplon.Client.Executions;
using Periplon.Client.Schedules;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Core.Schedules;
using Periplon.Engine.Bulk;
using Periplon.Engine.Schedules;
using Periplon.Engine.Tests.Storage;
using Periplon.Engine.Triggers;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>The ways on which executions come into being, other than that somebody starts one.</summary>
internal static class StartPaths
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Stores a workflow whose only task calls a subflow with one task <c>a</c>.</summary>
    public static async Task<Guid> SaveParentAsync(this EngineCluster cluster, string limit)
    {
        var workflow = Guid.NewGuid();
        var text = $$"""
            name: parent
            version: "1"
            subflows: {s: {tasks: {a: {{{limit}}, command: {executable: "true"} } } } }
            tasks: {call: {subflow: s} }
            """;
        var saved = await cluster.Workflow(workflow).CreateAsync(
            new SaveWorkflow { Organization = EngineCluster.Organization, Definition = text }, Ct);
        saved.Status.ShouldBe(WorkflowSaveStatus.Saved, string.Join('\n', saved.Problems.Select(p => p.Message)));
        return workflow;
    }

    public static IWorkflowGrain Workflow(this EngineCluster cluster, Guid workflow) =>
        cluster.Client.GetGrain<IWorkflowGrain>(workflow.ToString("D"));

    /// <summary>Starts executions and, once one has begun an attempt, cancels them, so that they can be retried.</summary>
    public static async Task<List<Guid>> CancelledAsync(this EngineCluster cluster, Guid workflow, int count)
    {
        var ids = new List<Guid>();
        for (var i = 0; i < count; i++)
        {
            ids.Add(await cluster.StartAsync(workflow));
        }

        // The one that the limit lets through may otherwise end before its task begins.
        await Eventually.TrueAsync("one has begun", () => Task.FromResult(cluster.Attempts.Begun.Count > 0));
        foreach (var id in ids)
        {
            await cluster.Execution(id).CancelAsync(new ControlRequest(EngineCluster.Organization), Ct);
        }

        foreach (var id in ids)
        {
            (await cluster.EndAsync(id)).Status.ShouldBe("cancelled");
        }

        return ids;
    }

    public static async Task RetryAsync(this EngineCluster cluster, Guid workflow, IEnumerable<Guid> ended)
    {
        foreach (var id in ended)
        {
            var retried = await cluster.Workflow(workflow).RetryAsync(
                new RetryExecution { ExecutionId = Guid.CreateVersion7(), Organization = EngineCluster.Organization, RetryOf = id, FromStart = true },
                Ct);
            retried.Status.ShouldBe(StartStatus.Started);
        }
    }

    /// <summary>Retries all cancelled executions of a workflow; the operation is to end by itself.</summary>
    public static async Task<Func<Task>> RetryInBulkAsync(this EngineCluster cluster, Guid workflow, int count)
    {
        var now = TimeProvider.System.GetUtcNow();
        var operation = new BulkOperation
        {
            Id = Guid.CreateVersion7(), Organization = EngineCluster.Organization, Action = "retry", Matched = count, CreatedAt = now,
            UpdatedAt = now, Request = new BulkRequest { WorkflowId = workflow, Statuses = [ExecutionStatus.Cancelled], FromStart = true },
        };
        var store = new BulkStore(cluster.Database.Database);
        (await store.AddAsync(operation, Ct)).ShouldBeTrue();
        return () => Eventually.TrueAsync("the operation has ended", async () =>
            await store.FindAsync(EngineCluster.Organization, operation.Id, Ct) is { Status: BulkStatus.Completed } ended && ended.Done == count);
    }

    /// <summary>Lets the ends of one workflow start another.</summary>
    public static async Task FollowAsync(this EngineCluster cluster, Guid source, Guid follower)
    {
        var now = TimeProvider.System.GetUtcNow();
        var trigger = new TriggerRow
        {
            Id = Guid.CreateVersion7(), Organization = EngineCluster.Organization, Name = "follow", Kind = TriggerKind.Completion,
            ActiveSince = now.AddMinutes(-1), ScannedTo = now.AddMinutes(-1), CreatedAt = now, UpdatedAt = now,
            Definition = new TriggerDefinition { WorkflowId = follower, After = new CompletionRule { WorkflowId = source } },
        };
        (await new TriggerStore(cluster.Database.Database).AddAsync(trigger, null, Ct)).ShouldBe(TriggerSaveStatus.Saved);
    }

    public static async Task<ScheduleRow> ScheduleAsync(this EngineCluster cluster, Guid workflow, int seconds)
    {
        var id = Guid.CreateVersion7();
        var now = TimeProvider.System.GetUtcNow();
        var row = new ScheduleRow
        {
            Id = id, Organization = EngineCluster.Organization, Revision = 1, WorkflowId = workflow, CreatedAt = now, UpdatedAt = now,
            Shard = cluster.Service<IOptions<ScheduleOptions>>().Value.ShardOf(id), Overlap = OverlapPolicy.Allow, IntervalSecs = seconds,
        };
        row.TryGetRule(out var rule, out var problem).ShouldBeTrue(problem);
        (await cluster.Service<IScheduleStore>().InsertAsync(row.Armed(rule!, now), Ct)).ShouldBe(ScheduleSave.Saved);
        await cluster.Client.GetGrain<ISchedulerGrain>($"{row.Shard}").WakeAsync(Ct);
        return row;
    }

    /// <summary>Fills the last three and a half hours of an hourly schedule: three ticks, or four.</summary>
    public static async Task BackfillAsync(this EngineCluster cluster, Guid workflow)
    {
        var now = TimeProvider.System.GetUtcNow();
        var row = await cluster.ScheduleAsync(workflow, 3600);
        var backfill = new ScheduleBackfill
        {
            Id = Guid.CreateVersion7(), ScheduleId = row.Id, FromAt = now.AddHours(-3.5), ToAt = now.AddMinutes(-10),
            NextAt = now.AddHours(-3.5), CreatedAt = now, Organization = EngineCluster.Organization, Shard = row.Shard, MaxParallel = 10,
            Priority = 0, Total = 3,
        };
        (await cluster.Service<IScheduleStore>().InsertBackfillAsync(backfill, Ct)).ShouldBeTrue();
        await cluster.Client.GetGrain<ISchedulerGrain>($"{row.Shard}").WakeAsync(Ct);
    }
}
