using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks;
using static Periplon.Engine.Tests.Tasks.TaskFixture;

namespace Periplon.Engine.Tests.Tasks;

public sealed class AttemptPipelineTests : IDisposable
{
    private readonly TaskFixture _worker = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_CommandLines_SetOutputsAndState()
    {
        var output = (await _worker.RunAsync(Bash("""
            echo ::set-output count=3
            echo '::set-output name=a text'
            echo '::set-output list=[1, 2]'
            echo ::set-output count=4
            echo ::set-state done=true
            echo ::set-output-not a=b >&2
            """), Ct)).Output!;

        output.Values!["count"].GetInt32().ShouldBe(4);
        output.Values["name"].GetString().ShouldBe("a text");
        output.Values["list"].GetArrayLength().ShouldBe(2);
        output.State!["done"].GetBoolean().ShouldBeTrue();
        output.Values.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData("workflow.cred.password", "\"hunter2\"")]
    [InlineData("input.cred", "{\"list\": [{\"password\": \"hunter2\"}]}")]
    [InlineData("cred[0]", "\"hunter2\"")]
    [InlineData("inputs.cred", "\"hunter2\"")]
    public async Task Run_MembersOfASecretInput_AreMasked(string reference, string value)
    {
        var workflow = new WorkflowDefinition
        {
            Name = "test", Version = "1",
            Inputs = new Dictionary<string, InputDefinition> { ["cred"] = new() { Type = "object", Secret = true }, ["open"] = new() { Type = "string" } },
        };
        var request = _worker.Request(Bash($"echo '${{{reference}}}' is hunter2; echo ::set-output p=hunter2; echo ${{workflow.open}}"), workflow) with
        {
            Values = new Dictionary<string, JsonElement> { [reference] = Json(value), ["workflow.open"] = Json("\"visible\"") },
        };
        var output = (await _worker.RunAsync(request, Ct)).Output!;

        output.Text!.ShouldNotContain("hunter2");
        output.Text!.ShouldContain("visible");
        output.Values!["p"].GetString().ShouldBe("***");
        string.Concat(_worker.Log.Stdout).ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task Run_SetStateThatGetsTooDeep_FailsWithOutput()
    {
        var task = Bash($"echo '::set-output deep={new string('[', 32)}{new string(']', 32)}'") with
        {
            SetState = new Dictionary<string, JsonElement> { ["deeper"] = Json("[\"${task.outputs.deep}\"]") },
        };
        var outcome = await _worker.RunAsync(task, Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Output);
        outcome.Failure.Message.ShouldContain("33 levels");
    }

    [Fact]
    public async Task Run_CommandLinesAfterTheLogIsFull_StillCount()
    {
        using var worker = new TaskFixture(options => options.MaxLogLines = 10);
        var outcome = await worker.RunAsync(Bash("seq 100000; echo ::set-output last=yes; seq 100000"), Ct);

        outcome.Output!.Values!["last"].GetString().ShouldBe("yes");
        worker.Log.Stdout.Count().ShouldBe(10);
    }

    [Fact]
    public async Task Run_ValueTooLarge_FailsWithOutput()
    {
        var outcome = await _worker.RunAsync(Script(ScriptLanguage.Python, "print('::set-output big=' + 'x' * 200000)"), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Output);
        outcome.Failure.Message.ShouldContain("'big'");
    }

    [Fact]
    public async Task Run_DeclaredOutputs_AreProducedFromEverySource()
    {
        var task = Bash("""
            mkdir -p out; printf from-file > out/7.txt
            echo '::set-state stage=built'
            echo '{"items": [{"id": 42}]}' > result.json; cat result.json
            """) with
        {
            Outputs = new Dictionary<string, OutputDefinition>
            {
                ["file"] = new() { Source = new OutputSource.File("out/${workflow.n}.txt") },
                ["state"] = new() { Source = new OutputSource.State("stage") },
                ["text"] = new() { Source = new OutputSource.TaskOutput("job") },
                ["other"] = new() { Source = new OutputSource.TaskOutput("another") },
                ["code"] = new() { Value = Json("\"${task.exit_code}\"") },
                ["sentence"] = new() { Value = Json("""{"said": "file: ${task.outputs.file}"}""") },
            },
            SetState = new Dictionary<string, JsonElement> { ["copy"] = Json("\"${task.job.outputs.state}\"") },
        };
        var request = _worker.Request(task) with { Values = new Dictionary<string, JsonElement> { ["workflow.n"] = Json("7") } };
        var outcome = await _worker.RunAsync(request, Ct);

        outcome.Failure.ShouldBeNull();
        var values = outcome.Output!.Values!;
        values["file"].GetString().ShouldBe("from-file");
        values["state"].GetString().ShouldBe("built");
        values["text"].GetString()!.ShouldContain("42");
        values["code"].GetInt32().ShouldBe(0);
        values["sentence"].GetProperty("said").GetString().ShouldBe("file: from-file");
        values.ShouldNotContainKey("other");
        outcome.Output.State!["copy"].GetString().ShouldBe("built");
    }

    [Fact]
    public async Task Run_MemberOfTheOwnOutput_IsReached()
    {
        var task = Command("echo", """{"items": [{"id": 42}]}""") with
        {
            Outputs = new Dictionary<string, OutputDefinition> { ["id"] = new() { Value = Json("\"${task.output.items[0].id}\"") } },
        };

        (await _worker.RunAsync(task, Ct)).Output!.Values!["id"].GetInt32().ShouldBe(42);
    }

    [Theory]
    [InlineData("file", "does not exist")]
    [InlineData("state", "no key 'missing'")]
    [InlineData("value", "nothing")]
    public async Task Run_OutputThatCannotBeProduced_FailsWithOutput(string source, string message)
    {
        OutputDefinition definition = source switch
        {
            "file" => new() { Source = new OutputSource.File("missing") },
            "state" => new() { Source = new OutputSource.State("missing") },
            _ => new() { Value = Json("\"${workflow.nothing}\"") },
        };
        var outcome = await _worker.RunAsync(
            Command("true") with { Outputs = new Dictionary<string, OutputDefinition> { ["wanted"] = definition } }, Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Output);
        outcome.Failure.Message.ShouldStartWith("The output 'wanted' could not be produced: ");
        outcome.Failure.Message.ShouldContain(message);
    }

    [Fact]
    public async Task Run_OutputFile_IsWrittenWholeAndOverwritten()
    {
        var path = Path.Combine(_worker.Directory, "deep", "er", "out.txt");
        var task = Command("seq", "30000") with { Output = "deep/${workflow.dir}/out.txt" };
        var request = _worker.Request(task) with { Values = new Dictionary<string, JsonElement> { ["workflow.dir"] = Json("\"er\"") } };
        await _worker.RunAsync(request, Ct);
        (await File.ReadAllLinesAsync(path, Ct)).Length.ShouldBe(30000);

        await _worker.RunAsync(request with { Task = Command("echo", "short") with { Output = task.Output } }, Ct);
        (await File.ReadAllTextAsync(path, Ct)).ShouldBe("short\n");
        Directory.GetFiles(Path.GetDirectoryName(path)!).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Run_OutputFileCannotBeWritten_FailsWithOutput()
    {
        var outcome = await _worker.RunAsync(Command("true") with { Output = "/proc/no/such/file" }, Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Output);
        outcome.Failure.Message.ShouldContain("/proc/no/such/file");
    }

    [Fact]
    public async Task Run_UnknownKind_FailsWithInternal()
    {
        var outcome = await _worker.RunAsync(new TaskDefinition { Id = "job", Subflow = "child" }, Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Internal);
        outcome.Failure.Message.ShouldContain("is of kind Subflow");
    }

    [Fact]
    public async Task Run_Secrets_ReachTheTaskAndNothingElse()
    {
        Environment.SetEnvironmentVariable("TASK_TEST_TOKEN", "token-from-env");
        var file = Path.Combine(_worker.Root, "secret");
        await File.WriteAllTextAsync(file, "key-from-file\n", Ct);
        var workflow = new WorkflowDefinition
        {
            Name = "test",
            Version = "1",
            Secrets = new Dictionary<string, SecretDefinition>
            {
                ["token"] = new(new SecretSource.Env("TASK_TEST_TOKEN")),
                ["key"] = new(new SecretSource.File(file)),
                ["unset"] = new(new SecretSource.Env("TASK_TEST_UNSET")),
            },
            Inputs = new Dictionary<string, InputDefinition> { ["pin"] = new() { Type = "string", Secret = true } },
        };
        var task = Bash("""
            printf %s '${task.token}/${secret.key}/${workflow.pin}' | wc -c
            echo '${task.token}'; printf '${secret.key}' | base64; echo ${workflow.pin} >&2
            echo '::set-output leak=x${task.token}x'
            exit 1
            """) with { Inputs = new Dictionary<string, JsonElement> { ["token"] = Json("\"${secret.token}\"") } };
        var outcome = await _worker.RunAsync(_worker.Request(task, workflow) with
        {
            Values = new Dictionary<string, JsonElement> { ["workflow.pin"] = Json("\"pin-9876\"") },
        }, Ct);

        var all = JsonSerializer.Serialize(outcome) + string.Join('\n', _worker.Log.Entries);
        outcome.Output!.Text.ShouldStartWith("37\n***\n***");
        outcome.Output.Values!["leak"].GetString().ShouldBe("x***x");
        outcome.Failure!.Message.ShouldEndWith(": ***");
        all.ShouldNotContain("token-from-env");
        all.ShouldNotContain("key-from-file");
        all.ShouldNotContain("pin-9876");
    }

    [Theory]
    [InlineData("print('a' * i + secret + 'b')")]
    [InlineData("print('a' * 997 + secret + 'b', end='')")]
    public async Task Run_SecretInALargeOutput_IsMaskedInTheStoredWholeToo(string statement)
    {
        var workflow = new WorkflowDefinition
        {
            Name = "test", Version = "1", Secrets = new Dictionary<string, SecretDefinition> { ["s"] = new(new SecretSource.Value("hidden-value")) },
        };
        var script = $"secret = '${{secret.s}}'\nfor i in range(1000):\n    {statement}";
        var outcome = await _worker.RunAsync(_worker.Request(Script(ScriptLanguage.Python, script), workflow), Ct);
        var whole = System.Text.Encoding.UTF8.GetString(_worker.Artifacts[outcome.Output!.Artifact!]);

        whole.Split("a***b").Length.ShouldBeGreaterThanOrEqualTo(1000);
        (whole + outcome.Output.Text + string.Concat(_worker.Log.Stdout)).ShouldNotContain("hidden");
    }

    [Theory]
    [InlineData("TASK_TEST_UNSET", "'TASK_TEST_UNSET', which is not set")]
    [InlineData("PERIPLON__STORAGE__PASSWORD", "belongs to the server")]
    public async Task Run_SecretThatCannotBeRead_FailsWithInput(string variable, string message)
    {
        var workflow = new WorkflowDefinition
        {
            Name = "test", Version = "1", Secrets = new Dictionary<string, SecretDefinition> { ["s"] = new(new SecretSource.Env(variable)) },
        };
        var outcome = await _worker.RunAsync(_worker.Request(Bash("echo ${secret.s}"), workflow), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Input);
        outcome.Failure.Message.ShouldContain(message);
    }

    [Fact]
    public async Task Run_SecretReferenceInsideAValue_IsNotFilledIn()
    {
        var workflow = new WorkflowDefinition
        {
            Name = "test", Version = "1", Secrets = new Dictionary<string, SecretDefinition> { ["s"] = new(new SecretSource.Value("hidden-value")) },
        };
        var request = _worker.Request(Bash("echo '${task.other.output}'"), workflow) with
        {
            Values = new Dictionary<string, JsonElement> { ["task.other.output"] = Json("\"${secret.s}\"") },
        };

        (await _worker.RunAsync(request, Ct)).Output!.Text.ShouldBe("${secret.s}\n");
    }

    [Fact]
    public async Task Run_EnvironmentReference_NeedsTheAllowList()
    {
        Environment.SetEnvironmentVariable("TASK_TEST_REGION", "north");
        var task = new TaskDefinition { Id = "job", Llm = new LlmDefinition { Provider = ModelProvider.Echo, Prompt = "${env.TASK_TEST_REGION}" } };
        var workflow = new WorkflowDefinition { Name = "test", Version = "1", Env = ["TASK_TEST_REGION"] };

        (await _worker.RunAsync(_worker.Request(task, workflow), Ct)).Output!.Text.ShouldBe("north");
        (await _worker.RunAsync(task, Ct)).Output!.Text.ShouldBe("${env.TASK_TEST_REGION}");
    }

    [Fact]
    public async Task Run_TasksOfOneExecution_ShareADirectory()
    {
        await _worker.RunAsync(Bash("echo passed > file"), Ct);
        (await _worker.RunAsync(Command("cat", "file"), Ct)).Output!.Text.ShouldBe("passed\n");
    }

    [Fact]
    public async Task Run_Cwd_IsMadeWhenAskedFor()
    {
        var workflow = new WorkflowDefinition { Name = "test", Version = "1", Cwd = "made", CreateCwd = true };
        (await _worker.RunAsync(_worker.Request(Bash("basename $PWD"), workflow), Ct)).Output!.Text.ShouldBe("made\n");

        var missing = await _worker.RunAsync(_worker.Request(Bash("true"), workflow with { Cwd = "missing", CreateCwd = false }), Ct);
        missing.Failure!.Message.ShouldContain("cwd 'missing'");
    }

    public void Dispose() => _worker.Dispose();
}
