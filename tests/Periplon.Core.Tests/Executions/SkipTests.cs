using System.Text.Json;
using Periplon.Core.Executions;

namespace Periplon.Core.Tests.Executions;

/// <summary>Tasks that a person skips, in every status that they may have.</summary>
public sealed class SkipTests
{
    private const string Two = "tasks: {a: {RUN}, b: {RUN, depends_on: [a]}}";

    [Theory]
    [InlineData("tasks: {a: {sleep: {seconds: 60}}, b: {RUN, depends_on: [a]}}")]
    [InlineData("tasks: {a: {wait_for: {signal: go}}, b: {RUN, depends_on: [a]}}")]
    [InlineData("tasks: {a: {approval: {message: ok}}, b: {RUN, depends_on: [a]}}")]
    [InlineData("tasks: {a: {RUN, concurrency: {key: k, limit: 1}}, b: {RUN, depends_on: [a]}}")]
    [InlineData("tasks: {a: {RUN, rate_limit: {key: k, limit: 1, period_secs: 60}}, b: {RUN, depends_on: [a]}}")]
    [InlineData(Two)]
    public void Skip_OfATaskThatWaitsOrIsReady_SettlesItAtOnceAndItsDependantsGoOn(string yaml)
    {
        var run = MachineHarness.Of(yaml);
        Skip(run, "a", "not today").ShouldBe(new TaskSkipAnswer(TaskSkipStatus.Done, "skipped"));
        (run.Task("a").Status, run.Task("a").Reason).ShouldBe((TaskRunStatus.Skipped, "not today"));
        run.CompleteAll().ShouldBe(["b"]);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
        StateText.Of(run.Replayed()).ShouldBe(StateText.Of(run.State));
    }

    [Fact]
    public void Skip_OfATaskThatWaitsForARetry_SettlesIt()
    {
        var run = MachineHarness.Of("tasks: {a: {RUN, retry: {max_attempts: 3, delay_secs: 60}}, b: {RUN, depends_on: [a]}}");
        run.Fail("a");
        Skip(run, "a").Status.ShouldBe(TaskSkipStatus.Done);
        run.CompleteAll().ShouldBe(["b"]);
    }

