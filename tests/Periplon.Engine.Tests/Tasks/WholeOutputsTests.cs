using System.Text;
using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks;

namespace Periplon.Engine.Tests.Tasks;

public sealed class WholeOutputsTests : IDisposable
{
    private const string Large = "head -c 200000 /dev/zero | tr '\\0' x; echo end";

    private readonly TaskFixture _worker = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _worker.Dispose();

    [Fact]
    public async Task Run_TextThatRefersToALargeOutput_GetsTheWholeOfIt()
    {
        var first = (await _worker.RunAsync(TaskFixture.Bash(Large), Ct)).Output!;
        first.Truncated.ShouldBeTrue();

        var outcome = await RunAsync("cat > copy <<'END'\n${task.first.output}\nEND", first, ["task.first.output"]);

        outcome.Kind.ShouldBe(TaskOutcomeKind.Completed, outcome.Failure?.Message);
        (await File.ReadAllTextAsync(Path.Combine(_worker.Directory, "copy"), Ct)).ShouldBe(new string('x', 200_000) + "end\n");
    }

    [Fact]
    public async Task Run_MemberOfALargeJsonOutputAndAnInputMadeOfIt_AreFilledIn()
    {
        var json = $"{{\"items\": [{string.Join(',', Enumerable.Range(0, 30_000))}], \"last\": \"yes\"}}";
        var first = (await _worker.RunAsync(TaskFixture.Bash($"cat <<'END'\n{json}\nEND"), Ct)).Output!;
        var task = TaskFixture.Bash("echo ${task.first.output.last} ${task.number}") with
        {
            Inputs = new Dictionary<string, JsonElement> { ["number"] = TaskFixture.Json("\"n${task.first.output.items[29999]}\"") },
        };

        var outcome = await RunAsync(task, first, ["task.first.output.last", "task.first.output.items[29999]"]);

        outcome.Output!.Text.ShouldBe("yes n29999\n");
    }

    [Fact]
    public async Task Run_NamedOutputFromALargeFile_IsAnArtifactWithAPartAsItsValue()
    {
        var task = TaskFixture.Bash("head -c 300000 /dev/zero | tr '\\0' y > big.txt") with
        {
            Outputs = new Dictionary<string, OutputDefinition> { ["report"] = new() { Source = new OutputSource.File("big.txt") } },
            Limits = new LimitsDefinition { TruncationStrategy = TruncationStrategy.Head },
        };

        var first = (await _worker.RunAsync(task, Ct)).Output!;
        var outcome = await RunAsync("cat > copy <<'END'\n${task.first.outputs.report}\nEND", first, ["task.first.outputs.report"]);

        first.Values!["report"].GetString().ShouldStartWith("yyyy");
        first.Values["report"].GetString()!.Length.ShouldBeLessThan(70_000);
        _worker.Artifacts[first.ValueArtifacts!["report"]].Length.ShouldBe(300_000);
        outcome.Kind.ShouldBe(TaskOutcomeKind.Completed, outcome.Failure?.Message);
        new FileInfo(Path.Combine(_worker.Directory, "copy")).Length.ShouldBe(300_001);
    }

    [Fact]
    public async Task Run_NamedOutputFromALargeFile_IsMaskedWhereItIsStored()
    {
        var secrets = new Dictionary<string, SecretDefinition> { ["s"] = new(new SecretSource.Value("hunter2hunter2"), null) };
        var task = TaskFixture.Bash("for i in $(seq 9000); do echo \"line $i ${secret.s}\"; done > big.txt") with
        {
            Outputs = new Dictionary<string, OutputDefinition> { ["report"] = new() { Source = new OutputSource.File("big.txt") } },
        };
        var request = _worker.Request(task, new WorkflowDefinition { Name = "test", Version = "1", Secrets = secrets });

        var output = (await _worker.RunAsync(request, Ct)).Output!;

        var stored = Encoding.UTF8.GetString(_worker.Artifacts[output.ValueArtifacts!["report"]]);
        stored.ShouldNotContain("hunter");
        stored.ShouldEndWith("line 9000 ***\n");
        output.Values!["report"].GetString()!.ShouldNotContain("hunter");
    }

    [Theory]
    [InlineData("mkfifo report", "is a pipe, not a file")]
    [InlineData("ln -s /dev/zero report", "is a device, not a file")]
    [InlineData("true", "does not exist")]
    public async Task Run_NamedOutputFromWhatIsNoFile_IsAnOutputFailure(string script, string expected)
    {
        var task = TaskFixture.Bash(script) with
        {
            Outputs = new Dictionary<string, OutputDefinition> { ["report"] = new() { Source = new OutputSource.File("report") } },
        };

        var outcome = await _worker.RunAsync(task, Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Output);
        outcome.Failure.Message.ShouldContain(expected);
    }

