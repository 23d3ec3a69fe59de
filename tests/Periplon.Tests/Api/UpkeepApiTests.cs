using Microsoft.Extensions.DependencyInjection;
using Periplon.Client.Workers;
using Periplon.Core.Executions;
using Periplon.Engine.Doctor;
using Periplon.Engine.Retention;
using Periplon.Engine.Workers;

namespace Periplon.Tests.Api;

/// <summary>Deleting executions, and the doctor.</summary>
public sealed class UpkeepApiTests
{
    private static readonly string Path = $"/api/v1/executions/{Samples.ExecutionId:D}";

    [Fact]
    public async Task Delete_EndedExecution_IsGone()
    {
        await using var api = await ApiHost.StartAsync();
        End(api);
        (await api.SendAsync(HttpMethod.Delete, Path, null)).Status.ShouldBe(204);
        (await api.GetAsync(Path)).ShouldBeProblem(404);
        (await api.SendAsync(HttpMethod.Delete, Path, null)).ShouldBeProblem(404);
        var noted = ((FakeAudit)api.Services.GetRequiredService<Periplon.Engine.Audit.IAuditTrail>()).Entries.ShouldHaveSingleItem();
        (noted.Organization, noted.Actor, noted.Action, noted.Target).ShouldBe(
            ("default", "anonymous", "execution.delete", $"execution {Samples.ExecutionId:D}"));
        noted.After.ShouldNotBeNull().ShouldContain("\"deleted\":1");
    }

    [Fact]
    public async Task Delete_ExecutionThatRunsOrIsNeeded_IsRefused()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        (await api.SendAsync(HttpMethod.Delete, Path, null)).ShouldBeProblem(409).ShouldContain("cancel it first");

