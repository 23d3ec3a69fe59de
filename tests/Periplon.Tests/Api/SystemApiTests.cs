using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Periplon.Api.Server;
using Periplon.Core.Executions;
using Periplon.Engine;
using Periplon.Engine.Storage;

namespace Periplon.Tests.Api;

public sealed class SystemApiTests
{
    [Fact]
    public async Task HealthLiveVersion_Answer()
    {
        await using var api = await ApiHost.StartAsync();
        (await api.GetAsync("/health")).ShouldBeJson(200, """{"status":"healthy","version":"9.9.9","timestamp":"2026-11-23T12:00:00Z"}""");
        (await api.GetAsync("/live")).ShouldBeJson(200, """{"status":"alive"}""");
        (await api.GetAsync("/version")).ShouldBeJson(200, """{"version":"9.9.9","name":"periplon"}""");
    }

    [Fact]
    public async Task Ready_DatabaseUnreachable_AnswersNotReady()
    {
        await using var api = await ApiHost.StartAsync();
        (await api.GetAsync("/ready")).ShouldBeJson(
            200, """{"status":"ready","checks":{"queue":"ok","storage":"ok"},"timestamp":"2026-11-23T12:00:00Z"}""");
        api.Check("storage").Failure = new InvalidOperationException("password=hunter2");
        (await api.GetAsync("/ready")).ShouldBeJson(
            503, """{"status":"not_ready","checks":{"queue":"ok","storage":"error"},"timestamp":"2026-11-23T12:00:00Z"}""");
    }

    [Fact]
    public async Task Stats_ShowRealFigures()
    {
        await using var api = await ApiHost.StartAsync();
        api.AddWorkflow();
        api.Stores.Workflows.Add(Samples.Workflow(Guid.NewGuid(), api.Time) with { Name = "off", IsActive = false });
        AddAll(api);
        api.Time.Advance(TimeSpan.FromSeconds(2));
        var json = (await api.GetAsync("/stats")).Json;
        json["workflows"]!.ToJsonString().ShouldBe("""{"total":2,"active":1}""");
        json["executions"]!.ToJsonString().ShouldBe("""{"total":8,"running":1,"completed":1,"failed":2}""");
        json["queue"]!.ToJsonString().ShouldStartWith("""{"pending":3,"processing":1,"completed":1,"failed":2""");
        json["system"]!["uptime_seconds"]!.GetValue<double>().ShouldBe(2);
        json["system"]!["memory_usage_bytes"]!.GetValue<long>().ShouldBeGreaterThan(1_000_000);
        (await api.GetAsync("/api/v1/queue/stats")).Json["pending"]!.GetValue<long>().ShouldBe(3);
        api.Stores.Counts.ShouldBe(1, "figures are kept for some seconds");
        api.Time.Advance(TimeSpan.FromSeconds(6));
        await api.GetAsync("/stats");
        api.Stores.Counts.ShouldBe(2);
    }

    [Fact]
    public async Task Metrics_HaveTheirNamesAndRouteTemplates()
    {
        await using var api = await ApiHost.StartAsync();
        AddAll(api);
        var engine = api.Services.GetRequiredService<EngineInstruments>();
        engine.OnExecutionCreated();
        engine.OnExecutionFinished(ExecutionStatus.Completed, TimeSpan.FromSeconds(3));
        engine.OnTaskStarted("script");
        engine.OnTaskFinished("script", TaskOutcomeKind.Failed, TimeSpan.FromSeconds(1));
        engine.OnReportDropped();
        engine.OnOfferRefused();
        api.Services.GetRequiredService<JournalInstruments>().OnConflict();
        await api.GetAsync("/api/v1/executions/no-id-at-all");
        await api.GetAsync("/some/raw/path");
        var text = (await api.GetAsync("/metrics")).Text;
        Value(text, "workflow_executions_total{status=\"completed\"}").ShouldBe(1);
        Value(text, "workflow_executions_total{status=\"timed_out\"}").ShouldBe(0);
        Value(text, "workflow_executions_active").ShouldBe(4);
        Value(text, "workflow_executions_duration_seconds_sum").ShouldBe(3);
        Value(text, "workflow_executions_duration_seconds_bucket{le=\"5\"}").ShouldBe(1);
        Value(text, "workflow_tasks_total{kind=\"script\",outcome=\"failed\"}").ShouldBe(1);
        Value(text, "workflow_reports_dropped_total").ShouldBe(1);
        Value(text, "workflow_offers_refused_total").ShouldBe(1);
        Value(text, "periplon_journal_conflicts_total").ShouldBe(1);
        text.ShouldNotContain("workflow_journal_conflicts");
        Value(text, "queue_jobs_total{status=\"pending\"}").ShouldBe(3);
        Value(text, "queue_jobs_total{status=\"failed\"}").ShouldBe(2);
        Value(text, "http_requests_total{method=\"GET\",route=\"/api/v1/executions/{id}\",status=\"400\"}").ShouldBe(1);
        Value(text, "http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"}").ShouldBe(1);
        text.ShouldContain("http_request_duration_seconds_bucket{");
        Value(text, "system_memory_usage_bytes").ShouldBeGreaterThan(1_000_000);
        text.ShouldContain("\nsystem_cpu_usage_percent ");
        text.ShouldNotContain("no-id-at-all");
        text.ShouldNotContain("/some/raw/path");
    }

