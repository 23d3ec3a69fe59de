using Periplon.Torture.Checks;
using Periplon.Torture.Load;

namespace Periplon.Tests.Torture;

public sealed class LimitCheckTests
{
    private static readonly LoadLimit OfTasks = new("places", 1);
    private static readonly LoadLimit OfExecutions = new("places", 1, OfExecutions: true);

    private readonly Stored _stored = new();

    [Fact]
    public void Run_OneAfterTheOther_IsFine()
    {
        Ran(OfTasks, 1, 2, settledAt: 2.5);
        Ran(OfTasks, 3, 4, settledAt: 4.5);
        Run().ShouldBeEmpty();
    }

    [Fact]
    public void Run_TwoAtOnce_IsFound()
    {
        Ran(OfTasks, 1, 3, settledAt: 3.5);
        Ran(OfTasks, 2, 4, settledAt: 4.5);
        Run().ShouldBe(["limit"]);
    }

    [Fact]
    public void Run_RunWithoutAnEnd_HoldsItsPlaceUntilItsTaskIsSettled()
    {
        Ran(OfTasks, 1, null, settledAt: 5);
        Ran(OfTasks, 4, 4.5, settledAt: 4.6);
        Run().ShouldBe(["limit"]);
    }

    [Fact]
    public void Run_ZombieAfterItsTaskWasSettled_HoldsNoPlace()
    {
        Ran(OfTasks, 1, 20, settledAt: 5);
        Ran(OfTasks, 6, 7, settledAt: 8);
        Run().ShouldBeEmpty();
    }

    [Fact]
    public void Run_TwoRunsOfOneHolder_CountOnce()
    {
        var execution = Ran(OfTasks, 1, 4, settledAt: 5);
        _stored.Ran(execution, 2, 3, life: "s2.1");
        Run().ShouldBeEmpty();
    }

    [Fact]
    public void Run_TasksOfExecutionsThatHoldThePlace_CountByExecution()
    {
        var first = _stored.Add(limit: OfExecutions, endsAt: 5);
        _stored.Ran(first, 1, 3, task: "do1");
        _stored.Ran(first, 2, 4, task: "do2");
        var second = _stored.Add(limit: OfExecutions, endsAt: 9);
        _stored.Ran(second, 6, 7);
        Run().ShouldBeEmpty();

        _stored.Ran(second, 3.5, 4.5, task: "do1");
        Run().ShouldBe(["limit"]);
    }

    private StoredExecution Ran(LoadLimit limit, double from, double? to, double settledAt)
    {
        var execution = _stored.Add(limit: limit);
        Stored.Completed(execution, settledAt);
        _stored.Ran(execution, from, to);
        return execution;
    }

    private List<string> Run()
    {
        LimitCheck.Run(_stored.All, _stored.Runs, _stored.Started, _stored.Violations);
        return [.. _stored.Found];
    }
}
