using System.Text.Json;
using System.Text.RegularExpressions;
using Periplon.Commands;
using Periplon.Core.Executions;
using Periplon.Run;

namespace Periplon.Tests.Commands;

public sealed class RunCommandTests : IDisposable
{
    private const string Workflow = """
        name: demo
        version: "1.0"
        inputs:
          who: {type: string, required: true}
          times: {type: integer, default: 2}
        tasks:
          build: {description: Build, command: {executable: make}}
          test: {description: Test, depends_on: [build], command: {executable: make, args: [test]}}
        """;

    private const string NeedsMcp = """
        name: a
        version: "1"
        mcp_servers: {files: {type: stdio, command: mcp-files}}
        tasks: {b: {description: c, mcp_tool: {server: files, tool: read}}}
        """;

    private static readonly Guid Id = Guid.Parse("0199c0de-0000-7000-8000-000000000001");

    private readonly CommandFixture _fixture = new();
    private readonly ScriptedRunner _runner;

    public RunCommandTests()
    {
        _runner = new ScriptedRunner(_fixture);
        _fixture.Modes = _fixture.Modes with { LocalRunner = () => _runner };
        _fixture.Write("flow.yaml", Workflow);
    }

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Run_Arguments_BecomeTheRequest()
    {
        (await _fixture.RunAsync("run", "flow.yaml", "-i", "who=5", "--set", "times=3", "-s", "states", "--clean")).ShouldBe(ExitCode.Ok);

        var request = _runner.Request!;
        request.Workflow.Name.ShouldBe("demo");
        request.File.ShouldBe(Path.Combine(_fixture.Directory, "flow.yaml"));
        request.StateDirectory.ShouldBe(Path.Combine(_fixture.Directory, "states"));
        request.Inputs["who"].GetString().ShouldBe("5");
        request.Inputs["times"].GetInt32().ShouldBe(3);
        (request.Clean, request.Resume).ShouldBe((true, false));
    }

    [Fact]
    public async Task Run_NoTerminal_PrintsALineForEachChange()
    {
        (await _fixture.RunAsync("run", "flow.yaml", "-i", "who=x")).ShouldBe(ExitCode.Ok);

        _fixture.Out.ToString().ShouldBe($"""
            12:00:01 demo 1.0: 2 tasks, execution {Id}
            12:00:01 build  started
            12:00:03 build  completed in 2.00s
            12:00:03 test   started
            12:00:05 test   completed in 2.00s
            demo completed: 2 of 2 tasks completed in 4.00s

            """);
    }

    [Fact]
    public async Task Run_Terminal_DrawsATreeAndTheSum()
    {
        _runner.Fails = "test";
        _fixture.IsTerminal = true;

        (await _fixture.RunAsync("run", "flow.yaml", "-i", "who=x")).ShouldBe(ExitCode.Failure);

        var drawn = Regex.Replace(_fixture.Out.ToString(), @"\x1b\[[0-9;?]*[A-Za-z]", "");
        drawn.ShouldContain("demo 1.0  2/2");
        drawn.ShouldContain("✓ build  2.00s");
        drawn.ShouldContain("✗ test  2.00s  exit code 2");
        drawn.ShouldContain("  | line of test");
        drawn.ShouldContain("demo failed: 1 of 2 tasks completed in 4.00s");
    }

    [Fact]
    public async Task Run_Verbose_ShowsWhatTasksPrint()
    {
        await _fixture.RunAsync("run", "flow.yaml", "-i", "who=x", "-v");

        _fixture.Out.ToString().ShouldContain("12:00:01 build  | line of build\n");
    }

    [Theory]
    [InlineData(false, false, "12:00:03 build  completed in 2.00s\nbuild says hello\n", "")]
    [InlineData(true, false, "build says hello\ndemo completed", "")]
    [InlineData(false, true, "", "build says hello\n")]
    public async Task Run_Notice_IsShownToPeople(bool terminal, bool json, string output, string error)
    {
        _fixture.IsTerminal = terminal;
        _runner.Says = "build says hello";
        await _fixture.RunAsync(["run", "flow.yaml", "-i", "who=x", .. json ? ["--json"] : Array.Empty<string>()]);

        Regex.Replace(_fixture.Out.ToString(), @"\x1b\[[0-9;?]*[A-Za-z]", "").ShouldContain(output);
        _fixture.Error.ToString().ShouldBe(error);
        _runner.Request!.Colored.ShouldBe(terminal);
    }

