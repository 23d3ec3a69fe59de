using Periplon.Engine.Doctor;

namespace Periplon.Engine.Tests.Doctor;

public sealed class HostCheckTests
{
    private const long Gigabyte = 1024L * 1024 * 1024;

    [Fact]
    public void Skew_BeyondTwoSeconds_IsFoundAndGrowsToAnError()
    {
        HostCheck.Skew(TimeSpan.FromSeconds(1.9)).ShouldBeNull();
        HostCheck.Skew(TimeSpan.FromSeconds(-3)).ShouldNotBeNull().Found.ShouldContain("3.0 s behind");
        HostCheck.Skew(TimeSpan.FromSeconds(40)).ShouldNotBeNull().Severity.ShouldBe(FindingSeverity.Error);
    }

    [Fact]
    public void Space_LittleIsFree_IsFound()
    {
        HostCheck.SpaceOf("/data", 60 * Gigabyte, 1000 * Gigabyte).ShouldBeNull();
        HostCheck.SpaceOf("/data", 40 * Gigabyte, 1000 * Gigabyte).ShouldNotBeNull().Severity.ShouldBe(FindingSeverity.Warning);
        HostCheck.SpaceOf("/data", Gigabyte / 2, Gigabyte).ShouldNotBeNull().Severity.ShouldBe(FindingSeverity.Warning);
        HostCheck.SpaceOf("/data", Gigabyte / 20, Gigabyte).ShouldNotBeNull().Severity.ShouldBe(FindingSeverity.Error);
    }
}
