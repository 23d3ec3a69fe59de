using System.Text;
using System.Text.Json;
using Periplon.Commands;
using Periplon.Run;

namespace Periplon.Tests.Commands;

public sealed class LocalStateCommandTests : IDisposable
{
    private readonly CommandFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    private string States => Path.Combine(_fixture.Directory, ".workflow_states");

    [Fact]
    public async Task List_Nothing_SaysSo()
    {
        (await _fixture.RunAsync("list")).ShouldBe(ExitCode.Ok);
        _fixture.Out.ToString().ShouldBe($"No runs are kept in {States}\n");

        (await _fixture.RunAsync("list", "--json")).ShouldBe(ExitCode.Ok);
        Json().GetProperty("total").GetInt32().ShouldBe(0);
        Directory.Exists(States).ShouldBeFalse("reading makes nothing");
    }

    [Fact]
    public async Task List_SeveralRuns_ShowsTheLastOfEachWorkflow()
    {
        await RunAsync("good", "true");
        await RunAsync("good", "true");
        await RunAsync("bad", "exit 3");

        (await _fixture.RunAsync("list")).ShouldBe(ExitCode.Ok);

        var lines = _fixture.Out.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(3);
        lines[0].Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .ShouldBe(["NAME", "VERSION", "STATUS", "PROGRESS", "STARTED", "RUNS"]);
        lines[1].ShouldStartWith("bad   1.0      failed     1 of 3 tasks");
        lines[2].ShouldStartWith("good  1.0      completed  3 of 3 tasks");
        lines[2].ShouldEndWith("  2");

        (await _fixture.RunAsync("list", "--all")).ShouldBe(ExitCode.Ok);
        _fixture.Out.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(4);
    }

