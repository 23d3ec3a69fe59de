using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks;

namespace Periplon.Engine.Tests.Tasks.Caching;

public sealed class TaskCacheTests : IDisposable
{
    private readonly TaskFixture _worker = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _worker.Dispose();

    [Fact]
    public async Task Run_SameKeyTwice_RunsOnceAndGivesTheSameOutput()
    {
        var request = Request("");
        request = request with
        {
            Task = Task("echo run >> count; echo ::set-output size=3; echo ::set-state seen=true; wc -l < count") with { Output = "o.txt" },
        };

        var first = await _worker.RunAsync(request, Ct);
        File.Delete(Path.Combine(_worker.Directory, "o.txt"));
        var second = await _worker.RunAsync(request with { Attempt = 2 }, Ct);

        first.Output!.Cached.ShouldBeFalse();
        second.Kind.ShouldBe(TaskOutcomeKind.Completed);
        second.Output!.Cached.ShouldBeTrue();
        second.Output.Text.ShouldBe(first.Output.Text);
        second.Output.Values!["size"].GetInt32().ShouldBe(3);
        second.Output.State!["seen"].GetBoolean().ShouldBeTrue();
        (await File.ReadAllLinesAsync(Path.Combine(_worker.Directory, "count"), Ct)).ShouldBe(["run"]);
        (await File.ReadAllTextAsync(Path.Combine(_worker.Directory, "o.txt"), Ct)).ShouldBe(first.Output.Text);
        _worker.Log.Engine.ShouldContain(line => line.StartsWith("The output is taken from the cache"));
    }

    [Fact]
    public async Task Run_AfterTheTimeToLive_RunsAgain()
    {
        var request = Request("date +%N", ttl: 60);
        await _worker.RunAsync(request, Ct);

        _worker.Time.Advance(TimeSpan.FromSeconds(30));
        (await _worker.RunAsync(request, Ct)).Output!.Cached.ShouldBeTrue();
        _worker.Time.Advance(TimeSpan.FromSeconds(31));
        (await _worker.RunAsync(request, Ct)).Output!.Cached.ShouldBeFalse();
    }

    [Fact]
    public async Task Run_OtherKeyOrganizationOrSubflow_RunsItself()
    {
        var request = Request("echo");
        await _worker.RunAsync(request, Ct);

        (await _worker.RunAsync(request with { Organization = "other" }, Ct)).Output!.Cached.ShouldBeFalse();
        (await _worker.RunAsync(request with { Subflow = "sub" }, Ct)).Output!.Cached.ShouldBeFalse();
        (await _worker.RunAsync(
            request with { Values = new Dictionary<string, System.Text.Json.JsonElement> { ["workflow.v"] = TaskFixture.Json("2") } }, Ct))
                .Output!.Cached.ShouldBeFalse();
        (await _worker.RunAsync(request, Ct)).Output!.Cached.ShouldBeTrue();
    }

    [Fact]
    public async Task Run_Failure_IsNotStored()
    {
        var request = Request("exit 3");
        await _worker.RunAsync(request, Ct);

        (await _worker.RunAsync(request, Ct)).Failure!.ExitCode.ShouldBe(3);
        _worker.Cache.Stored.ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_OutputWithASecret_IsStoredMasked()
    {
        var secrets = new Dictionary<string, SecretDefinition> { ["s"] = new(new SecretSource.Value("hunter2hunter2"), null) };
        var request = Request("echo ${secret.s} | base64; echo ::set-output x=${secret.s}") with
        {
            Workflow = new WorkflowDefinition { Name = "test", Version = "1", Secrets = secrets },
        };

        await _worker.RunAsync(request, Ct);

        var (key, stored) = _worker.Cache.Stored.Single();
        stored.Entry.Output.ShouldContain("***");
        stored.Entry.Output.ShouldNotContain("hunter2");
        stored.Entry.Output.ShouldNotContain("aHVudGVy");
        key.KeyHash.Length.ShouldBe(64);
    }

    [Fact]
    public async Task Run_LargeOutput_HasAnArtifactOfItsOwnExecution()
    {
        var request = Request("head -c 100000 /dev/zero | tr '\\0' x");
        await _worker.RunAsync(request, Ct);
        var other = Guid.CreateVersion7();

        var second = await _worker.RunAsync(request with { ExecutionId = other }, Ct);

        second.Output!.Cached.ShouldBeTrue();
        second.Output.Artifact!.Uri.ShouldContain(other.ToString());
        _worker.Artifacts[second.Output.Artifact].Length.ShouldBe(100_000);
        _worker.Artifacts.Clear();
        (await _worker.RunAsync(request, Ct)).Output!.Cached.ShouldBeFalse("the artifact is gone");
    }

    [Fact]
    public async Task Run_CacheThatIsDown_RunsTheTask()
    {
        _worker.Cache.IsDown = true;

        (await _worker.RunAsync(Request("echo fine"), Ct)).Output!.Text.ShouldBe("fine\n");
        _worker.Log.Engine.ShouldContain(line => line.Contains("could not be read"));
        _worker.Log.Engine.ShouldContain(line => line.Contains("could not be stored"));
    }

    [Fact]
    public async Task Run_KeyThatCannotBeFilledIn_IsAFailure()
    {
        var request = _worker.Request(Task("echo") with { Cache = new CacheDefinition("${workflow.nothing}") });

        (await _worker.RunAsync(request, Ct)).Failure!.Kind.ShouldBe(FailureKinds.Input);
    }

    private AttemptRequest Request(string script, double? ttl = null) =>
        _worker.Request(Task(script) with { Cache = new CacheDefinition("v${workflow.v}", ttl) }) with
        {
            Organization = "acme",
            WorkflowId = Guid.Parse("0190a000-0000-7000-8000-000000000001"),
            Values = new Dictionary<string, System.Text.Json.JsonElement> { ["workflow.v"] = TaskFixture.Json("1") },
        };

    private static TaskDefinition Task(string script) => TaskFixture.Bash(script) with { Cache = new CacheDefinition("v${workflow.v}") };
}
