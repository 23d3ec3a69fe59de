using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks;

namespace Periplon.Engine.Tests.Tasks.Collections;

public sealed class CollectionReaderTests(HttpTestServer server) : IClassFixture<HttpTestServer>, IDisposable
{
    private readonly string _url = server.Url;
    private readonly TaskFixture _worker = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _worker.Dispose();

    [Fact]
    public async Task Read_File_IsRelativeToWhereScriptsRun()
    {
        Directory.CreateDirectory(Path.Combine(_worker.Directory, "sub"));
        await File.WriteAllTextAsync(Path.Combine(_worker.Directory, "sub", "list.txt"), "a\nb\n", Ct);
        var request = Request(new CollectionDefinition.File("${workflow.name}.txt", CollectionFormat.Lines)) with
        {
            Workflow = new WorkflowDefinition { Name = "test", Version = "1", Cwd = "sub" },
            Values = new Dictionary<string, JsonElement> { ["workflow.name"] = TaskFixture.Json("\"list\"") },
        };

        var outcome = await _worker.RunAsync(request, Ct);

        outcome.Kind.ShouldBe(TaskOutcomeKind.Completed, outcome.Failure?.Message);
        outcome.Output!.Items!.Value.GetRawText().ShouldBe("""["a","b"]""");
        _worker.Log.Engine.ShouldContain(line => line.Contains("2 items"));
    }

    [Theory]
    [InlineData("nothing.json", "does not exist on this worker")]
    [InlineData(".", "is a directory, not a file")]
    [InlineData("/dev/zero", "is a device, not a file")]
    [InlineData("${workflow.nothing}", "workflow.nothing")]
    public async Task Read_FileThatIsNotThere_IsACollectionFailure(string path, string expected)
    {
        var outcome = await _worker.RunAsync(Request(new CollectionDefinition.File(path, CollectionFormat.Json)), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Collection);
        outcome.Failure.Message.ShouldContain(expected);
    }

    [Fact]
    public async Task Read_PipeNobodyWritesInto_IsNotWaitedFor()
    {
        var pipe = Files.RegularFileTests.MakePipe(_worker.Directory);

        var outcome = await _worker.RunAsync(Request(new CollectionDefinition.File(pipe, CollectionFormat.Json)), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Collection);
        outcome.Failure.Message.ShouldContain("is a pipe, not a file");
    }

    [Fact]
    public async Task Read_Http_FollowsThePathInTheAnswer()
    {
        var outcome = await _worker.RunAsync(Request(Http("/json") with { JsonPath = "items" }), Ct);

        outcome.Output!.Items!.Value.GetRawText().ShouldBe("[1,2]");
    }

    [Fact]
    public async Task Read_Http_SendsMethodHeadersAndBodyWithSecretsFilledIn()
    {
        var secrets = new Dictionary<string, SecretDefinition> { ["token"] = new(new SecretSource.Value("hunter2-and-more"), null) };
        var request = Request(Http("/echo") with { Method = "post", Body = "[\"${secret.token}\", \"x\"]" }) with
        {
            Workflow = new WorkflowDefinition { Name = "test", Version = "1", Secrets = secrets },
        };

        var outcome = await _worker.RunAsync(request, Ct);

        outcome.Output!.Items!.Value.GetRawText().ShouldBe("""["***","x"]""", "it came back, and is masked");
    }

    [Theory]
    [InlineData("/status/503", "GET", "answered 503")]
    [InlineData("/json", "GET", "the root is an object; a loop needs an array")]
    [InlineData("/json", "FETCH", "'FETCH' is no method of HTTP; allowed are GET, POST")]
    [InlineData("/json", "GET,POST", "is no method")]
    [InlineData("/bomb", "GET", "longer than 16777216 characters")]
    public async Task Read_HttpThatGivesNoItems_IsACollectionFailure(string path, string method, string expected)
    {
        var outcome = await _worker.RunAsync(Request(Http(path) with { Method = method }), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Collection);
        outcome.Failure.Message.ShouldContain(expected);
    }

    [Fact]
    public async Task Read_HttpAddressThatIsForbidden_IsRefused()
    {
        using var worker = new TaskFixture(options => options.AllowPrivateNetworks = false);

        var outcome = await worker.RunAsync(Request(Http("/json")), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Collection);
        outcome.Failure.Message.ShouldContain("private address");
    }

    [Fact]
    public async Task Read_HttpThatHangs_EndsAtTheTimeLimit()
    {
        var outcome = await _worker.RunAsync(Request(Http("/hang")) with { Timeout = TimeSpan.FromMilliseconds(50) }, Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Timeout);
    }

    private CollectionDefinition.Http Http(string path) => new() { Url = _url + path };

    private AttemptRequest Request(CollectionDefinition collection) => _worker.Request(new TaskDefinition
    {
        Id = "loop",
        Loop = new LoopDefinition.ForEach { Collection = collection, Iterator = "item" },
        Command = new CommandDefinition { Executable = "echo", Args = ["${task.item}"] },
    }) with { Work = AttemptWork.Collection };
}
