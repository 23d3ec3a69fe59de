using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Periplon.Client.Schedules;
using Periplon.Client.Workflows;
using Periplon.Core.Schedules;
using Periplon.Engine.Schedules;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>Schedules on real silos and a real clock.</summary>
public sealed class ScheduleClusterTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task EverySecond_StartsAnExecutionPerTickThatKnowsItsTick(string kind)
    {
        await using var cluster = await EngineCluster.StartAsync(KindOf(kind));
        var workflow = await cluster.SaveAsync("outputs: {at: \"${execution.scheduled_at}\"}", "a");
        var row = await AddAsync(cluster, workflow);
        var runs = await WaitAsync(cluster, row, runs => runs.Count(run => run.Status is RunStatus.Completed) >= 3);

        ShouldFollowEachOther(runs);
        foreach (var run in runs.Where(run => run.Status is RunStatus.Completed))
        {
            var view = await cluster.ViewAsync(run.ExecutionId!.Value);
            System.Text.Encoding.UTF8.GetString(view.Outputs.Span).ShouldContain(ScheduleLabels.Text(run.Tick));
        }

        var execution = await cluster.Service<IExecutionQueries>().FindAsync(EngineCluster.Organization, runs[0].ExecutionId!.Value, Ct);
        execution.ShouldNotBeNull();
        (execution.TriggerType, execution.TriggeredBy).ShouldBe(("schedule", $"schedule:{row.Id:D}"));
        execution.Labels.ShouldContain(ScheduleLabels.Text(runs[0].Tick));
    }

    [Fact]
    public async Task SiloDies_OthersFireOnWithoutAGapOrARepetition()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Postgres, silos: 3);
        var workflow = await cluster.SaveAsync("", "a");
        var rows = new List<ScheduleRow>();
        for (var i = 0; i < 6; i++)
        {
            rows.Add(await AddAsync(cluster, workflow));
        }

        await WaitAsync(cluster, rows[0], runs => runs.Count >= 2);

        // The client's calls go through the first silo, so that one stays.
        await cluster.KillAsync(cluster.Silos[^1]);
        var killedAt = TimeProvider.System.GetUtcNow();
        foreach (var row in rows)
        {
            ShouldFollowEachOther(await WaitAsync(
                cluster, row, runs => runs.Count(run => run.Status is RunStatus.Completed && run.Tick > killedAt.AddSeconds(1)) >= 2));
        }
    }

    [Fact]
    public async Task TwoSchedulersAtOnce_StartEachTickOnce()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Postgres, silos: 2);
        var workflow = await cluster.SaveAsync("", "a");
        var row = await AddAsync(cluster, workflow);
        var services = cluster.Silos[1].ServiceProvider;
        var second = new ScheduleShard(
            row.Shard, services.GetRequiredService<ISchedulerStore>(), services.GetRequiredService<IScheduleStarter>(),
            services.GetRequiredService<IOptions<ScheduleOptions>>().Value, services.GetRequiredService<ScheduleInstruments>(),
            TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<ScheduleShard>.Instance);
        var runs = await WaitAsync(cluster, row, runs => runs.Count(run => run.Status is RunStatus.Completed) >= 4, async () =>
        {
            second.Forget();
            await second.FireAsync(Ct);
        });
        await second.IdleAsync();
        ShouldFollowEachOther(runs);
        var started = await cluster.Service<IExecutionQueries>().CountAsync(new() { Organization = EngineCluster.Organization }, 1000, Ct);
        started.ShouldBeLessThanOrEqualTo((await RunsAsync(cluster, row)).Count);
    }

    [Fact]
    public async Task WorkflowDeleted_RunsFailWithTheReasonAndNoneIsRepeated()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite);
        var workflow = await cluster.SaveAsync("", "a");
        await cluster.Client.GetGrain<IWorkflowGrain>(workflow.ToString("D")).DeleteAsync(EngineCluster.Organization, Ct);
        var row = await AddAsync(cluster, workflow);
        var runs = await WaitAsync(cluster, row, runs => runs.Count(run => run.Status is RunStatus.Failed) >= 2);
        runs.Where(run => run.Status is RunStatus.Failed).ShouldAllBe(run => run.Reason == $"there is no workflow '{workflow:D}'");
        ShouldFollowEachOther(runs);
    }

    [Fact]
    public async Task Queue_WaitsForTheRunBefore()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, prepare: attempts => attempts.Hold("a"));
        var workflow = await cluster.SaveAsync("", "a");
        var row = await AddAsync(cluster, workflow, row => row with { Overlap = OverlapPolicy.Queue });
        var before = await WaitAsync(cluster, row, runs => runs.Any(run => run.Status is RunStatus.Skipped));
        before.Count(run => run.Status is RunStatus.Running).ShouldBe(1);
        before.Count(run => run.Waits).ShouldBe(1);
        cluster.Attempts.Release();
        var waited = before.Single(run => run.Waits).Tick;
        await WaitAsync(cluster, row, runs => runs.Any(run => run.Tick == waited && run.Status is RunStatus.Completed));
    }

    private static DatabaseKind KindOf(string kind) => kind is "sqlite" ? DatabaseKind.Sqlite : DatabaseKind.Postgres;

    private static async Task<ScheduleRow> AddAsync(EngineCluster cluster, Guid workflow, Func<ScheduleRow, ScheduleRow>? change = null)
    {
        var id = Guid.CreateVersion7();
        var now = TimeProvider.System.GetUtcNow();
        var row = new ScheduleRow
        {
            Id = id, Organization = EngineCluster.Organization, Revision = 1, WorkflowId = workflow, IntervalSecs = 1, CreatedAt = now, UpdatedAt = now,
            Shard = cluster.Service<IOptions<ScheduleOptions>>().Value.ShardOf(id), Overlap = OverlapPolicy.Allow,
        };
        row = change?.Invoke(row) ?? row;
        row.TryGetRule(out var rule, out var problem).ShouldBeTrue(problem);
        (await cluster.Service<IScheduleStore>().InsertAsync(row.Armed(rule!, now), Ct)).ShouldBe(ScheduleSave.Saved);
        await cluster.Client.GetGrain<ISchedulerGrain>($"{row.Shard}").WakeAsync(Ct);
        return row;
    }

    private static async Task<IReadOnlyList<ScheduleRun>> RunsAsync(EngineCluster cluster, ScheduleRow row) =>
        [.. (await cluster.Service<IScheduleStore>().ListRunsAsync(row.Id, null, null, 1000, Ct)).Reverse()];

    private static async Task<IReadOnlyList<ScheduleRun>> WaitAsync(
        EngineCluster cluster, ScheduleRow row, Predicate<IReadOnlyList<ScheduleRun>> condition, Func<Task>? meanwhile = null)
    {
        IReadOnlyList<ScheduleRun> runs = [];
        await Eventually.TrueAsync("the runs are as expected", async () =>
        {
            await (meanwhile?.Invoke() ?? Task.CompletedTask);
            runs = await RunsAsync(cluster, row);
            return condition(runs);
        }, 60);
        return runs;
    }

    private static void ShouldFollowEachOther(IReadOnlyList<ScheduleRun> runs)
    {
        for (var i = 1; i < runs.Count; i++)
        {
            (runs[i].Tick - runs[i - 1].Tick).ShouldBe(TimeSpan.FromSeconds(runs[i - 1].Ticks));
        }

        runs.Select(run => run.ExecutionId).OfType<Guid>().ShouldBeUnique();
    }
}
