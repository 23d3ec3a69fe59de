using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tests.Tasks;

public sealed class ScriptTaskRunnerTests : TaskRunnerConformance
{
    private protected override TaskDefinition Says(string text) => TaskFixture.Bash($"cat <<'END'\n{text}\nEND");

    private protected override TaskDefinition SaysAttemptKey() => TaskFixture.Bash("echo $PERIPLON_ATTEMPT_KEY");

    private protected override TaskDefinition Hangs() => TaskFixture.Bash("echo begun; sleep 1000");

    private protected override TaskDefinition RefersToNothing() => TaskFixture.Bash("true") with { Output = "${workflow.nothing}" };

    [Theory]
    [InlineData(ScriptLanguage.Python, "import sys\nprint('said')", "said\n")]
    [InlineData(ScriptLanguage.Javascript, "console.log('said', typeof fs.readFileSync)", "said function\n")]
    [InlineData(ScriptLanguage.Bash, "echo said", "said\n")]
    [InlineData(ScriptLanguage.Ruby, "puts 'said'", "said\n")]
    [InlineData(ScriptLanguage.Perl, "print \"said\\n\"", "said\n")]
    [InlineData(ScriptLanguage.Csharp, "System.Console.WriteLine(\"said\");", "said\n")]
    public async Task Run_EachLanguage_RunsItsInterpreter(ScriptLanguage language, string source, string output)
    {
        var outcome = await Worker.RunAsync(TaskFixture.Script(language, source), Ct);

        outcome.Failure.ShouldBeNull();
        outcome.Output!.Text.ShouldBe(output);
    }

    [Theory]
    [InlineData(ScriptLanguage.Python, "#", "import helper; print(helper.word)")]
    [InlineData(ScriptLanguage.Javascript, "//", "console.log(require('./helper.js').word)")]
    [InlineData(ScriptLanguage.Bash, "#", ". ./helper.sh; echo $word")]
    [InlineData(ScriptLanguage.Ruby, "#", "require './helper.rb'; puts $word")]
    [InlineData(ScriptLanguage.Perl, "#", "require './helper.pl'; print our $word")]
    public async Task Run_SourceTooLongForAnArgument_StillFindsTheFilesBesideIt(ScriptLanguage language, string comment, string source)
    {
        const string Helpers = """
            echo 'word = "found"' > helper.py
            echo 'exports.word = "found"' > helper.js
            echo 'word=found' > helper.sh
            echo '$word = "found"' > helper.rb
            echo 'our $word = "found"; 1' > helper.pl
            """;
        await Worker.RunAsync(TaskFixture.Bash(Helpers), Ct);
        var outcome = await Worker.RunAsync(TaskFixture.Script(language, $"{comment}{new string('x', 200_000)}\n{source}"), Ct);

        outcome.Failure.ShouldBeNull();
        outcome.Output!.Text!.TrimEnd().ShouldBe("found");
    }

    [Fact]
    public async Task Run_ShellVariables_StayAsTheyAre()
    {
        var request = Worker.Request(TaskFixture.Bash("x=1; echo ${x} ${workflow.root} ${y:-${x}}")) with
        {
            Values = new Dictionary<string, System.Text.Json.JsonElement> { ["workflow.root"] = TaskFixture.Json("\"/data\"") },
        };

        (await Worker.RunAsync(request, Ct)).Output!.Text.ShouldBe("1 /data 1\n");
    }

    [Fact]
    public async Task Run_File_IsReadFromTheWorkingDirectoryAndContentWins()
    {
        await Worker.RunAsync(TaskFixture.Bash("mkdir sub; echo 'echo from file in $PWD' > sub/script.sh"), Ct);
        var script = new ScriptDefinition { Language = ScriptLanguage.Bash, File = "script.sh", WorkingDir = "sub" };

        var fromFile = await Worker.RunAsync(new TaskDefinition { Id = "job", Script = script }, Ct);
        fromFile.Output!.Text.ShouldBe($"from file in {Worker.Directory}/sub\n");

        var fromContent = await Worker.RunAsync(new TaskDefinition { Id = "job", Script = script with { Content = "echo from content" } }, Ct);
        fromContent.Output!.Text.ShouldBe("from content\n");
    }

    [Fact]
    public async Task Run_MissingFileOrDirectory_IsNamed()
    {
        var script = new ScriptDefinition { Language = ScriptLanguage.Bash, File = "nothing.sh" };
        (await Worker.RunAsync(new TaskDefinition { Id = "job", Script = script }, Ct)).Failure!.Message.ShouldContain("'nothing.sh' does not exist");

        var outcome = await Worker.RunAsync(new TaskDefinition { Id = "job", Script = script with { WorkingDir = "/no/such" } }, Ct);
        outcome.Failure!.Kind.ShouldBe(FailureKinds.Spawn);
        outcome.Failure.Message.ShouldContain("working_dir '/no/such'");
    }

