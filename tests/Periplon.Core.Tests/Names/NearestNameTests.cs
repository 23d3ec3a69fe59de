using Periplon.Core.Names;

namespace Periplon.Core.Tests.Names;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("scrpt", "script")]
    [InlineData("dependsOn", "depends_on")]
    [InlineData("depend-on", "depends_on")]
    [InlineData("SCRIPT", "script")]
    [InlineData("locale", null)]
    [InlineData("", null)]
    [InlineData("retyr", "retry")]
    public void Find_NamesWhatWasProbablyMeant(string written, string? meant) =>
        NearestName.Find(written, ["script", "depends_on", "loop", "retry"]).ShouldBe(meant);

    [Fact]
    public void Find_VeryLongName_IsNotCompared() =>
        NearestName.Find(new string('a', 100_000), [new string('a', 99_999)]).ShouldBeNull();

    [Fact]
    public void Suggest_NothingNear_IsEmpty() => NearestName.Suggest("banana", ["script"]).ShouldBe("");
}