    [Fact]
    public async Task Run_ATaskFails_ShowsItsLinesAndExitsWith1()
    {
        _runner.Fails = "test";

        (await _fixture.RunAsync("run", "flow.yaml", "-i", "who=x")).ShouldBe(ExitCode.Failure);

        _fixture.Out.ToString().ShouldEndWith("""
            12:00:05 test   failed in 2.00s: exit code 2

            test failed: exit code 2
              | line of test
            demo failed: 1 of 2 tasks completed in 4.00s

            """);
        _fixture.Error.ToString().ShouldBe("Error: task 'test' failed\n");
    }

    [Fact]
    public async Task Run_Json_PrintsOneDocumentInTheKnownShape()
    {
        _runner.Fails = "test";

        (await _fixture.RunAsync("run", "flow.yaml", "-i", "who=x", "-j")).ShouldBe(ExitCode.Failure);

        var json = JsonDocument.Parse(_fixture.Out.ToString()).RootElement;
        json.EnumerateObject().Select(each => each.Name).Take(9).ShouldBe(
            ["success", "workflow_name", "workflow_version", "duration_secs", "progress", "completed_tasks", "total_tasks", "failed_tasks", "error"]);
        json.GetProperty("success").GetBoolean().ShouldBeFalse();
        json.GetProperty("failed_tasks")[0].GetString().ShouldBe("test");
        json.GetProperty("duration_secs").GetDouble().ShouldBe(4);
    }

    [Fact]
    public async Task Run_DryRun_PrintsThePlanAndStops()
    {
        (await _fixture.RunAsync("run", "flow.yaml", "--dry-run", "-i", "times=3")).ShouldBe(ExitCode.Ok);

        _runner.Request.ShouldBeNull();
        _fixture.Out.ToString().ShouldBe("""
            Plan of demo 1.0: 2 tasks in 2 waves, at most 16 at a time
              input times = 3
              input who is required; give it with --input who=VALUE

            wave 1
              build  command  make
            wave 2
              test  command  make test
                  after build

            flow.yaml can be run once its inputs are given; nothing was started

            """);
        Directory.GetFileSystemEntries(_fixture.Directory).Length.ShouldBe(1, "nothing is left behind");
    }

    [Fact]
    public async Task Run_DryRunAsJson_HoldsThePlan()
    {
        (await _fixture.RunAsync("run", "flow.yaml", "--dry-run", "--json", "-i", "who=Ada")).ShouldBe(ExitCode.Ok);

        var json = JsonDocument.Parse(_fixture.Out.ToString()).RootElement;
        json.GetProperty("valid").GetBoolean().ShouldBeTrue();
        json.GetProperty("tasks_count").GetInt32().ShouldBe(2);
        var plan = json.GetProperty("plan");
        plan.GetProperty("inputs").GetProperty("who").GetString().ShouldBe("Ada");
        var waves = plan.GetProperty("sections")[0].GetProperty("waves");
        waves.GetArrayLength().ShouldBe(2);
        waves[1][0].GetProperty("task").GetString().ShouldBe("test");
        waves[1][0].GetProperty("does").GetString().ShouldBe("make test");
        waves[1][0].GetProperty("depends_on")[0].GetString().ShouldBe("build");
    }

    [Fact]
    public async Task Run_DryRunOfWhatDoesNotRun_PrintsThePlanAndWhatIsInTheWay()
    {
        _fixture.Write("flow.yaml", NeedsMcp);

        (await _fixture.RunAsync("run", "flow.yaml", "--dry-run")).ShouldBe(ExitCode.Failure);

        _fixture.Out.ToString().ShouldContain("  b  mcp_tool  files/read()\n");
        _fixture.Out.ToString().ShouldContain("error PPL");
        _fixture.Error.ToString().ShouldBe("Error: flow.yaml cannot be run: 1 error\n");
    }