    [Fact]
    public async Task Metrics_DatabaseUnreachable_LeaveItsGaugesOut()
    {
        await using var api = await ApiHost.StartAsync();
        AddAll(api);
        (await api.GetAsync("/metrics")).Text.ShouldContain("\nworkflow_executions_active 4");
        api.Stores.Failure = new TimeoutException();
        api.Time.Advance(TimeSpan.FromSeconds(6));
        var answer = await api.GetAsync("/metrics");
        answer.Status.ShouldBe(200);
        answer.Text.ShouldNotContain("\nworkflow_executions_active ");
        answer.Text.ShouldNotContain("\nqueue_jobs_total{");
    }

    [Fact]
    public async Task Metrics_BytesAllocated_AreThoseOfTheRuntimeAndOnlyGrow()
    {
        await using var api = await ApiHost.StartAsync();
        var before = Value((await api.GetAsync("/metrics")).Text, "dotnet_gc_heap_total_allocated_bytes_total");
        before.ShouldBeGreaterThan(0);
        var held = GC.AllocateArray<byte>(10_000_000, pinned: true);
        var after = Value((await api.GetAsync("/metrics")).Text, "dotnet_gc_heap_total_allocated_bytes_total");
        after.ShouldBeGreaterThanOrEqualTo(before + held.Length);
        after.ShouldBeLessThanOrEqualTo(GC.GetTotalAllocatedBytes());
    }

    [Fact]
    public void ProcessSampler_MeasuresTheShareOfAllProcessors()
    {
        var time = new FakeTimeProvider();
        var usage = new ProcessUsage(TimeSpan.FromSeconds(100), 42);
        using var sampler = new ProcessSampler(time, () => usage);
        sampler.SampleOnce();
        sampler.CpuPercent.ShouldBe(0);
        time.Advance(TimeSpan.FromSeconds(10));
        usage = usage with { Cpu = TimeSpan.FromSeconds(105) };
        sampler.SampleOnce();
        sampler.CpuPercent.ShouldBe(50.0 / Environment.ProcessorCount, 0.01);
        sampler.Read().ShouldBe(new SystemFigures(10, 42, Math.Round(50.0 / Environment.ProcessorCount, 2)));
    }

    [Fact]
    public async Task Docs_IsOnePageWithNothingFromElsewhere()
    {
        await using var api = await ApiHost.StartAsync();
        var answer = await api.GetAsync("/docs");
        answer.ContentType.ShouldBe("text/html");
        answer.Text.ShouldContain("/openapi/v1.json");
        answer.Text.ShouldNotContain("http://");
        answer.Text.ShouldNotContain("https://");
        answer.Text.ShouldNotContain("src=");
    }

    private static void AddAll(ApiHost api)
    {
        foreach (var status in Enum.GetValues<ExecutionStatus>())
        {
            api.Grains.Add(Samples.Execution(Guid.NewGuid(), Samples.WorkflowId, api.Time) with { Status = status });
        }
    }

    private static double Value(string text, string series)
    {
        var line = text.Split('\n').SingleOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal));
        line.ShouldNotBeNull($"no {series} in\n{text}");
        return double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture);
    }
}
