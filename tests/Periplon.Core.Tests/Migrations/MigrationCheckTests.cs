using Periplon.Core.Executions;
using Periplon.Core.Migrations;
using Periplon.Core.Plans;
using Periplon.Core.Tests.Executions;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Migrations;

/// <summary>Executions under way go on with another revision when their history fits it, and else not, for a reason that is
/// named.</summary>
public sealed class MigrationCheckTests
{
    private const string Before = """
        tasks:
          a: {RUN}
          b: {RUN, depends_on: [a]}
          g: {depends_on: [b], subtasks: [{x: {RUN}}, {y: {RUN, depends_on: [x]}}]}
        """;

    [Fact]
    public void Check_TasksThatHaveNotBegunAreOthers_GoesOnWithThem()
    {
        var run = MachineHarness.Of(Before);
        run.Complete("a", "one");
        var token = run.Claim("b");
        var verdict = Check(run, """
            tasks:
              first: {RUN}
              a: {RUN}
              b: {RUN, depends_on: [a]}
              extra: {RUN, depends_on: [b]}
            """);
        verdict.Refusal.ShouldBeNull();
        var moved = Move(run, verdict);
        (moved.State.Created.Revision, moved.State.Created.WorkflowVersion).ShouldBe((2, "1"));
        moved.Ready.ShouldBe(["first"]);
        moved.Task("a").Output!.Text.ShouldBe("one");
        moved.Report("b", token, MachineHarness.Done()).ShouldBeTrue("a lease of the revision before is valid");
        moved.CompleteAll().ShouldBe(["first", "extra"], ignoreOrder: true);
        moved.State.Status.ShouldBe(ExecutionStatus.Completed);
        StateText.Of(moved.Replayed()).ShouldBe(StateText.Of(moved.State));
    }

    [Fact]
    public void Check_OfAnExecutionThatWasMovedBefore_ReplaysAllOfItsHistory()
    {
        var run = MachineHarness.Of(Before);
        run.Complete("a");
        var once = Move(run, Check(run, Before.Replace("{x: {RUN}}", "{x: {RUN, priority: 2}}, {z: {RUN}}", StringComparison.Ordinal)));
        once.Complete("b");
        var third = Before.Replace("{x: {RUN}}", "{x: {RUN}}, {z: {RUN}}", StringComparison.Ordinal) + "\n  last: {RUN, depends_on: [g]}";
        var twice = Move(once, Check(once, third, revision: 3), revision: 3);
        ExecutionMachine.RevisionOf([.. twice.Journal]).ShouldBe(3);
        twice.CompleteAll()[^1].ShouldBe("last");
        StateText.Of(twice.Replayed()).ShouldBe(StateText.Of(twice.State));
    }

