using Microsoft.Extensions.Time.Testing;
using Periplon.Client.Executions;

namespace Periplon.Client.Tests;

public sealed class ExecutionIdsTests
{
    [Fact]
    public void New_CarriesTheTimeInItsFirstBits()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        var earlier = ExecutionIds.New(time);
        time.Advance(TimeSpan.FromMilliseconds(1));
        var later = ExecutionIds.New(time);
        earlier.Version.ShouldBe(7);
        string.CompareOrdinal(earlier.ToString("D")[..13], later.ToString("D")[..13]).ShouldBeLessThan(0);
    }

    [Fact]
    public void FromKey_SameKeyAndScope_GivesTheSameId()
    {
        var id = ExecutionIds.FromKey("default", "POST /executions", "order-17");
        ExecutionIds.FromKey("default", "POST /executions", "order-17").ShouldBe(id);
        id.Version.ShouldBe(8);
        id.ToString("D").ShouldStartWith("00000000-0000-8");
    }

    [Theory]
    [InlineData("default", "POST /executions", "order-18")]
    [InlineData("default", "POST /workflows", "order-17")]
    [InlineData("other", "POST /executions", "order-17")]
    [InlineData("defaultPOST ", "/executions", "order-17")]
    public void FromKey_AnythingElse_GivesAnotherId(string organization, string scope, string key) =>
        ExecutionIds.FromKey(organization, scope, key).ShouldNotBe(ExecutionIds.FromKey("default", "POST /executions", "order-17"));

    [Fact]
    public void FromKey_KeyIsUuid7_KeepsItsTime()
    {
        var key = Guid.CreateVersion7(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        var id = ExecutionIds.FromKey("default", "POST /executions", key.ToString("D"));
        id.ToString("D")[..13].ShouldBe(key.ToString("D")[..13]);
        id.Version.ShouldBe(8);
        ExecutionIds.FromKey("default", "POST /executions", key.ToString("D")).ShouldBe(id);
    }

    [Fact]
    public void ForTick_SameTick_GivesTheSameIdWithTheGivenTime()
    {
        var schedule = Guid.Parse("01990000-0000-7000-8000-000000000003");
        var tick = new DateTimeOffset(2026, 11, 23, 3, 0, 0, TimeSpan.Zero);
        var id = ExecutionIds.ForTick(schedule, tick, tick);
        ExecutionIds.ForTick(schedule, tick.ToOffset(TimeSpan.FromHours(2)), tick).ShouldBe(id);
        id.ToString("D")[..13].ShouldBe(Guid.CreateVersion7(tick).ToString("D")[..13]);
        id.Version.ShouldBe(8);
        ExecutionIds.ForTick(schedule, tick.AddSeconds(1), tick).ShouldNotBe(id);
        ExecutionIds.ForTick(Guid.NewGuid(), tick, tick).ShouldNotBe(id);
        ExecutionIds.ForTick(schedule, tick, DateTimeOffset.MinValue).ToString("D").ShouldStartWith("00000000-0000-8");
    }

    [Fact]
    public void FromKey_TimeOfTheCaller_IsTheTimeOfTheId()
    {
        var at = new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
        var id = ExecutionIds.FromKey("default", "bulk:1", "2", at);
        id.ToString("D")[..13].ShouldBe(Guid.CreateVersion7(at).ToString("D")[..13]);
        id.Version.ShouldBe(8);
        ExecutionIds.FromKey("default", "bulk:1", "2", at).ShouldBe(id);
        ExecutionIds.FromKey("default", "bulk:1", "3", at).ShouldNotBe(id);
    }
}
