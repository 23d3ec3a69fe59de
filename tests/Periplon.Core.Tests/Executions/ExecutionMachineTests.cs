using Periplon.Core.Conditions;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using static Periplon.Core.Tests.Executions.MachineHarness;

namespace Periplon.Core.Tests.Executions;

public sealed class ExecutionMachineTests
{
    [Fact]
    public void Advance_WorkflowWithoutTasks_CompletesAtOnce() =>
        new MachineHarness(Workflow()).State.Status.ShouldBe(ExecutionStatus.Completed);

    [Fact]
    public void Advance_Chain_OffersOneTaskAfterTheOther()
    {
        var run = new MachineHarness(Workflow(NewTask("a"), NewTask("b", "a"), NewTask("c", "b")));
        run.State.Status.ShouldBe(ExecutionStatus.Queued);
        foreach (var task in new[] { "a", "b", "c" })
        {
            run.Ready.ShouldBe([task]);
            run.Complete(task);
        }

        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Advance_Diamond_JoinWaitsForBothBranches()
    {
        var run = new MachineHarness(Workflow(NewTask("a"), NewTask("b", "a"), NewTask("c", "a"), NewTask("d", "b", "c")));
        run.Complete("a");
        run.Ready.ShouldBe(["b", "c"]);
        run.Complete("c");
        run.Ready.ShouldBe(["b"]);
        run.Complete("b");
        run.Ready.ShouldBe(["d"]);
    }

    [Fact]
    public void Advance_IndependentTasks_OffersAtMostMaxParallelByPriority()
    {
        var tasks = Enumerable.Range(0, 6).Select(i => NewTask($"t{i}") with { Priority = 10 - i }).ToArray();
        var run = new MachineHarness(Workflow(tasks) with { MaxParallel = 2 });
        run.Ready.ShouldBe(["t5", "t4"]);
        run.Complete("t4");
        run.Ready.ShouldBe(["t5", "t3"]);
    }

    [Fact]
    public void Advance_ParallelWith_PartnerGoesBeforeBetterPriorityButNeverBeforeItsDependencies()
    {
        var run = new MachineHarness(Workflow(
            NewTask("a") with { ParallelWith = ["late", "partner"] }, NewTask("b") with { Priority = 1 },
            NewTask("partner") with { Priority = 5 }, NewTask("late", "b")) with { MaxParallel = 2 });
        run.Ready.ShouldBe(["a", "partner"]);
    }

    [Fact]
    public void Advance_FailedDependency_SkipsDependantsButRunsIndependentBranches()
    {
        var run = new MachineHarness(Workflow(NewTask("a"), NewTask("b", "a"), NewTask("c", "b"), NewTask("other")));
        run.Fail("a");
        run.Task("b").Status.ShouldBe(TaskRunStatus.Skipped);
        run.Task("b").Reason.ShouldBe("dependency 'a' failed");
        run.Task("c").Reason.ShouldBe("dependency 'b' was skipped, because of a failure before it");
        run.State.Status.ShouldBe(ExecutionStatus.Running);
        run.Complete("other");
        run.State.Status.ShouldBe(ExecutionStatus.Failed);
        run.State.Error.ShouldBe("Task 'a' failed: it failed");
    }

    [Fact]
    public void Advance_ContinueOnError_GoesOnAsIfTheTaskHadSucceeded()
    {
        var run = new MachineHarness(Workflow(NewTask("a") with { ContinueOnError = true }, NewTask("b", "a")));
        run.Fail("a");
        run.Complete("b");
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Theory]
    [InlineData("always()", true)]
    [InlineData("failure()", true)]
    [InlineData("success()", false)]
    public void Advance_IfAfterAFailedDependency_RunsOnlyWhenItAsksForTheFailure(string condition, bool runs)
    {
        var run = new MachineHarness(Workflow(NewTask("a"), NewTask("b", "a") with { If = condition }));
        run.Fail("a");
        run.Task("b").Status.ShouldBe(runs ? TaskRunStatus.Ready : TaskRunStatus.Skipped);
    }

    [Fact]
    public void Advance_ConditionDoesNotHold_SkipsTheTaskAndRunsItsDependants()
    {
        var run = new MachineHarness(Workflow(NewTask("a") with { Condition = new Condition.Never() }, NewTask("b", "a")));
        run.Task("a").Status.ShouldBe(TaskRunStatus.Skipped);
        run.Ready.ShouldBe(["b"]);
        run.Complete("b");
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Advance_ConditionCannotBeEvaluated_FailsTheTask()
    {
        var run = new MachineHarness(Workflow(NewTask("a") with { If = "nonsense(" }));
        run.Task("a").Failure!.Kind.ShouldBe(FailureKinds.Input);
        run.State.Status.ShouldBe(ExecutionStatus.Failed);
    }

    [Fact]
    public void Advance_FailFast_CancelsTheRestAndWaitsForWhatRuns()
    {
        var run = new MachineHarness(Workflow(NewTask("a"), NewTask("b"), NewTask("c", "b")) with { FailFast = true });
        var b = run.Claim("b");
        run.Fail("a");
        run.Task("c").Status.ShouldBe(TaskRunStatus.Cancelled);
        run.State.IsTerminal.ShouldBeFalse();
        run.Report("b", b, TaskOutcome.Cancelled()).ShouldBeTrue();
        run.State.Status.ShouldBe(ExecutionStatus.Failed);
    }

    [Fact]
    public void Report_FailureWithRetry_RunsAgainAfterAGrowingDelay()
    {
        var run = new MachineHarness(Workflow(NewTask("a") with
        {
            OnError = new ErrorHandlingDefinition { Retry = 3, RetryDelaySecs = 10, ExponentialBackoff = true },
        }));
        foreach (var seconds in new[] { 10, 20, 40 })
        {
            run.Fail("a");
            run.State.Status.ShouldBe(ExecutionStatus.Waiting);
            ExecutionPlanner.NextTimer(run.State).ShouldBe(run.Now.AddSeconds(seconds));
            run.Tick(seconds - 0.001);
            run.Ready.ShouldBeEmpty();
            run.NextTimer();
            run.Ready.ShouldBe(["a"]);
        }

        run.Fail("a");
        run.State.Status.ShouldBe(ExecutionStatus.Failed);
        run.State.Retries.ShouldBe(3);
    }

    [Theory]
    [InlineData("75", FailureKinds.ExitCode, 75, true)]
    [InlineData("75", FailureKinds.ExitCode, 1, false)]
    [InlineData("timeout", FailureKinds.Timeout, null, true)]
    [InlineData("timeout", FailureKinds.Network, null, false)]
    public void Report_FailureWithRetryOn_RetriesOnlyTheNamedOnes(string on, string kind, int? exitCode, bool retries)
    {
        var run = new MachineHarness(Workflow(NewTask("a") with { Retry = new RetryDefinition { On = [on] } }));
        run.Fail("a", kind, exitCode);
        run.State.IsTerminal.ShouldBe(!retries);
    }

    [Fact]
    public void DelayBefore_NoDelayOrHugeFactors_IsAlwaysANumber()
    {
        var rule = new RetryRule(int.MaxValue, 0, 100, 60, 0.5, []);
        foreach (var attempt in new[] { 2, 156, 400, 1_025, int.MaxValue })
        {
            rule.DelayBefore(attempt, 0.5).ShouldBe(TimeSpan.Zero);
            (rule with { DelaySecs = 1 }).DelayBefore(attempt, 0).ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
            (rule with { DelaySecs = 1e300, MaxDelaySecs = 1e300 }).DelayBefore(attempt, 0).ShouldBeGreaterThan(TimeSpan.FromDays(3_000));
        }
    }

    [Fact]
    public void Report_AfterTheExecutionGaveTheAttemptUp_IsDropped()
    {
        var run = new MachineHarness(Workflow(NewTask("a") with { TimeoutSecs = 5, Retry = new RetryDefinition { MaxAttempts = 2, DelaySecs = 60 } }));
        var token = run.Claim("a");
        run.NextTimer();
        run.Task("a").Failure!.Kind.ShouldBe(FailureKinds.Timeout);
        run.Report("a", token, Done("late"), attempt: 1).ShouldBeFalse();
    }

    [Fact]
    public void TryStart_SameTokenAgain_HoldsTheLeaseOnce()
    {
        var run = new MachineHarness(Workflow(NewTask("a")));
        var token = run.Claim("a");
        var before = run.Journal.Count;
        run.Do(turn => ExecutionCommands.TryStart(turn, "a", 1, "w1", token)).ShouldBeTrue();
        run.Do(turn => ExecutionCommands.TryStart(turn, "a", 1, "w2", Guid.NewGuid())).ShouldBeFalse();
        run.Journal.Count.ShouldBe(before);
    }

    [Fact]
    public void Report_Twice_IsAcknowledgedTwiceAndRecordedOnce()
    {
        var run = new MachineHarness(Workflow(NewTask("a"), NewTask("b", "a")));
        var token = run.Claim("a");
        run.Report("a", token, Done("1")).ShouldBeTrue();
        run.Report("a", token, Done("2")).ShouldBeTrue();
        run.Task("a").Output!.Text.ShouldBe("1");
        run.Journal.OfType<TaskCompleted>().Count().ShouldBe(1);
    }

    [Fact]
    public void Report_AfterTheLeaseWasLost_IsDropped()
    {
        var run = new MachineHarness(Workflow(NewTask("a")));
        var old = run.Claim("a", "dying");
        run.Do(turn => Lose(turn));
        run.Task("a").Status.ShouldBe(TaskRunStatus.Ready);
        run.Report("a", old, Done("late")).ShouldBeFalse();
        var again = run.Claim("a", "w2");
        run.Task("a").Attempt.ShouldBe(1);
        run.Task("a").Delivery.ShouldBe(2);
        run.Report("a", old, Done("late")).ShouldBeFalse();
        run.Report("a", again, Done("good")).ShouldBeTrue();
        run.Task("a").Output!.Text.ShouldBe("good");
    }

    [Fact]
    public void Report_OfALostLeaseWhileTheHandlersOfTheCancelledTaskRun_IsDropped()
    {
        var run = MachineHarness.Of("tasks: {a: {RUN, finally: [{tidy: {RUN}}]}}");
        var old = run.Claim("a", "dying");
        run.Do(turn => Lose(turn));
        run.Cancel();
        run.Ready.ShouldBe(["a.finally.tidy"]);
        run.Report("a", old, Done("late")).ShouldBeFalse();
    }

    [Fact]
    public void ReturnLost_TooManyWorkers_FailsTheAttempt()
    {
        var run = new MachineHarness(Workflow(NewTask("a")));
        for (var i = 0; i < ExecutionCommands.MaxLostDeliveries; i++)
        {
            run.Claim("a", $"w{i}");
            run.Do(turn => Lose(turn));
        }

        run.Task("a").Failure!.Kind.ShouldBe(FailureKinds.WorkerLost);
        run.State.Status.ShouldBe(ExecutionStatus.Failed);
    }

    [Fact]
    public void Report_HandedBack_GoesOutAgainAndCountsAsNoFailure()
    {
        var run = new MachineHarness(Workflow(NewTask("a")));
        for (var i = 0; i < 10; i++)
        {
            run.Report("a", run.Claim("a"), TaskOutcome.Returned()).ShouldBeTrue();
            run.Ready.ShouldBe(["a"]);
        }

        run.Complete("a");
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Cancel_RunningAndPendingTasks_EndsWhenTheWorkerConfirms()
    {
        var run = new MachineHarness(Workflow(NewTask("a"), NewTask("b", "a")));
        var a = run.Claim("a");
        run.Do(turn => ExecutionCommands.Cancel(turn, "anna", "enough")).ShouldBeTrue();
        run.Do(turn => ExecutionCommands.Cancel(turn, "bob", null)).ShouldBeFalse();
        run.Task("b").Status.ShouldBe(TaskRunStatus.Cancelled);
        run.State.IsTerminal.ShouldBeFalse();
        run.Report("a", a, TaskOutcome.Cancelled()).ShouldBeTrue();
        run.State.Status.ShouldBe(ExecutionStatus.Cancelled);
        run.State.Error.ShouldBe("enough");
    }

    [Fact]
    public void Cancel_WorkerDoesNotConfirm_EndsAfterTheGracePeriod()
    {
        var run = new MachineHarness(Workflow(NewTask("a")));
        var a = run.Claim("a");
        run.Do(turn => ExecutionCommands.Cancel(turn, null, null));
        run.Now.Add(ExecutionPlanner.StopGrace).ShouldBe(ExecutionPlanner.NextTimer(run.State)!.Value);
        run.NextTimer();
        run.State.Status.ShouldBe(ExecutionStatus.Cancelled);
        run.Report("a", a, Done()).ShouldBeFalse();
    }

    [Fact]
    public void NextTimer_TimeLimitOfTheWorkflow_EndsTheExecutionTimedOut()
    {
        var run = new MachineHarness(Workflow(NewTask("a")) with { TimeoutSecs = 60 });
        run.NextTimer();
        run.Now.ShouldBe(Start.AddSeconds(60));
        run.State.Status.ShouldBe(ExecutionStatus.TimedOut);
        run.Task("a").Status.ShouldBe(TaskRunStatus.Cancelled);
    }

    [Fact]
    public void NextTimer_WorkerKeepsAnAttemptPastItsLimit_FailsItAfterTheGracePeriod()
    {
        var run = new MachineHarness(Workflow(NewTask("a") with { TimeoutSecs = 5 }));
        run.Claim("a");
        run.NextTimer();
        run.Now.ShouldBe(Start.AddSeconds(5) + ExecutionPlanner.TimeoutGrace);
        run.Task("a").Failure!.Kind.ShouldBe(FailureKinds.Timeout);
    }

    [Fact]
    public void Pause_RunningTaskFinishes_NothingNewStartsUntilResumed()
    {
        var run = new MachineHarness(Workflow(NewTask("a"), NewTask("b", "a")));
        var a = run.Claim("a");
        run.Do(turn => ExecutionCommands.Pause(turn, null)).ShouldBeTrue();
        run.State.Status.ShouldBe(ExecutionStatus.Running);
        run.Report("a", a, Done());
        run.State.Status.ShouldBe(ExecutionStatus.Paused);
        run.Ready.ShouldBeEmpty();
        run.Do(turn => ExecutionCommands.Resume(turn, null)).ShouldBeTrue();
        run.Complete("b");
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Apply_AfterTheEnd_ChangesNothing()
    {
        var run = new MachineHarness(Workflow(NewTask("a")));
        run.Complete("a");
        var after = ExecutionMachine.Apply(run.State, new CancelRequested { At = run.Now });
        after.ShouldBeSameAs(run.State);
    }

    private static bool Lose(ExecutionTurn turn)
    {
        ExecutionCommands.ReturnLost(turn, _ => true, 0.5);
        return true;
    }
}
