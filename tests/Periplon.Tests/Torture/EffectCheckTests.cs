using Periplon.Torture.Checks;
using Periplon.Torture.Cluster;

namespace Periplon.Tests.Torture;

public sealed class EffectCheckTests
{
    private readonly Stored _stored = new();

    [Fact]
    public void Run_AttemptThatRanAgainBecauseItsFirstRunWasLost_IsFine()
    {
        var execution = _stored.Add();
        Stored.HandedOut(execution, 1);
        _stored.Ran(execution, 1, null);
        Stored.HandedOut(execution, 5, delivery: 2);
        _stored.Ran(execution, 5, 6, life: "s2.1");
        Stored.Completed(execution, 6.5);

        Run().ShouldBe(0);
        _stored.Found.ShouldBeEmpty();
    }

    [Fact]
    public void Run_StartAfterTheOutcomeWasRecorded_IsFound()
    {
        var execution = _stored.Add();
        Stored.HandedOut(execution, 1);
        Stored.HandedOut(execution, 2, delivery: 2);
        _stored.Ran(execution, 2, 3);
        Stored.Completed(execution, 4);
        _stored.Ran(execution, 5, 6, life: "s2.1");

        Run();
        _stored.Found.ShouldBe(["ran-again"]);
    }

    [Theory]
    [InlineData(4.5, 1)]
    [InlineData(30, 0)]
    public void Run_StartOfAProcessThatStoodStill_IsAZombiesOnlySoonAfterItWoke(double startsAt, int zombies)
    {
        var execution = _stored.Add();
        Stored.HandedOut(execution, 1);
        Stored.HandedOut(execution, 2, delivery: 2);
        _stored.Ran(execution, 2, 3);
        Stored.Completed(execution, 3.5);
        _stored.Ran(execution, startsAt, startsAt + 1, life: "s2.1");

        Run(new Life("s2.1", Stored.At(0)) { ThawedAt = Stored.At(4) }).ShouldBe(zombies);
        _stored.Found.ShouldBe(zombies == 1 ? [] : ["ran-again"]);
    }

    [Fact]
    public void Run_MoreRunsThanHandOuts_IsFound()
    {
        var execution = _stored.Add();
        Stored.HandedOut(execution, 1);
        _stored.Ran(execution, 1, 2);
        _stored.Ran(execution, 1.5, 2);
        Stored.Completed(execution, 3);

        Run();
        _stored.Found.ShouldBe(["more-runs"]);
    }

    [Fact]
    public void Run_RecordedWithoutARunThatHadEnded_IsFound()
    {
        var execution = _stored.Add();
        Stored.HandedOut(execution, 1);
        _stored.Ran(execution, 1, 9);
        Stored.Completed(execution, 3);

        Run();
        _stored.Found.ShouldBe(["not-done"]);
    }

    [Fact]
    public void Run_RunOfAnExecutionThatIsNotStored_IsFound()
    {
        var execution = _stored.Add();
        _stored.Ran(execution, 1, 2);
        _stored.All.Clear();

        Run();
        _stored.Found.ShouldBe(["stranger"]);
    }

    private int Run(params Life[] lives) => EffectCheck.Run(_stored.All, _stored.Runs, lives, _stored.Violations);
}
