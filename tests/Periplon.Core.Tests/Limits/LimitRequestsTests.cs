using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Core.Tests.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Core.Tests.Limits;

public sealed class LimitRequestsTests
{
    private static readonly TaskDefinition Limited = MachineHarness.NewTask("a") with
    {
        Concurrency = new ConcurrencyDefinition("db", 2), RateLimit = new RateLimitDefinition("api", 5, 10),
    };

    [Fact]
    public void Of_TaskThroughBothLimits_AsksReservesAndReleasesAtItsEnd()
    {
        var machine = new MachineHarness(MachineHarness.Workflow(Limited));
        var ask = LimitRequests.Pending(machine.State).ShouldHaveSingleItem();
        (ask.Kind, ask.Key, ask.Limit, ask.Holder.Task).ShouldBe((LimitRequestKind.Ask, "default/db", 2, "a"));

        machine.Now = machine.Now.AddSeconds(5);
        var reserve = Step(machine, turn => ExecutionCommands.Grant(turn, "a", LimitKinds.Concurrency, null)).ShouldHaveSingleItem();
        (reserve.Kind, reserve.Key, reserve.Limit, reserve.PeriodSecs).ShouldBe((LimitRequestKind.Reserve, "default/api", 5, 10.0));
        LimitRequests.Holds(machine.State, "a", ask.Holder.AskedAt).ShouldBeTrue();

        Step(machine, turn => ExecutionCommands.Grant(turn, "a", LimitKinds.Rate, machine.Now.AddSeconds(3))).ShouldBeEmpty();
        LimitRequests.Pending(machine.State).ShouldBeEmpty("its start is reserved");
        machine.Tick(3);
        var token = machine.Claim("a");
        var release = Step(machine, turn => ExecutionCommands.Report(turn, "a", 1, token, MachineHarness.Done(), 0)).ShouldHaveSingleItem();
        (release.Kind, release.Key, release.Holder).ShouldBe((LimitRequestKind.Release, ask.Key, ask.Holder));
        LimitRequests.Holds(machine.State, "a", ask.Holder.AskedAt).ShouldBeFalse();
    }