    [Fact]
    public async Task Run_DryRunWithAWrongInput_SaysWhatIsWrong()
    {
        (await _fixture.RunAsync("run", "flow.yaml", "--dry-run", "-i", "times=many")).ShouldBe(ExitCode.Failure);

        _fixture.Error.ToString().ShouldStartWith("Error: the inputs do not fit flow.yaml\n  Input 'times' is ");
    }

    [Theory]
    [InlineData("run flow.yaml", ExitCode.Failure, "Error: the inputs do not fit flow.yaml\n  ")]
    [InlineData("run flow.yaml -i who=x -i times=many", ExitCode.Failure, "Error: the inputs do not fit flow.yaml\n  ")]
    [InlineData("run flow.yaml -i who=x --resume", ExitCode.Usage, "Error: --resume keeps the inputs of the saved run")]
    [InlineData("run gone.yaml", ExitCode.Failure, "Error: there is no file ")]
    public async Task Run_CannotBegin_SaysWhy(string line, int exit, string expected)
    {
        (await _fixture.RunAsync(line.Split(' '))).ShouldBe(exit);

        _runner.Request.ShouldBeNull();
        _fixture.Error.ToString().ShouldStartWith(expected);
    }

    [Fact]
    public async Task Run_PartOfTheLanguageThatDoesNotRun_IsRefused()
    {
        _fixture.Write("flow.yaml", NeedsMcp);

        (await _fixture.RunAsync("run", "flow.yaml")).ShouldBe(ExitCode.Failure);

        _fixture.Error.ToString().ShouldContain("error PPL");
        _fixture.Error.ToString().ShouldEndWith("Error: flow.yaml cannot be run: 1 error\n");
    }

    [Fact]
    public async Task Run_RunnerRefuses_PrintsItsReason()
    {
        _runner.Refuses = new LocalRunException("there is no run to resume");

        (await _fixture.RunAsync("run", "flow.yaml", "--resume")).ShouldBe(ExitCode.Failure);

        _fixture.Error.ToString().ShouldBe("Error: there is no run to resume\n");
    }

    /// <summary>Runs every task in turn: two seconds, one line, the scripted end.</summary>
    private sealed class ScriptedRunner(CommandFixture fixture) : ILocalRunner
    {
        public LocalRunRequest? Request { get; private set; }
        public string? Fails { get; set; }
        public string? Says { get; set; }
        public LocalRunException? Refuses { get; set; }

        public Task<LocalRunResult> ExecuteAsync(LocalRunRequest request, IRunProgress progress, CancellationToken cancellationToken)
        {
            if (Refuses is not null)
            {
                throw Refuses;
            }

            Request = request;
            var ids = request.Workflow.Tasks.Keys.ToArray();
            progress.OnStarted(new LocalRunPlan(
                request.Workflow.Name, request.Workflow.Version, Id, [.. ids.Select(id => new Periplon.Run.PlannedTask(id, null, ""))]));
            var results = ids.Select(id => RunTask(id, progress)).ToArray();
            var status = Fails is null ? ExecutionStatus.Completed : ExecutionStatus.Failed;
            var result = new LocalRunResult
            {
                ExecutionId = Id, Status = status, Duration = TimeSpan.FromSeconds(4), Tasks = results,
                Error = Fails is null ? null : $"task '{Fails}' failed",
            };
            progress.OnFinished(result);
            return Task.FromResult(result);
        }

        private LocalTaskResult RunTask(string id, IRunProgress progress)
        {
            var failed = id == Fails;
            progress.OnTaskChanged(id, TaskRunStatus.Ready, 1, null);
            progress.OnTaskChanged(id, TaskRunStatus.Running, 1, null);
            progress.OnLog(id, "stdout", $"line of {id}");
            fixture.Time.Advance(TimeSpan.FromSeconds(2));
            var status = failed ? TaskRunStatus.Failed : TaskRunStatus.Completed;
            progress.OnTaskChanged(id, status, 1, failed ? "exit code 2" : null);
            if (id == "build" && Says is { } notice)
            {
                progress.OnNotice(id, notice);
            }

            return new LocalTaskResult(id, status, 1, TimeSpan.FromSeconds(2), failed ? "exit code 2" : null);
        }
    }
}