    [Fact]
    public async Task Run_MissingInterpreter_SaysHowToGetIt()
    {
        var workflow = new WorkflowDefinition
        {
            Name = "test", Version = "1", Defaults = new TaskDefaults { Env = new Dictionary<string, string> { ["PATH"] = "/nowhere" } },
        };
        var outcome = await Worker.RunAsync(Worker.Request(TaskFixture.Script(ScriptLanguage.Ruby, "puts 1"), workflow), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Spawn);
        outcome.Failure.Message.ShouldBe(
            "The program 'ruby' was not found on PATH (/nowhere). Install ruby on the worker, or give the task worker_tags of workers that have 'ruby'");
    }

    [Fact]
    public async Task Run_Environment_IsCleanAndLaterSourcesWin()
    {
        Environment.SetEnvironmentVariable("PERIPLON_TEST_LEAK", "leaked");
        var workflow = new WorkflowDefinition
        {
            Name = "test",
            Version = "1",
            Defaults = new TaskDefaults { Env = new Dictionary<string, string> { ["A"] = "default", ["B"] = "default", ["PERIPLON_ATTEMPT"] = "9" } },
        };
        var script = new ScriptDefinition
        {
            Language = ScriptLanguage.Bash, Content = "env | sort", Env = new Dictionary<string, string> { ["B"] = "own ${workflow.v}" },
        };
        var request = Worker.Request(new TaskDefinition { Id = "job", Script = script }, workflow) with
        {
            Values = new Dictionary<string, System.Text.Json.JsonElement> { ["workflow.v"] = TaskFixture.Json("1") },
        };
        var lines = (await Worker.RunAsync(request, Ct)).Output!.Text!.Split('\n');

        lines.ShouldContain("A=default");
        lines.ShouldContain("B=own 1");
        lines.ShouldContain("PERIPLON_ATTEMPT=9");
        lines.ShouldContain("PERIPLON_TASK_ID=job");
        lines.ShouldContain($"PERIPLON_EXECUTION_ID={Worker.ExecutionId}");
        lines.ShouldNotContain(line => line.Contains("leaked"));
    }

    [Fact]
    public async Task Run_NameThatIsNoVariable_FailsWithInput()
    {
        var script = new ScriptDefinition { Language = ScriptLanguage.Bash, Content = "true", Env = new Dictionary<string, string> { ["a-b"] = "1" } };

        (await Worker.RunAsync(new TaskDefinition { Id = "job", Script = script }, Ct)).Failure!.Message.ShouldContain("'a-b'");
    }
}

public sealed class CommandTaskRunnerTests : TaskRunnerConformance
{
    private protected override TaskDefinition Says(string text) => text.Contains("workflow.text")
        // The operating system bounds an argument, so the large text is made by the program.
        ? TaskFixture.Command("seq", "1", "20000")
        : TaskFixture.Command("printf", "%s\\n", text);

    private protected override TaskDefinition SaysAttemptKey() => TaskFixture.Command("printenv", "PERIPLON_ATTEMPT_KEY");

    private protected override TaskDefinition Hangs() => TaskFixture.Command("sh", "-c", "echo begun; sleep 1000");

    private protected override TaskDefinition RefersToNothing() => TaskFixture.Command("true") with { Output = "${workflow.nothing}" };

    [Fact]
    public async Task Run_Arguments_ReachTheProgramUnchanged()
    {
        var outcome = await Worker.RunAsync(TaskFixture.Command("printf", "[%s]\\n", "a b", "$HOME", "*", "'\"", "", "-n", "ä\nb"), Ct);

        outcome.Output!.Text.ShouldBe("[a b]\n[$HOME]\n[*]\n['\"]\n[]\n[-n]\n[ä\nb]\n");
    }

    [Fact]
    public async Task Run_StreamNotCaptured_IsLoggedButNoOutput()
    {
        var command = new CommandDefinition { Executable = "sh", Args = ["-c", "echo out; echo err >&2"], CaptureStdout = false };

        (await Worker.RunAsync(new TaskDefinition { Id = "job", Command = command }, Ct)).Output!.Text.ShouldBe("err\n");
        Worker.Log.Stdout.ShouldContain("out");
    }

    [Fact]
    public async Task Run_NoOutput_HasNoText() => (await Worker.RunAsync(TaskFixture.Command("true"), Ct)).Output!.Text.ShouldBeNull();
}