    [Fact]
    public async Task Run_SecretInWhatIsNoFile_IsNotWaitedFor()
    {
        var pipe = Files.RegularFileTests.MakePipe(_worker.Directory);
        var secrets = new Dictionary<string, SecretDefinition> { ["s"] = new(new SecretSource.File(pipe), null) };
        var workflow = new WorkflowDefinition { Name = "test", Version = "1", Secrets = secrets };

        var outcome = await _worker.RunAsync(_worker.Request(TaskFixture.Bash("echo ${secret.s}"), workflow), Ct);

        outcome.Failure!.Message.ShouldContain("is a pipe, not a file");
    }

    [Fact]
    public async Task Run_OutputsThatAreTooLargeTogether_AreRefusedByName()
    {
        var artifact = new ArtifactReference("file:x", 9 * 1024 * 1024, "");
        var first = new TaskOutput { Text = "x", Truncated = true, Artifact = artifact };
        var both = Values(first, ["task.first.output", "task.second.output"]);

        var outcome = await _worker.RunAsync(_worker.Request(TaskFixture.Bash("true")) with { Values = both }, Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Input);
        outcome.Failure.Message.ShouldContain("task.second.output has 9437184 bytes; allowed are 16777216 bytes together");
    }

    [Fact]
    public async Task Run_ArtifactThatIsGone_IsAFailureThatNamesIt()
    {
        var first = (await _worker.RunAsync(TaskFixture.Bash(Large), Ct)).Output!;
        _worker.Artifacts.Clear();

        var outcome = await RunAsync("echo ${task.first.output}", first, ["task.first.output"]);

        outcome.Failure!.Message.ShouldContain("The whole of ${task.first.output} was kept as");
    }

    [Fact]
    public async Task Run_ValueThatLooksLikeAnArtifact_IsAnOrdinaryValue()
    {
        var values = new Dictionary<string, JsonElement>
        {
            ["task.first.output"] = TaskFixture.Json("""{"artifact:task.first.output": {"uri": "file:other", "size": 1, "sha256": ""}}"""),
        };

        var outcome = await _worker.RunAsync(
            _worker.Request(TaskFixture.Bash("cat <<'END'\n${task.first.output}\nEND")) with { Values = values }, Ct);

        outcome.Output!.Text!.ShouldContain("file:other");
    }

    [Theory]
    [InlineData("file", "\"from a file\\n\"")]
    [InlineData("state", "[1,true]")]
    [InlineData("own", "\"::set-state list=[1,true]\\nsaid\\n\"")]
    [InlineData("other", "{\"of\":\"another\"}")]
    [InlineData("value", "{\"n\":5,\"said\":\"from a file\\n\"}")]
    public async Task Run_EachSourceOfANamedOutput_KeepsItsType(string name, string expected)
    {
        var task = TaskFixture.Bash("printf 'from a file\\n' > f; echo '::set-state list=[1,true]'; echo said") with
        {
            Outputs = new Dictionary<string, OutputDefinition>
            {
                ["file"] = new() { Source = new OutputSource.File("f") },
                ["state"] = new() { Source = new OutputSource.State("list") },
                ["own"] = new() { Source = new OutputSource.TaskOutput("job") },
                ["other"] = new() { Source = new OutputSource.TaskOutput("first") },
                ["value"] = new() { Value = TaskFixture.Json("""{"n": "${workflow.n}", "said": "${task.outputs.file}"}""") },
            },
        };
        var values = new Dictionary<string, JsonElement>
        {
            ["workflow.n"] = TaskFixture.Json("5"), ["task.first.output"] = TaskFixture.Json("""{"of": "another"}"""),
        };

        var output = (await _worker.RunAsync(_worker.Request(task) with { Values = values }, Ct)).Output!;

        JsonElement.DeepEquals(output.Values![name], TaskFixture.Json(expected)).ShouldBeTrue(output.Values[name].GetRawText());
    }

    private Task<TaskOutcome> RunAsync(string script, TaskOutput first, string[] references) =>
        RunAsync(TaskFixture.Bash(script), first, references);

    private Task<TaskOutcome> RunAsync(TaskDefinition task, TaskOutput first, string[] references) =>
        _worker.RunAsync(_worker.Request(task) with { Attempt = 2, Values = Values(first, references) }, Ct);

    // What an execution sends: the values it can make of the part it has, and the artifacts.
    private static Dictionary<string, JsonElement> Values(TaskOutput output, string[] references)
    {
        var values = new Dictionary<string, JsonElement>();
        foreach (var reference in references)
        {
            values[reference] = JsonSerializer.SerializeToElement("a part");
            var (name, value) = OutputText.FindArtifact(reference, id => id is "first" or "second" ? output : null)!.Value;
            values[name] = value;
        }

        return values.Where(value => !value.Key.Contains(".output.")).ToDictionary();
    }
}
