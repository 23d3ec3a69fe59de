using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks;
using static Periplon.Engine.Tests.Tasks.TaskFixture;

namespace Periplon.Engine.Tests.Tasks;

public sealed class NotifyTaskRunnerTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly TaskFixture _worker = new(time: new FakeTimeProvider(Noon));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static NotificationSpec Full(params NotificationChannel[] channels) => new()
    {
        Message = "${metadata.task_id} is done", Title = "Build", Priority = "high", Channels = channels,
        Metadata = new Dictionary<string, string> { ["took"] = "${metadata.duration_human}" },
    };

    [Fact]
    public async Task Run_PlainText_GoesToTheConsoleWithItsTime()
    {
        var outcome = await NotifyAsync(new NotificationSpec { Message = "${metadata.task_id} is done" });

        outcome.Kind.ShouldBe(TaskOutcomeKind.Completed);
        outcome.Output!.Text.ShouldBe("build is done");
        _worker.Log.Stdout.ShouldBe(["[2026-11-23T12:00:00Z] build is done"]);
    }

    [Fact]
    public async Task Run_Console_ShowsTitlePriorityAndMetadata()
    {
        await NotifyAsync(Full(new NotificationChannel.Console(Timestamp: false)));

        _worker.Log.Stdout.ShouldBe(["[high] Build: build is done", "  took: 3 s"]);
    }

    [Theory]
    [InlineData(true, true, "\e[33m[high] Build: build is done\e[0m")]
    [InlineData(true, false, "[high] Build: build is done")]
    [InlineData(false, true, "[high] Build: build is done")]
    public async Task Run_Console_IsColoredWhereAPersonReadsIt(bool channel, bool console, string first)
    {
        using var worker = new TaskFixture(options => options.ColoredConsole = console);
        await worker.RunAsync(Request(worker, Full(new NotificationChannel.Console(channel, Timestamp: false))), Ct);

        worker.Log.Stdout.First().ShouldBe(first);
    }

    [Fact]
    public async Task Run_TextFile_GrowsAndItsDirectoryIsMade()
    {
        await NotifyAsync(Full(new NotificationChannel.File("log/${metadata.task_id}.txt")));
        await NotifyAsync(new NotificationSpec { Message = "again", Channels = [new NotificationChannel.File("log/build.txt", Timestamp: false)] });

        (await ReadAsync("log/build.txt")).ShouldBe("[2026-11-23T12:00:00Z] [high] Build: build is done\n  took: 3 s\nagain\n");
        _worker.Log.Stdout.ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_JsonLines_AreOneDocumentALine()
    {
        await NotifyAsync(Full(new NotificationChannel.File("n.jsonl", Format: "jsonlines")));
        await NotifyAsync(Full(new NotificationChannel.File("n.jsonl", Timestamp: false, Format: "jsonlines")));

        var lines = (await ReadAsync("n.jsonl")).TrimEnd('\n').Split('\n');
        lines[0].ShouldBe(
            """{"message":"build is done","title":"Build","priority":"high","timestamp":"2026-11-23T12:00:00.000Z","""
            + $"\"execution_id\":\"{_worker.ExecutionId}\",\"task\":\"notify\",\"metadata\":" + """{"took":"3 s"}}""");
        lines.Length.ShouldBe(2);
        JsonDocument.Parse(lines[1]).RootElement.TryGetProperty("timestamp", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Run_JsonThatReplaces_LeavesOneDocument()
    {
        for (var i = 0; i < 2; i++)
        {
            await NotifyAsync(Full(new NotificationChannel.File("n.json", Append: false, Format: "json")));
        }

        JsonDocument.Parse(await ReadAsync("n.json")).RootElement.GetProperty("metadata").GetProperty("took").GetString().ShouldBe("3 s");
        Directory.GetFiles(_worker.Directory).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Run_ManyAtOnce_LoseNoLine()
    {
        var spec = new NotificationSpec { Message = new string('x', 5_000), Channels = [new NotificationChannel.File("n.txt", Timestamp: false)] };
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => NotifyAsync(spec), Ct)));

        (await ReadAsync("n.txt")).ShouldBe(string.Concat(Enumerable.Repeat(spec.Message + "\n", 50)));
    }

    [Fact]
    public async Task Run_ChannelFails_TheOthersAreTriedAndItIsNamed()
    {
        var outcome = await NotifyAsync(Full(
            new NotificationChannel.File("/proc/none/n.txt"), new NotificationChannel.Ntfy { Topic = "t" },
            new NotificationChannel.File("n.txt")));

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Notification);
        outcome.Failure.Message.ShouldContain("2 of 3 channels did not take the notification: the file '/proc/none/n.txt' could not be written");
        outcome.Failure.Message.ShouldContain("Ntfy are not run by this version");
        (await ReadAsync("n.txt")).ShouldContain("build is done");
    }

    [Fact]
    public async Task Run_NoChannel_TakesTheWorkflowsDefaults()
    {
        var workflow = new WorkflowDefinition
        {
            Name = "test", Version = "1",
            Notifications = new NotificationDefaults { DefaultChannels = [new NotificationChannel.File("default.txt")] },
        };
        await _worker.RunAsync(Request(_worker, new NotificationSpec { Message = "hello" }, workflow), Ct);

        (await ReadAsync("default.txt")).ShouldContain("hello");
    }

    [Fact]
    public async Task Run_ReferenceToNothing_FailsWithInput() =>
        (await NotifyAsync(new NotificationSpec { Message = "${metadata.nothing}" })).Failure!.Kind.ShouldBe(FailureKinds.Input);

    [Fact]
    public async Task Run_Secret_IsMaskedOnTheWayOut()
    {
        var workflow = new WorkflowDefinition
        {
            Name = "test", Version = "1", Secrets = new Dictionary<string, SecretDefinition> { ["key"] = new(new SecretSource.Value("s3cr3t-value")) },
        };
        var spec = new NotificationSpec { Message = "key ${secret.key}", Channels = [new NotificationChannel.Console(), new NotificationChannel.File("n.txt")] };
        var outcome = await _worker.RunAsync(Request(_worker, spec, workflow), Ct);

        outcome.Output!.Text.ShouldBe("key ***");
        (await ReadAsync("n.txt")).ShouldContain("key ***");
        string.Concat(_worker.Log.Stdout).ShouldNotContain("s3cr3t");
    }

    public void Dispose() => _worker.Dispose();

    private Task<TaskOutcome> NotifyAsync(NotificationSpec spec) => _worker.RunAsync(Request(_worker, spec), Ct);

    private Task<string> ReadAsync(string path) => File.ReadAllTextAsync(Path.Combine(_worker.Directory, path), Ct);

    private static AttemptRequest Request(TaskFixture worker, NotificationSpec spec, WorkflowDefinition? workflow = null) =>
        worker.Request(new TaskDefinition { Id = "notify", Notify = spec }, workflow) with
        {
            Values = new Dictionary<string, JsonElement> { ["metadata.task_id"] = Json("\"build\""), ["metadata.duration_human"] = Json("\"3 s\"") },
        };
}

public sealed class NotifyTaskRunnerConformanceTests : TaskRunnerConformance
{
    private readonly string _taken = Path.GetTempFileName();
    private FileStream? _held;

    private protected override TaskDefinition Says(string text) => Notify(new NotificationSpec
    {
        Message = text, Channels = [new NotificationChannel.Console(Timestamp: false)],
    });

    private protected override TaskDefinition? SaysAttemptKey() => null;

    // Another process that writes to the same file and never ends; here the test itself.
    private protected override TaskDefinition Hangs()
    {
        _held ??= new FileStream(_taken, FileMode.Append, FileAccess.Write, FileShare.None);
        return Notify(new NotificationSpec
        {
            Message = "x", Channels = [new NotificationChannel.Console(), new NotificationChannel.File(_taken)],
        });
    }

    private protected override TaskDefinition RefersToNothing() => Says("${workflow.nothing}");

    public override void Dispose()
    {
        _held?.Dispose();
        File.Delete(_taken);
        base.Dispose();
    }

    private static TaskDefinition Notify(NotificationSpec spec) => new() { Id = "job", Notify = spec };
}