        End(api);
        api.Stores.Executions.Add(api.Stores.Executions[0] with
        {
            Id = Guid.CreateVersion7(), ParentExecutionId = Samples.ExecutionId, TriggerType = "subflow", CompletedAt = null,
            Status = ExecutionStatus.Running,
        });
        (await api.SendAsync(HttpMethod.Delete, Path, null)).ShouldBeProblem(409).ShouldContain("has not ended");
        (await api.SendAsync(HttpMethod.Delete, "/api/v1/executions/nonsense", null)).ShouldBeProblem(400);
    }

    [Fact]
    public async Task Delete_OnlyItsSubflowsWent_IsNotSaidToBeDone()
    {
        await using var api = await ApiHost.StartAsync();
        End(api);
        ((FakePurge)api.Services.GetRequiredService<IExecutionPurge>()).Instead = () => new PurgedTree(3, IsGone: false);
        (await api.SendAsync(HttpMethod.Delete, Path, null)).ShouldBeProblem(409).ShouldContain("is needed by");
        var noted = ((FakeAudit)api.Services.GetRequiredService<Periplon.Engine.Audit.IAuditTrail>()).Entries.ShouldHaveSingleItem();
        noted.After.ShouldNotBeNull().ShouldContain("\"deleted\":3,\"is_gone\":false");
    }

    [Fact]
    public async Task Delete_RetentionWasFaster_FindsNothing()
    {
        await using var api = await ApiHost.StartAsync();
        End(api);
        ((FakePurge)api.Services.GetRequiredService<IExecutionPurge>()).Instead = () =>
        {
            api.Stores.Executions.Clear();
            return new PurgedTree(0, IsGone: false);
        };
        (await api.SendAsync(HttpMethod.Delete, Path, null)).ShouldBeProblem(404);
        FakeAudit.Of(api).ShouldBeEmpty();
    }

    [Fact]
    public async Task Delete_ExecutionOfAnotherOrganization_IsNotThere()
    {
        await using var api = await ApiHost.StartAsync();
        End(api);
        api.Stores.Executions[0] = api.Stores.Executions[0] with { Organization = "another" };
        (await api.SendAsync(HttpMethod.Delete, Path, null)).ShouldBeProblem(404);
        api.Stores.Executions.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Doctor_Examines_AndSaysWhatWhereWhyAndWhatToDo()
    {
        await using var api = await ApiHost.StartAsync();
        (await api.GetAsync("/api/v1/doctor?check=executions,orphans&max_executions=5")).ShouldBeJson(200, """
            {"healthy":false,"started_at":"2026-11-23T12:00:00Z","seconds":0.25,"database":"sqlite","repair":false,
             "checks":[{"name":"executions","looked_at":7,"found":1,"complete":true,"problem":null}],
             "findings":[{"check":"executions","code":"row_differs","severity":"error","target":"execution 1","organization":"default",
               "found":"It differs","matters":"It is shown wrongly","advice":"--repair writes it anew","repairable":true,"outcome":null}]}
            """);
        var asked = Doctor(api).Last.ShouldNotBeNull();
        (asked.Repair, asked.MaxExecutions, asked.Actor).ShouldBe((false, 5, "anonymous"));
        asked.Checks.ShouldBe(["executions", "orphans"]);
    }

    [Fact]
    public async Task Doctor_Repair_NeedsAPostAndSaysWhatWasDone()
    {
        await using var api = await ApiHost.StartAsync();
        var answer = await api.SendAsync(HttpMethod.Post, "/api/v1/doctor/repair", null);
        answer.Status.ShouldBe(200, answer.Text);
        answer.Json["healthy"]!.GetValue<bool>().ShouldBeTrue();
        answer.Json["findings"]![0]!["outcome"]!.GetValue<string>().ShouldBe("repaired");
        (await api.GetAsync("/api/v1/doctor/repair")).Status.ShouldBe(405);
    }

    [Fact]
    public async Task Doctor_UnknownCheck_NamesThoseThereAre()
    {
        await using var api = await ApiHost.StartAsync();
        (await api.GetAsync("/api/v1/doctor?check=teeth")).ShouldBeProblem(400).ShouldContain("executions, orphans");
    }

    [Fact]
    public async Task Doctor_TwoAtOnce_SecondIsRefused()
    {
        await using var api = await ApiHost.StartAsync();
        var doctor = Doctor(api);
        doctor.Held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = api.GetAsync("/api/v1/doctor");
        while (doctor.Last is null)
        {
            await Task.Yield();
        }

        (await api.GetAsync("/api/v1/doctor")).ShouldBeProblem(409);
        doctor.Held.SetResult();
        (await first).Status.ShouldBe(200);
        (await api.GetAsync("/api/v1/doctor")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Metrics_Upkeep_StartAtZero()
    {
        await using var api = await ApiHost.StartAsync();
        var text = (await api.GetAsync("/metrics")).Text;
        text.ShouldContain("periplon_invariant_terminal_changed_total 0");
        text.ShouldContain("periplon_invariant_limit_exceeded_total 0");
        text.ShouldContain("\nperiplon_cluster_invariants_broken 0\n");
        text.ShouldContain("periplon_retention_partitions_dropped_total 0");

        api.Grains.Workers.All.AddRange(Enumerable.Range(1, 2).Select(n => new LiveWorker(
            $"w{n}", new WorkerStats(1, 0, 0, 0, Draining: false, []) { BrokenInvariants = n })));
        (await api.GetAsync("/metrics")).Text.ShouldContain("\nperiplon_cluster_invariants_broken 3\n");
        api.Services.GetRequiredService<Engine.EngineInstruments>().Retention.OnExecutions("age", 3);
        (await api.GetAsync("/metrics")).Text.ShouldContain("periplon_retention_executions_total{reason=\"age\"} 3");
    }

    private static FakeDoctor Doctor(ApiHost api) => (FakeDoctor)api.Services.GetRequiredService<IDoctor>();

    private static void End(ApiHost api)
    {
        if (api.Stores.Executions.Count == 0)
        {
            api.AddExecution();
        }

        api.Stores.Executions[0] = api.Stores.Executions[0] with
        {
            Status = ExecutionStatus.Completed, CompletedAt = api.Time.GetUtcNow(), NextWakeAt = null, WaitReason = null,
        };
    }
}
