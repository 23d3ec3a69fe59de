using Periplon.Engine.Tasks;

namespace Periplon.Engine.Tests.Tasks;

public sealed class BoundedPatternTests
{
    [Theory]
    [InlineData("^a.c$", "abc", true)]
    [InlineData("^a.c$", "xabc", false)]
    [InlineData("(abc", "x(abc", true)]
    [InlineData("(abc", "xabc", false)]
    [InlineData(@"(?<!x)a\b", "xa a", true)]
    [InlineData(@"(a)\1", "aa", true)]
    [InlineData("", "anything", true)]
    public void IsMatch_SearchesByExpressionOrElseByText(string pattern, string text, bool expected) =>
        new BoundedPattern(pattern).IsMatch(text).ShouldBe(expected);

    [Fact]
    public void IsMatch_ExpressionThatBlowsUp_TakesTimeInProportion() =>
        new BoundedPattern("(a+)+$").IsMatch(new string('a', 100_000) + "!").ShouldBe(false);

    [Fact]
    public void IsMatch_ExpressionThatNeedsBacktracking_GivesUpAtItsLimit() =>
        new BoundedPattern(@"^(a+)+\1(?!b)$", TimeSpan.FromMilliseconds(50)).IsMatch(new string('a', 50) + "!").ShouldBeNull();

    [Theory]
    [InlineData("(", ")")]
    [InlineData("(?:", ")*")]
    [InlineData("(?=", ")")]
    public void IsMatch_ExpressionOfManyLevels_EndsWithoutHarm(string open, string close)
    {
        var pattern = string.Concat(Enumerable.Repeat(open, 20_000)) + "a" + string.Concat(Enumerable.Repeat(close, 20_000));

        Should.NotThrow(() => new BoundedPattern(pattern).IsMatch("b"));
    }
}
