using CsCheck;
using Periplon.Core.Reuse;

namespace Periplon.Core.Tests.Reuse;

public sealed class VersionConstraintTests
{
    private static readonly string[] Versions =
    [
        "0.0.3", "0.0.4", "0.1.0", "0.2.0", "0.2.9", "1.0.0", "1.2.0", "1.2.3-rc.1", "1.2.3", "1.2.9", "1.3.0",
        "2.0.0-beta", "2.0.0", "2.1.5",
    ];

    [Theory]
    [InlineData("1.2.3", "1.2.3 1.2.9 1.3.0")]
    [InlineData("^1.2.3", "1.2.3 1.2.9 1.3.0")]
    [InlineData("^1.2", "1.2.0 1.2.3 1.2.9 1.3.0")]
    [InlineData("1", "1.0.0 1.2.0 1.2.3 1.2.9 1.3.0")]
    [InlineData("^0.2.0", "0.2.0 0.2.9")]
    [InlineData("^0.0.3", "0.0.3")]
    [InlineData("^0.0", "0.0.3 0.0.4")]
    [InlineData("^0", "0.0.3 0.0.4 0.1.0 0.2.0 0.2.9")]
    [InlineData("~1.2.3", "1.2.3 1.2.9")]
    [InlineData("~1.2", "1.2.0 1.2.3 1.2.9")]
    [InlineData("~1", "1.0.0 1.2.0 1.2.3 1.2.9 1.3.0")]
    [InlineData("=1.2.3", "1.2.3")]
    [InlineData("=1.2", "1.2.0 1.2.3 1.2.9")]
    [InlineData(">1.2", "1.3.0 2.0.0 2.1.5")]
    [InlineData(">1.2.3", "1.2.9 1.3.0 2.0.0 2.1.5")]
    [InlineData(">1", "2.0.0 2.1.5")]
    [InlineData(">= 1.3", "1.3.0 2.0.0 2.1.5")]
    [InlineData("<0.1", "0.0.3 0.0.4")]
    [InlineData("<=0.1", "0.0.3 0.0.4 0.1.0")]
    [InlineData("<=0.2.0", "0.0.3 0.0.4 0.1.0 0.2.0")]
    [InlineData(">=1.2, <2", "1.2.0 1.2.3 1.2.9 1.3.0")]
    [InlineData(">=1.2.0 , <1.3.0", "1.2.0 1.2.3 1.2.9")]
    [InlineData("1.*", "1.0.0 1.2.0 1.2.3 1.2.9 1.3.0")]
    [InlineData("1.2.x", "1.2.0 1.2.3 1.2.9")]
    [InlineData("*", "0.0.3 0.0.4 0.1.0 0.2.0 0.2.9 1.0.0 1.2.0 1.2.3 1.2.9 1.3.0 2.0.0 2.1.5")]
    [InlineData("latest", "0.0.3 0.0.4 0.1.0 0.2.0 0.2.9 1.0.0 1.2.0 1.2.3 1.2.9 1.3.0 2.0.0 2.1.5")]
    [InlineData("^1.2.3-beta", "1.2.3-rc.1 1.2.3 1.2.9 1.3.0")]
    [InlineData("=2.0.0-beta", "2.0.0-beta")]
    [InlineData(">=2.0.0-alpha, <2.1", "2.0.0-beta 2.0.0")]
    [InlineData(">2.0.0-beta", "2.0.0 2.1.5")]
    [InlineData("1.2.3+build", "1.2.3 1.2.9 1.3.0")]
    public void Allows_EachForm_AllowsTheseVersions(string text, string allowed)
    {
        var constraint = Parse(text);

        Versions.Where(version => constraint.Allows(SemanticVersion.Parse(version))).ShouldBe(allowed.Split(' '));
    }

    [Theory]
    [InlineData("")]
    [InlineData("newest")]
    [InlineData("1.2.3.4")]
    [InlineData("^^1.2.3")]
    [InlineData("1.2-rc")]
    [InlineData("*.2")]
    [InlineData(">*")]
    [InlineData("1.2,")]
    [InlineData("1.2 || 2")]
    public void TryParse_SomethingElse_SaysWhatIsAllowed(string text)
    {
        VersionConstraint.TryParse(text, out _, out var problem).ShouldBeFalse();

        problem.ShouldContain("allowed are 1.2.3, ^1.2.3");
    }

    [Fact]
    public void TryParseReference_FullVersion_IsThatVersion()
    {
        VersionConstraint.TryParseReference("1.2.3", out var exact, out _).ShouldBeTrue();
        VersionConstraint.TryParseReference("1.2", out var compatible, out _).ShouldBeTrue();

        exact!.Allows(SemanticVersion.Parse("1.2.9")).ShouldBeFalse();
        compatible!.Allows(SemanticVersion.Parse("1.2.9")).ShouldBeTrue();
    }

    // What the operators mean, said once more in the words of the ranges they stand for.
    [Fact]
    public void Allows_AnyVersion_IsTheRangeThatTheOperatorStandsFor() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 4]).Sample((i, j, k, a, b, c) =>
        {
            var found = SemanticVersion.Parse($"{a}.{b}.{c}");
            var caret = (i, j) switch { ( > 0, _) => $"{i + 1}.0.0", (0, > 0) => $"0.{j + 1}.0", _ => $"0.0.{k + 1}" };
            Parse($"^{i}.{j}.{k}").Allows(found).ShouldBe(Parse($">={i}.{j}.{k}, <{caret}").Allows(found));
            Parse($"~{i}.{j}.{k}").Allows(found).ShouldBe(Parse($">={i}.{j}.{k}, <{i}.{j + 1}.0").Allows(found));
            Parse($"{i}.{j}.*").Allows(found).ShouldBe(Parse($">={i}.{j}.0, <{i}.{j + 1}.0").Allows(found));
            Parse($"<={i}.{j}.{k}").Allows(found).ShouldBe((a, b, c).CompareTo((i, j, k)) <= 0);
            Parse($">{i}.{j}.{k}").Allows(found).ShouldBe((a, b, c).CompareTo((i, j, k)) > 0);
        });

    private static VersionConstraint Parse(string text) =>
        VersionConstraint.TryParse(text, out var constraint, out var problem)
            ? constraint
            : throw new FormatException($"'{text}' {problem}");
}
