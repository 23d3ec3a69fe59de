using CsCheck;
using Periplon.Core.Reuse;

namespace Periplon.Core.Tests.Reuse;

public sealed class SemanticVersionTests
{
    private static readonly string[] Words = ["a", "b", "rc", "x-1"];

    private static readonly Gen<string> Part =
        Gen.OneOf(Gen.Int[0, 12].Select(number => $"{number}"), Gen.Int[0, 3].Select(index => Words[index]));

    private static readonly Gen<SemanticVersion> AnyVersion = Gen.Select(
        Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 2], Part.List[0, 3],
        (major, minor, patch, parts) => SemanticVersion.Parse(
            $"{major}.{minor}.{patch}" + (parts.Count == 0 ? "" : "-" + string.Join('.', parts))));

    [Theory]
    [InlineData("1.2.3")]
    [InlineData("0.0.0")]
    [InlineData("1.2.3-rc.1")]
    [InlineData("1.2.3-x-y.0a+build.007")]
    public void TryParse_Version_IsWrittenAsItWasRead(string text) => SemanticVersion.Parse(text).ToString().ShouldBe(text);

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.2")]
    [InlineData("1.2.3.4")]
    [InlineData("01.2.3")]
    [InlineData("1.2.3-")]
    [InlineData("1.2.3-01")]
    [InlineData("1.2.3+")]
    [InlineData("v1.2.3")]
    [InlineData("1.2.3 ")]
    [InlineData("1.2.-3")]
    [InlineData("99999999999999999999.0.0")]
    public void TryParse_SomethingElse_IsRefused(string text) => SemanticVersion.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void CompareTo_VersionsOfTheSpecification_StandInItsOrder()
    {
        string[] ordered =
        [
            "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0",
            "1.0.1", "1.1.0", "1.10.0", "2.0.0",
        ];

        ordered.Reverse().Select(SemanticVersion.Parse).Order().Select(version => version.ToString()).ShouldBe(ordered);
    }

    [Fact]
    public void CompareTo_AnyThree_IsAnOrder() => Gen.Select(AnyVersion, AnyVersion, AnyVersion).Sample((a, b, c) =>
    {
        Math.Sign(a.CompareTo(b)).ShouldBe(-Math.Sign(b.CompareTo(a)));
        (a.CompareTo(b) == 0).ShouldBe(a.ToString() == b.ToString());
        if (a <= b && b <= c)
        {
            (a <= c).ShouldBeTrue();
        }
    });

    [Fact]
    public void Exactly_AnyVersion_AllowsItAndNoOther() => Gen.Select(AnyVersion, AnyVersion).Sample((a, b) =>
        VersionConstraint.Exactly(a).Allows(b).ShouldBe(a == b));
}
