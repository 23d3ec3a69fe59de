using Periplon.Engine.Retention;

namespace Periplon.Engine.Tests.Retention;

public sealed class PurgePaceTests
{
    private static readonly TimeSpan Target = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void After_QuickTransactions_TakesMoreUpToTheLargest()
    {
        var pace = new PurgePace(500, Target);
        pace.Size.ShouldBe(100);
        for (var i = 0; i < 5; i++)
        {
            pace.After(TimeSpan.FromMilliseconds(10)).ShouldBe(TimeSpan.FromMilliseconds(10), "half of the time is the database's own");
        }

        pace.Size.ShouldBe(500);
    }

    [Fact]
    public void After_SlowTransactions_TakesLessAndRestsLonger()
    {
        var pace = new PurgePace(500, Target);
        pace.After(TimeSpan.FromMilliseconds(400)).ShouldBe(TimeSpan.FromMilliseconds(1200));
        pace.Size.ShouldBe(50);
        for (var i = 0; i < 20; i++)
        {
            pace.After(TimeSpan.FromSeconds(10)).ShouldBe(TimeSpan.FromSeconds(5));
        }

        pace.Size.ShouldBe(1);
    }

    [Fact]
    public void Size_SmallerLargest_IsNeverExceeded() => new PurgePace(7, Target).Size.ShouldBe(7);
}