    [Fact]
    public void Of_TaskCancelledWhileItWaits_LeavesTheQueue()
    {
        var machine = new MachineHarness(MachineHarness.Workflow(Limited, MachineHarness.NewTask("b")));
        Step(machine, turn => ExecutionCommands.StopTask(turn, "a", "enough")).ShouldHaveSingleItem().Kind.ShouldBe(LimitRequestKind.Release);
        machine.State.IsTerminal.ShouldBeFalse();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_TaskCancelledBeforeItsStart_GivesTheStartBack(bool isKnown)
    {
        var limited = MachineHarness.NewTask("a") with { RateLimit = new RateLimitDefinition("api", 5, 10) };
        var machine = new MachineHarness(MachineHarness.Workflow(limited, MachineHarness.NewTask("b")));
        var reserve = LimitRequests.Pending(machine.State).ShouldHaveSingleItem();
        if (isKnown)
        {
            Step(machine, turn => ExecutionCommands.Grant(turn, "a", LimitKinds.Rate, machine.Now.AddSeconds(3))).ShouldBeEmpty();
        }

        var back = Step(machine, turn => ExecutionCommands.StopTask(turn, "a", "enough")).ShouldHaveSingleItem();
        (back.Kind, back.Key, back.Holder).ShouldBe((LimitRequestKind.Return, reserve.Key, reserve.Holder));
        machine.State.IsTerminal.ShouldBeFalse();
    }

    [Fact]
    public void Of_ExecutionCancelledBeforeAStart_GivesTheStartBack()
    {
        var limited = MachineHarness.NewTask("a") with { RateLimit = new RateLimitDefinition("api", 5, 10) };
        var machine = new MachineHarness(MachineHarness.Workflow(limited));
        Step(machine, turn => ExecutionCommands.Cancel(turn, null, null)).Select(request => request.Kind).ShouldBe([LimitRequestKind.Return]);
        machine.State.IsTerminal.ShouldBeTrue();
    }

    [Fact]
    public void Of_StartThatIsUsed_IsNotGivenBack()
    {
        var limited = MachineHarness.NewTask("a") with { RateLimit = new RateLimitDefinition("api", 5, 10) };
        var machine = new MachineHarness(MachineHarness.Workflow(limited));
        Step(machine, turn => ExecutionCommands.Grant(turn, "a", LimitKinds.Rate, null)).ShouldBeEmpty();
        Step(machine, turn => ExecutionCommands.Cancel(turn, null, null)).ShouldBeEmpty();
    }

    [Fact]
    public void Of_FurtherAttempt_AsksForAStartOfItsOwnAndKeepsItsPlace()
    {
        var retried = Limited with { Retry = new RetryDefinition { MaxAttempts = 3, DelaySecs = 1, Jitter = 0 } };
        var machine = new MachineHarness(MachineHarness.Workflow(retried));
        Step(machine, turn => ExecutionCommands.Grant(turn, "a", LimitKinds.Concurrency, null));
        Step(machine, turn => ExecutionCommands.Grant(turn, "a", LimitKinds.Rate, null));
        var token = machine.Claim("a");
        Step(machine, turn => ExecutionCommands.Report(turn, "a", 1, token, TaskOutcome.Failed("exit_code", "it failed"), 0)).ShouldBeEmpty();

        machine.Tick(60);
        machine.Ready.ShouldBeEmpty("its start is not granted yet");
        var reserve = LimitRequests.Pending(machine.State).ShouldHaveSingleItem();
        (reserve.Kind, reserve.Holder.AskedAt).ShouldBe((LimitRequestKind.Reserve, machine.Now));
        Step(machine, turn => ExecutionCommands.Grant(turn, "a", LimitKinds.Rate, null)).ShouldBeEmpty("it holds its place already");
        machine.Ready.ShouldBe(["a"]);
        machine.State.Find("a")!.Attempt.ShouldBe(2);

        token = machine.Claim("a");
        Step(machine, turn => ExecutionCommands.Report(turn, "a", 2, token, MachineHarness.Done(), 0))
            .Select(request => request.Kind).ShouldBe([LimitRequestKind.Release]);
    }

    [Fact]
    public void Of_WorkflowWithALimit_StaysQueuedUntilGrantedAndReleasesAtItsEnd()
    {
        var machine = new MachineHarness(MachineHarness.Workflow(MachineHarness.NewTask("a")) with { Concurrency = new ConcurrencyDefinition("k") });
        machine.State.Status.ShouldBe(ExecutionStatus.Queued);
        var ask = LimitRequests.Pending(machine.State).ShouldHaveSingleItem();
        ask.Holder.Task.ShouldBeEmpty();

        Step(machine, turn => ExecutionCommands.Grant(turn, "", LimitKinds.Concurrency, null)).ShouldBeEmpty();
        machine.Ready.ShouldBe(["a"]);
        var release = Step(machine, turn => ExecutionCommands.Cancel(turn, null, null)).ShouldHaveSingleItem();
        (release.Kind, release.Holder).ShouldBe((LimitRequestKind.Release, ask.Holder));
        machine.State.IsTerminal.ShouldBeTrue();
    }

    [Theory]
    [InlineData("db", "default/db")]
    [InlineData("ключ", "default/ключ")]
    [InlineData("a\0b", "default/sha256:")]
    public void KeyOf_AnyName_CanBeStored(string name, string expected) => LimitKeys.Of("default", name).ShouldStartWith(expected);

    [Fact]
    public void KeyOf_LongNames_StayApartAndShort()
    {
        var keys = new[] { new string('x', 5_000), new string('x', 5_001) }.Select(name => LimitKeys.Of("default", name)).ToList();
        keys.ShouldBeUnique();
        keys.ShouldAllBe(key => key.Length <= 200);
    }

    private static List<LimitRequest> Step(MachineHarness machine, Func<ExecutionTurn, bool> command)
    {
        var (before, count) = (machine.State, machine.Journal.Count);
        machine.Do(command).ShouldBeTrue();
        return [.. LimitRequests.Of(before, machine.State, [.. machine.Journal.Skip(count)])];
    }
}