    [Fact]
    public void Check_RunningLoopsAndSwitches_GoOn()
    {
        const string Yaml = """
            tasks:
              l: {loop: {type: repeat, count: 3}, RUN}
              s: {switch: {on: one, cases: {one: [{p: {RUN}}, {q: {RUN, depends_on: [p]}}]}}}
            """;
        var run = MachineHarness.Of(Yaml);
        run.Complete("l[0]");
        run.Complete("s.p");
        var moved = Move(run, Check(run, Yaml + "\n  last: {RUN, depends_on: [l, s]}"));
        moved.CompleteAll().ShouldContain("last");
        moved.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Check_WaitingForASignal_GoesOnWaiting()
    {
        const string Yaml = "tasks: {w: {wait_for: {signal: go}}, b: {RUN, depends_on: [w]}}";
        var run = MachineHarness.Of(Yaml);
        var moved = Move(run, Check(run, "tasks: {w: {wait_for: {signal: go}}, c: {RUN, depends_on: [w]}}"));
        moved.Signal("go").ShouldBeTrue();
        moved.CompleteAll().ShouldBe(["c"]);
    }

    public static TheoryData<string, string, string, string?> Refused => new()
    {
        { "tasks: {b: {RUN}}", MigrationReasons.TaskMissing, "Task 'a' has begun, and revision 2 does not have it", "a" },
        {
            "tasks: {a: {sleep: {seconds: 1}}, b: {RUN, depends_on: [a]}}", MigrationReasons.KindChanged,
            "Task 'a' has begun as command, and revision 2 has it as sleep", "a"
        },
        {
            "tasks: {a: {loop: {type: repeat, count: 2}, RUN}, b: {RUN, depends_on: [a]}}", MigrationReasons.KindChanged,
            "Task 'a' has begun as command, and revision 2 has it as a loop (repeat)", "a"
        },
        {
            "tasks: {a: {RUN}, n: {RUN}, b: {RUN, depends_on: [a, n]}}", MigrationReasons.DependencyAdded,
            "Task 'b' began before 'n' had ended, on which it depends in revision 2", "b"
        },
        {
            "tasks: {a: {RUN, finally: [{tidy: {RUN}}]}, b: {RUN, depends_on: [a]}}", MigrationReasons.Differs,
            "Task 'a' is completed, and by revision 2 its history would leave it running", "a"
        },
        {
            "notifications: {default_channels: [{type: console}], notify_on_start: true}\ntasks: {a: {RUN}, b: {RUN, depends_on: [a]}}", MigrationReasons.PhaseChanged,
            "Only one of the revisions has hooks or notifications before the first task", null
        },
        {
            "concurrency: {key: k, limit: 1}\ntasks: {a: {RUN}, b: {RUN, depends_on: [a]}}", MigrationReasons.LimitChanged,
            "Only one of the revisions has a concurrency limit for the workflow as a whole", null
        },
        {
            "inputs: {must: {type: string, required: true}}\ntasks: {a: {RUN}, b: {RUN, depends_on: [a]}}", MigrationReasons.Inputs,
            "inputs.must", null
        },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Check_HistoryThatDoesNotFit_NamesTheReason(string yaml, string reason, string message, string? task)
    {
        var run = MachineHarness.Of(Before);
        run.Complete("a");
        run.Claim("b");
        var refusal = Check(run, yaml).Refusal.ShouldNotBeNull();
        (refusal.Reason, refusal.Task).ShouldBe((reason, task), refusal.Message);
        refusal.Message.ShouldStartWith(message);
    }

    [Fact]
    public void Check_TaskNewInsideAGroupThatIsOver_IsRefused()
    {
        const string Yaml = "tasks: {g: {subtasks: [{x: {RUN}}]}, b: {RUN, depends_on: [g]}}";
        var run = MachineHarness.Of(Yaml);
        run.Complete("g.x");
        var refusal = Check(run, "tasks: {g: {subtasks: [{x: {RUN}}, {late: {RUN}}]}, b: {RUN, depends_on: [g]}}").Refusal.ShouldNotBeNull();
        (refusal.Reason, refusal.Task).ShouldBe((MigrationReasons.TaskTooLate, "g.late"));
        refusal.Message.ShouldBe("Task 'g.late' is new in revision 2, and 'g', in which it stands, is over");
    }

    [Fact]
    public void Check_LimitThatIsHeldAndGone_IsRefused()
    {
        var run = MachineHarness.Of("tasks: {a: {RUN, concurrency: {key: k, limit: 1}}}");
        Check(run, "tasks: {a: {RUN}}").Refusal.ShouldNotBeNull().Reason.ShouldBe(MigrationReasons.LimitChanged);
        run.Do(turn => ExecutionCommands.Grant(turn, "a", LimitKinds.Concurrency, null));
        run.Claim("a");
        Check(run, "tasks: {a: {RUN}}").Refusal.ShouldNotBeNull().Reason.ShouldBe(MigrationReasons.LimitChanged);
        Check(run, "tasks: {a: {RUN, concurrency: {key: k, limit: 9}}}").Refusal.ShouldBeNull();
    }

    [Fact]
    public void Check_FailureThatWouldCountOtherwise_IsRefused()
    {
        var run = MachineHarness.Of("tasks: {a: {RUN, continue_on_error: true}, b: {RUN}}");
        run.Fail("a");
        Check(run, "tasks: {a: {RUN}, b: {RUN}}").Refusal.ShouldNotBeNull().Reason.ShouldBe(MigrationReasons.Differs);
        run.CompleteAll();
        Check(run, "tasks: {a: {RUN}, b: {RUN}}").Refusal.ShouldNotBeNull().Reason.ShouldBe(MigrationReasons.Ended);
    }

    [Fact]
    public void Check_InputsOfTheOtherRevision_AreBoundAndStaySecret()
    {
        var run = MachineHarness.Of(
            "inputs: {key: {type: secret}, old: {type: integer, default: 1}}\ntasks: {a: {RUN}}", ("key", "swordfish"), ("old", 1));
        var verdict = Check(run, "inputs: {key: {type: string}, more: {type: integer, default: 7}}\ntasks: {a: {RUN}}");
        verdict.Inputs.Keys.ShouldBe(["key", "more"], ignoreOrder: true);
        verdict.SecretInputs.ShouldBe(["key"]);
        Move(run, verdict).State.Created.Inputs["more"].GetInt32().ShouldBe(7);
    }

    private static MigrationVerdict Check(MachineHarness run, string yaml, int revision = 2) =>
        MigrationCheck.Check(run.State, run.Journal, PlanOf(yaml), revision);

    // Without running it: the harness starts what it reads.
    private static ExecutionPlan PlanOf(string yaml)
    {
        var text = yaml.Replace("RUN", "command: {executable: \"true\"}", StringComparison.Ordinal);
        return ExecutionPlan.Compile(WorkflowParser.Parse($"name: test\nversion: \"1\"\n{text}").Workflow.ShouldNotBeNull());
    }

    private static MachineHarness Move(MachineHarness run, MigrationVerdict verdict, int revision = 2)
    {
        verdict.Refusal.ShouldBeNull();
        verdict.Revision.ShouldBe(revision);
        return run.MovedTo(verdict);
    }
}