    [Fact]
    public async Task List_Json_KeepsTheShape()
    {
        await RunAsync("bad", "exit 3");

        (await _fixture.RunAsync("list", "-j")).ShouldBe(ExitCode.Ok);

        Json().EnumerateObject().Select(each => each.Name).ShouldBe(["state_dir", "workflows", "total"]);
        Json().GetProperty("state_dir").GetString().ShouldBe(States);
        var item = Json().GetProperty("workflows")[0];
        item.EnumerateObject().Select(each => each.Name).Take(7)
            .ShouldBe(["name", "version", "status", "progress", "completed_tasks", "total_tasks", "finished"]);
        item.GetProperty("status").GetString().ShouldBe("failed");
        item.GetProperty("finished").GetBoolean().ShouldBeTrue();
        item.GetProperty("alive").GetBoolean().ShouldBeFalse();
        item.GetProperty("executions").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Status_Failed_ShowsTasksAndTheReason()
    {
        await RunAsync("bad", "exit 3");

        (await _fixture.RunAsync("status", "bad")).ShouldBe(ExitCode.Ok);

        var text = _fixture.Out.ToString();
        text.ShouldContain("workflow:  bad 1.0\n");
        text.ShouldContain("status:    failed\n");
        text.ShouldContain("error:     Task 'two' failed: 'bash' ended with exit code 3\n");
        text.ShouldMatch(@"two +failed +1 +[0-9.]+s +'bash' ended with exit code 3");
        text.ShouldMatch(@"three +skipped +dependency 'two' failed");
    }

    [Fact]
    public async Task Status_Json_KeepsTheShape()
    {
        await RunAsync("bad", "exit 3");
        await RunAsync("bad", "true");

        (await _fixture.RunAsync("status", "bad", "--json")).ShouldBe(ExitCode.Ok);

        Json().EnumerateObject().Select(each => each.Name).Take(10).ShouldBe(
            ["name", "version", "status", "progress", "total_tasks", "completed_tasks", "failed_tasks", "started_at", "ended_at", "duration_secs"]);
        Json().GetProperty("status").GetString().ShouldBe("completed");
        var runs = Json().GetProperty("executions").EnumerateArray().ToArray();
        runs.Select(run => run.GetProperty("status").GetString()).ShouldBe(["completed", "failed"]);

        (await _fixture.RunAsync("status", "bad", "--json", "-e", runs[1].GetProperty("execution_id").GetString()!)).ShouldBe(ExitCode.Ok);
        Json().GetProperty("status").GetString().ShouldBe("failed");
        Json().GetProperty("failed_tasks")[0].GetProperty("name").GetString().ShouldBe("two");
        Json().GetProperty("failed_tasks")[0].GetProperty("error").GetString().ShouldBe("'bash' ended with exit code 3");
    }

    [Fact]
    public async Task Status_UnknownName_SuggestsANearOne()
    {
        await RunAsync("nightly", "true");

        (await _fixture.RunAsync("status", "nihgtly")).ShouldBe(ExitCode.Failure);
        _fixture.Error.ToString().ShouldBe($"Error: no run of workflow 'nihgtly' is kept in {States}; did you mean 'nightly'?\n");

        (await _fixture.RunAsync("status", "nihgtly", "-j")).ShouldBe(ExitCode.Failure);
        Json().GetProperty("error").GetString().ShouldStartWith("no run of workflow 'nihgtly'");

        (await _fixture.RunAsync("status", "nightly", "-e", Guid.Empty.ToString())).ShouldBe(ExitCode.Failure);
        _fixture.Error.ToString().ShouldStartWith($"Error: workflow 'nightly' has no run {Guid.Empty}");
    }

    [Fact]
    public async Task List_AFileThatIsNoDatabase_IsNamedAndTheOthersAreShown()
    {
        await RunAsync("good", "true");
        await File.WriteAllTextAsync(Path.Combine(States, "junk.db"), "this is no database, however long it may be", _fixture.Cancel);

        (await _fixture.RunAsync("list")).ShouldBe(ExitCode.Ok);

        _fixture.Out.ToString().ShouldContain("good");
        _fixture.Error.ToString().ShouldStartWith($"Error: {Path.Combine(States, "junk.db")} cannot be read: ");
    }

    [Fact]
    public async Task Run_OnAStateThatIsNoDatabase_SaysWhatHelps()
    {
        Directory.CreateDirectory(States);
        await File.WriteAllTextAsync(LocalDatabase.PathOf(States, "good"), "this is no database, however long it may be", _fixture.Cancel);

        (await RunAsync("good", "true")).ShouldBe(ExitCode.Failure);
        _fixture.Error.ToString().ShouldContain("does not fit this version; --clean deletes it");

        (await RunAsync("good", "true", "--clean")).ShouldBe(ExitCode.Ok);
    }

    [Theory]
    [InlineData("y\n", true)]
    [InlineData("YES\n", true)]
    [InlineData("n\n", false)]
    [InlineData("\n", false)]
    [InlineData("", false)]
    public async Task Clean_WithoutYes_DoesWhatIsAnswered(string answer, bool deletes)
    {
        await RunAsync("good", "true");
        _fixture.IsInteractive = true;
        _fixture.Input = Encoding.UTF8.GetBytes(answer);

        (await _fixture.RunAsync("clean", "good")).ShouldBe(ExitCode.Ok);

        _fixture.Out.ToString().ShouldStartWith($"Delete 1 run of 'good' from {States}? [y/N] ");
        File.Exists(LocalDatabase.PathOf(States, "good")).ShouldBe(!deletes);
    }

    [Fact]
    public async Task Clean_NobodyToAsk_IsRefused()
    {
        await RunAsync("good", "true");

        (await _fixture.RunAsync("clean")).ShouldBe(ExitCode.Usage);

        _fixture.Error.ToString().ShouldBe($"Error: 1 run of 'good' would be deleted from {States}, and nobody can be asked; say --yes\n");
        File.Exists(LocalDatabase.PathOf(States, "good")).ShouldBeTrue();
    }

    [Fact]
    public async Task Clean_OneOfTwo_KeepsTheOther()
    {
        await RunAsync("good", "true");
        await RunAsync("other", "true");

        (await _fixture.RunAsync("clean", "good", "-y")).ShouldBe(ExitCode.Ok);
        _fixture.Out.ToString().ShouldBe($"Deleted 1 run of 'good' from {States}\n");
        Directory.GetFiles(States, "*.db").Select(Path.GetFileName).ShouldBe([Path.GetFileName(LocalDatabase.PathOf(States, "other"))]);

        (await _fixture.RunAsync("clean", "-y")).ShouldBe(ExitCode.Ok);
        Directory.GetFiles(States).ShouldBeEmpty();
        (await _fixture.RunAsync("clean", "good", "-y")).ShouldBe(ExitCode.Failure);
    }

    [Fact]
    public async Task Clean_RunUnderWay_DeletesNothing()
    {
        await RunAsync("good", "true");
        await RunAsync("other", "true");
        await using (RunLock.Take(LocalDatabase.PathOf(States, "good"), Guid.NewGuid()))
        {
            (await _fixture.RunAsync("clean", "-y")).ShouldBe(ExitCode.Failure);
        }

        _fixture.Error.ToString().ShouldStartWith("Error: a run of 'good' is under way in another process");
        Directory.GetFiles(States, "*.db").Length.ShouldBe(2);
    }

    [Fact]
    public async Task Resume_AfterCompletion_StartsOverWithTheSameInputs()
    {
        _fixture.Write("flow.yaml", """
            name: inputs
            version: "1"
            inputs: {who: {type: string, required: true}}
            tasks: {a: {command: {executable: echo, args: ["hello ${input.who}"]}, output: out.txt}}
            """);
        (await _fixture.RunAsync("run", "flow.yaml", "-i", "who=Ada")).ShouldBe(ExitCode.Ok);
        File.Delete(Path.Combine(_fixture.Directory, "out.txt"));

        (await _fixture.RunAsync("run", "flow.yaml", "--resume", "--json")).ShouldBe(ExitCode.Ok);

        Json().GetProperty("success").GetBoolean().ShouldBeTrue();
        _fixture.Error.ToString().ShouldBe("Note: the last run of workflow 'inputs' completed; starting over with its inputs\n");
        (await File.ReadAllTextAsync(Path.Combine(_fixture.Directory, "out.txt"), _fixture.Cancel)).Trim().ShouldBe("hello Ada");
    }

    private Task<int> RunAsync(string name, string script, params string[] more)
    {
        var file = _fixture.Write("flow.yaml", $$"""
            name: {{name}}
            version: "1.0"
            tasks:
              one: {command: {executable: "true"} }
              two: {depends_on: [one], script: {language: bash, content: "{{script}}"} }
              three: {depends_on: [two], command: {executable: "true"} }
            """);
        return _fixture.RunAsync(["run", file, .. more]);
    }

    private JsonElement Json() => JsonDocument.Parse(_fixture.Out.ToString()).RootElement;
}