    [Fact]
    public void Skip_OfAPendingTask_SettlesItBeforeItsTurn()
    {
        var run = MachineHarness.Of("tasks: {a: {RUN}, b: {RUN, depends_on: [a]}, c: {RUN, depends_on: [b]}}");
        Skip(run, "b", by: "ann").Status.ShouldBe(TaskSkipStatus.Done);
        run.Task("b").Reason.ShouldBe("skipped by ann");
        run.CompleteAll().ShouldBe(["a", "c"], ignoreOrder: true);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Skip_WithOutputOfAPendingTask_CompletesItWithoutHandlersAndNeverRunsIt()
    {
        var run = MachineHarness.Of("tasks: {a: {RUN}, b: {RUN, depends_on: [a], finally: [{tidy: {RUN}}]}, c: {RUN, depends_on: [b]}}");
        Skip(run, "b", output: "{}").ShouldBe(new TaskSkipAnswer(TaskSkipStatus.Done, "completed"));
        run.CompleteAll().ShouldBe(["a", "c"], ignoreOrder: true);
        run.Statuses("a", "b", "c").ShouldBe("a=completed b=completed c=completed");
    }

    [Fact]
    public void Skip_OfARunningTask_StopsItFirstAndRunsItsHandlers()
    {
        var run = MachineHarness.Of("tasks: {a: {RUN, finally: [{tidy: {RUN}}]}, b: {RUN, depends_on: [a]}}");
        var token = run.Claim("a");
        Skip(run, "a").ShouldBe(new TaskSkipAnswer(TaskSkipStatus.Done, "running"));
        Skip(run, "a").Status.ShouldBe(TaskSkipStatus.Repeated);
        run.State.FindStop(run.Task("a").Instance).ShouldNotBeNull();
        run.Report("a", token, TaskOutcome.Cancelled()).ShouldBeTrue();
        run.Task("a").Ended.ShouldBe(TaskRunStatus.Skipped);
        Skip(run, "a").Status.ShouldBe(TaskSkipStatus.Repeated);
        run.CompleteAll().Count.ShouldBe(2);
        run.Statuses("a", "b").ShouldBe("a=skipped b=completed");
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Skip_OfARunningTaskThatFailsMeanwhile_SkipsItAllTheSame()
    {
        var run = MachineHarness.Of("tasks: {a: {RUN, retry: {max_attempts: 3}}, b: {RUN, depends_on: [a]}}");
        var token = run.Claim("a");
        Skip(run, "a");
        run.Report("a", token, TaskOutcome.Failed(FailureKinds.ExitCode, "no", exitCode: 1)).ShouldBeTrue();
        run.Task("a").Status.ShouldBe(TaskRunStatus.Skipped);
    }

    [Fact]
    public void Skip_OfARunningTaskWhoseWorkerSaysNothing_SkipsItAfterTheGrace()
    {
        var run = MachineHarness.Of(Two);
        run.Claim("a");
        Skip(run, "a");
        run.Tick(ExecutionPlanner.StopGrace.TotalSeconds);
        run.Statuses("a", "b").ShouldBe("a=skipped b=ready");
    }

    [Fact]
    public void Skip_OfARunningTaskThatCompletesMeanwhile_KeepsItsCompletion()
    {
        var run = MachineHarness.Of(Two);
        var token = run.Claim("a");
        Skip(run, "a");
        run.Report("a", token, MachineHarness.Done("late but well")).ShouldBeTrue();
        run.Task("a").Status.ShouldBe(TaskRunStatus.Completed);
    }

    [Theory]
    [InlineData("\"by hand\"", "by hand", null)]
    [InlineData("{\"size\": 3}", "{\"size\":3}", 3)]
    public void Skip_WithAnOutput_CompletesTheTaskWithIt(string output, string text, int? size)
    {
        var run = MachineHarness.Of("tasks: {a: {RUN}, b: {RUN, depends_on: [a]}}");
        Skip(run, "a", output: output).Status.ShouldBe(TaskSkipStatus.Done);
        run.Task("a").Status.ShouldBe(TaskRunStatus.Completed);
        run.Task("a").Output!.Text.ShouldBe(text);
        run.Task("a").Output!.Values?["size"].GetInt32().ShouldBe(size!.Value);
        run.CompleteAll().ShouldBe(["b"]);
    }

    [Fact]
    public void Skip_WithAnOutputThatHoldsASecretInput_MasksIt()
    {
        var run = MachineHarness.Of("inputs: {key: {type: secret}}\n" + Two, ("key", "swordfish"));
        Skip(run, "a", output: "\"it is swordfish\"");
        run.Task("a").Output!.Text.ShouldBe("it is ***");
        EventCodec.Encode([.. run.Journal.Skip(1)]).AsSpan().IndexOf("swordfish"u8).ShouldBe(-1);
    }

    [Fact]
    public void Skip_OfAGroup_StopsWhatIsInsideIt()
    {
        var run = MachineHarness.Of("tasks: {g: {subtasks: [{x: {RUN}}, {y: {RUN}}]}, b: {RUN, depends_on: [g]}}");
        run.Fail("g.x");
        var token = run.Claim("g.y");
        Skip(run, "g").Status.ShouldBe(TaskSkipStatus.Done);
        run.Report("g.y", token, TaskOutcome.Cancelled());
        run.Statuses("g", "g.y", "b").ShouldBe("g=skipped g.y=cancelled b=ready");
        run.CompleteAll();
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Skip_OfALoop_EndsItsIterations()
    {
        var run = MachineHarness.Of("tasks: {l: {loop: {type: repeat, count: 5}, RUN}, b: {RUN, depends_on: [l]}}");
        run.Complete("l[0]");
        Skip(run, "l");
        run.Statuses("l", "l[0]", "l[1]", "b").ShouldBe("l=skipped l[0]=completed l[1]=cancelled b=ready");
    }

    [Fact]
    public void Skip_OfASubflow_WaitsForTheChildToStop()
    {
        var run = MachineHarness.Of("subflows: {child: {tasks: {x: {RUN}}}}\ntasks: {s: {subflow: child}, b: {RUN, depends_on: [s]}}");
        Skip(run, "s").Detail.ShouldBe("waiting");
        run.EndChild("s", ExecutionStatus.Cancelled).ShouldBeTrue();
        run.Statuses("s", "b").ShouldBe("s=skipped b=ready");
    }

    [Fact]
    public void Skip_InAPausedExecution_SettlesTheTaskAndNothingBegins()
    {
        var run = MachineHarness.Of("tasks: {a: {approval: {message: ok}}, b: {RUN, depends_on: [a]}}");
        run.Pause();
        Skip(run, "a").Status.ShouldBe(TaskSkipStatus.Done);
        run.Statuses("a", "b").ShouldBe("a=skipped b=pending");
        run.Resume();
        run.CompleteAll().ShouldBe(["b"]);
    }

    [Fact]
    public void Skip_OfWhatCannotBeSkipped_SaysWhy()
    {
        var run = MachineHarness.Of(
            "tasks: {a: {RUN}, g: {depends_on: [a, h], subtasks: [{x: {RUN}}]}, r: {RUN}, h: {RUN, finally: [{tidy: {RUN}}]}}");
        Skip(run, "nothing").Status.ShouldBe(TaskSkipStatus.NotFound);
        Skip(run, "").Status.ShouldBe(TaskSkipStatus.NotFound);
        Skip(run, "g.x").ShouldBe(new TaskSkipAnswer(TaskSkipStatus.NotThereYet, "g"));
        var token = run.Claim("r");
        run.Complete("a");
        Skip(run, "a").ShouldBe(new TaskSkipAnswer(TaskSkipStatus.Settled, "completed"));
        run.Complete("h");
        Skip(run, "h").ShouldBe(new TaskSkipAnswer(TaskSkipStatus.InHandlers, "completed"));
        run.Do(turn => ExecutionCommands.StopTask(turn, "r", "make room"));
        Skip(run, "r").ShouldBe(new TaskSkipAnswer(TaskSkipStatus.Stopping, "make room"));
        run.Cancel();
        run.Report("r", token, TaskOutcome.Cancelled());
        run.CompleteAll();
        run.State.IsTerminal.ShouldBeTrue();
        Skip(run, "g").Status.ShouldBe(TaskSkipStatus.NotFound);
    }

    private static TaskSkipAnswer Skip(MachineHarness run, string task, string? reason = null, string? by = null, string? output = null) =>
        run.Do(turn => ExecutionCommands.Skip(
            turn, task, by, reason, output is null ? null : JsonSerializer.Deserialize<JsonElement>(output)));
}
