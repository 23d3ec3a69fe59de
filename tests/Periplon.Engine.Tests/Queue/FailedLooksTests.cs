using Periplon.Engine.Queue;

namespace Periplon.Engine.Tests.Queue;

public sealed class FailedLooksTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly FailedLooks _looks = new();

    [Fact]
    public void Add_TheSameAgainAndAgain_PausesDoubleUpToTheLongest()
    {
        var id = Guid.NewGuid();
        var pauses = Enumerable.Range(0, 9).Select(_ => (_looks.Add(id, Now) - Now).TotalSeconds);
        pauses.ShouldBe([0.5, 1, 2, 4, 8, 16, 32, 60, 60]);
    }

    [Fact]
    public void Due_OneWhosePauseIsOver_IsThatOne()
    {
        var (early, late) = (Guid.NewGuid(), Guid.NewGuid());
        var at = _looks.Add(early, Now);
        _looks.Add(late, Now.AddSeconds(1));
        _looks.Due(at.AddTicks(-1)).ShouldBeEmpty();
        _looks.Due(at).ShouldBe([early]);
        _looks.NextAt.ShouldBe(at);
    }

    [Fact]
    public void Remove_OneThatHasAnswered_IsTriedNoMoreAndBeginsAnew()
    {
        var id = Guid.NewGuid();
        _looks.Add(id, Now);
        _looks.Add(id, Now);
        _looks.Remove(id);
        _looks.NextAt.ShouldBeNull();
        _looks.Due(DateTimeOffset.MaxValue).ShouldBeEmpty();
        _looks.Add(id, Now).ShouldBe(Now + FailedLooks.FirstPause);
    }
}
