using System.Text.Json.Nodes;
using Periplon.Commands;

namespace Periplon.Tests.Run;

/// <summary>What tasks wait for, through <c>periplon run</c>.</summary>
public sealed class LocalWaitsTests : IDisposable
{
    private const string Asking = """
        subflows:
          s: {tasks: {ok: {approval: {message: Go?}}}}
          outer: {tasks: {inner: {subflow: s}}}
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("periplon-waits-").FullName;
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Run_Signal_IsThereBeforeTheTaskWaits()
    {
        var report = await RunAsync(
            "w: {wait_for: {signal: go}}", "outputs: {n: '${task.w.outputs.payload.n}'}", ["--signal", "go={\"n\":3}"]);
        report["outputs"]!["n"]!.GetValue<int>().ShouldBe(3);
    }

    [Fact]
    public async Task Run_SignalOfAWebhooksName_IsItsCall()
    {
        var report = await RunAsync("w: {wait_for: {webhook: hook}}", "outputs: {text: '${task.w.output}'}", ["--signal", "hook=plain text"]);
        report["outputs"]!["text"]!.GetValue<string>().ShouldBe("plain text");
    }

    [Fact]
    public async Task Run_NoSignal_SaysWhatIsAwaitedAndEndsByItsOwnRule()
    {
        var report = await RunAsync("w: {wait_for: {signal: go, timeout_secs: 0.2, default: late}}", "outputs: {text: '${task.w.output}'}", []);
        report["outputs"]!["text"]!.GetValue<string>().ShouldBe("late");
        _error.ToString().ShouldContain("Waiting: task 'w' waits for the signal 'go'");
    }

    [Theory]
    [InlineData("--approve", "completed")]
    [InlineData("--reject", "failed")]
    public async Task Run_DecisionBeforehand_IsTakenWhenTheTaskAsks(string option, string status)
    {
        var report = await RunAsync("ok: {approval: {message: Go?}}", "", [option, "ok"], expected: status);
        _error.ToString().ShouldNotContain("Approve?");
        report["status"]!.GetValue<string>().ShouldBe(status);
    }

    [Theory]
    [InlineData("call: {subflow: s}", "call/ok")]
    [InlineData("call: {subflow: outer}", "call/inner/ok")]
    [InlineData("call: {loop: {type: repeat, count: 1}, subflow: s}", "call[0]/ok")]
    [InlineData("call: {loop: {type: repeat, count: 2}, subflow: s}", "call[]/ok")]
    [InlineData("ok: {subflow: s}", "ok/ok")]
    public async Task Run_DecisionInASubflow_ReachesTheTaskThatAsks(string task, string approved)
    {
        await RunAsync(task, Asking, ["--approve", approved]);
        _error.ToString().ShouldNotContain("Approve?");
    }

    [Fact]
    public async Task Run_PersonAtTheTerminal_IsAskedForASubflow()
    {
        const string Tasks = "call: {subflow: s}\n  ok: {approval: {message: Mine?}, depends_on: [call]}";
        await RunAsync(Tasks, Asking, [], new StringReader("yes\nyes\n"));
        _error.ToString().ShouldContain("Task 'call/ok' asks for approval: Go?");
        _error.ToString().ShouldContain("Task 'ok' asks for approval: Mine?");
    }

    [Fact]
    public async Task Run_Signal_ReachesEachSubflowThatWaitsForIt()
    {
        const string Waiting = """
            subflows:
              hear: {tasks: {w: {wait_for: {signal: go}}}, outputs: {n: "${task.w.outputs.payload.n}"}}
              hook: {tasks: {w: {wait_for: {webhook: go}}}, outputs: {n: "${task.w.outputs.payload.n}"}}
            outputs: {a: "${task.a.outputs.n}", b: "${task.b.outputs.n}", c: "${task.c.outputs.n}"}
            """;
        var report = await RunAsync(
            "a: {subflow: hear}\n  b: {subflow: hear, depends_on: [a]}\n  c: {subflow: hook}", Waiting, ["--signal", "go={\"n\":3}"]);
        foreach (var name in new[] { "a", "b", "c" })
        {
            report["outputs"]![name]!.GetValue<int>().ShouldBe(3, name);
        }
    }

    [Fact]
    public async Task Run_NoSignalInASubflow_SaysWhereItIsAwaited()
    {
        await RunAsync(
            "call: {subflow: s}", "subflows: {s: {tasks: {w: {wait_for: {signal: go, timeout_secs: 0.2, default: late}}}}}", []);
        _error.ToString().ShouldContain("Waiting: task 'call/w' waits for the signal 'go'");
    }

    [Theory]
    [InlineData("maybe\nyes, looks good\n", "completed")]
    [InlineData("no\n", "failed")]
    public async Task Run_PersonAtTheTerminal_IsAsked(string typed, string status)
    {
        await RunAsync("ok: {approval: {message: 'Let ${workflow.name} go?'}}", "", [], new StringReader(typed), status);
        _error.ToString().ShouldContain("Task 'ok' asks for approval: Let waits go?");
    }

    [Fact]
    public async Task Run_NobodyToAsk_SaysSoAndWaitsForTheTimeOut()
    {
        await RunAsync("ok: {approval: {timeout_secs: 0.2, default: approve}}", "", []);
        _error.ToString().ShouldContain("Waiting: task 'ok' asks for approval, until ");
        _error.ToString().ShouldContain("--approve or --reject");
    }

    [Theory]
    [InlineData("--approve", "nothing", "it has call/ok, ok")]
    [InlineData("--reject", "w", "it has call/ok, ok")]
    [InlineData("--approve", "call/nothing", "it has call/ok, ok")]
    [InlineData("--signal", "=1", "NAME=JSON")]
    public async Task Run_AnswerToNoQuestion_IsRefusedBeforeTheStart(string option, string value, string expected)
    {
        Write("call: {subflow: s}\n  ok: {approval: {}}\n  w: {command: {executable: echo}}", Asking);
        (await RunAsync(null, option, value)).ShouldBe(ExitCode.Usage);
        _error.ToString().ShouldContain(expected);
    }

    [Fact]
    public async Task Run_Concurrency_OneTaskAfterTheOther()
    {
        const string Script = "script: {language: bash, content: 'mkdir one && sleep 0.1 && rmdir one'}";
        var tasks = string.Join("\n  ", Enumerable.Range(0, 4).Select(n => $"t{n}: {{concurrency: disk, {Script}}}"));
        await RunAsync(tasks, "concurrency: whole", []);
    }

    [Fact]
    public async Task Run_RateLimit_StartsAreAPeriodApart()
    {
        const string Limit = "rate_limit: {key: api, limit: 1, period_secs: 0.4}, command: {executable: date, args: [+%s%N]}";
        var report = await RunAsync(
            $"a: {{{Limit}}}\n  b: {{{Limit}}}", "outputs: {a: '${task.a.output}', b: '${task.b.output}'}", []);
        var times = new[] { "a", "b" }.Select(name => long.Parse(report["outputs"]![name]!.ToString())).ToList();
        TimeSpan.FromTicks(Math.Abs(times[1] - times[0]) / 100).ShouldBeGreaterThan(TimeSpan.FromSeconds(0.2));
    }

    private async Task<JsonNode> RunAsync(string tasks, string head, string[] options, TextReader? input = null, string expected = "completed")
    {
        Write(tasks, head);
        var code = await RunAsync(input, ["--json", .. options]);
        var report = JsonNode.Parse(_out.ToString().Length > 0 ? _out.ToString() : "{}")!;
        report["status"]?.GetValue<string>().ShouldBe(expected, $"{_error}{_out}");
        code.ShouldBe(expected == "completed" ? ExitCode.Ok : ExitCode.Failure, $"{_error}{_out}");
        return report;
    }

    private void Write(string tasks, string head) =>
        File.WriteAllText(Path.Combine(_directory, "flow.yaml"), $"name: waits\nversion: '1'\n{head}\ntasks:\n  {tasks}\n");

    private Task<int> RunAsync(TextReader? input, params string[] options)
    {
        var shell = new CommandShell
        {
            Out = _out, Error = _error, In = input, Variables = new Dictionary<string, string>(), Directory = _directory,
            Time = TimeProvider.System, Cancel = Ct,
        };
        return PeriplonCommand.RunAsync(["run", "flow.yaml", .. options], shell, ProgramModes.Create());
    }
}
