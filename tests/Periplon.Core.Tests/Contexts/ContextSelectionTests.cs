using System.Text;
using CsCheck;
using Periplon.Core.Contexts;
using Periplon.Core.Workflows;

namespace Periplon.Core.Tests.Contexts;

public sealed class ContextSelectionTests
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private static readonly ContextCandidate[] All =
    [
        Task("direct", depth: 1, minute: 1), Task("second", depth: 2, minute: 2), Task("third", depth: 3, minute: 3),
        Task("colleague", agent: "writer", minute: 4), Task("own-far", agent: "writer", depth: 3, minute: 5), Task("stranger", minute: 6),
    ];

    [Theory]
    [InlineData("direct", 1)]
    [InlineData("second", 0.4)]
    [InlineData("third", 0.8 / 3)]
    [InlineData("colleague", 0.5)]
    [InlineData("own-far", 0.5)]
    [InlineData("stranger", 0)]
    public void RelevanceOf_EachRelation_IsAsWritten(string task, double expected) =>
        ContextSelection.RelevanceOf(All.Single(one => one.Task == task), "writer").ShouldBe(expected, 1e-9);

    [Theory]
    [InlineData(0.5, "direct own-far colleague")]
    [InlineData(0.4, "direct own-far colleague second")]
    [InlineData(0.0, "direct own-far colleague second third")]
    [InlineData(1.0, "direct")]
    public void Select_Automatic_TakesTheMostRelevantFirst(double least, string expected) =>
        Names(new ContextDefinition { MinRelevance = least }).ShouldBe(expected);

    [Fact]
    public void Select_Exclude_LeavesOut() => Names(new ContextDefinition { ExcludeTasks = ["direct"] }).ShouldBe("own-far colleague");

    [Fact]
    public void Select_AutomaticInclude_ShowsWhateverTheRelevance() =>
        Names(new ContextDefinition { IncludeTasks = ["stranger"] }).ShouldBe("stranger direct own-far colleague");

    [Fact]
    public void Select_Manual_TakesTheListedOnesInOrder() =>
        Names(new ContextDefinition { Mode = "manual", IncludeTasks = ["third", "direct", "missing", "second"], ExcludeTasks = ["second"] })
            .ShouldBe("third direct");

    [Fact]
    public void Select_None_IsEmpty() => Names(new ContextDefinition { Mode = "none", IncludeTasks = ["direct"] }).ShouldBe("");

    [Fact]
    public void Select_NoDefinition_IsAutomatic() => Names(null).ShouldBe("direct own-far colleague");

    [Theory]
    [InlineData("most_recent", 2, "own-far stranger")]
    [InlineData("highest_relevance", 2, "direct own-far")]
    [InlineData("lru", 2, "direct second")]
    [InlineData("direct_dependencies", null, "direct")]
    [InlineData("most_recent", 0, "")]
    public void Clean_EachStrategy_KeepsItsOwn(string type, int? keep, string expected) =>
        string.Join(' ', ContextSelection.Clean(All, "writer", new CleanupStrategy(type, keep)).Select(one => one.Task)
            .Order(StringComparer.Ordinal)).ShouldBe(expected);

    [Fact]
    public void Select_CleanupStrategyOfTheLimits_IsAppliedFirst() => Names(
        new ContextDefinition { MinRelevance = 0 }, new LimitsDefinition { CleanupStrategy = new("most_recent", 3) })
            .ShouldBe("own-far colleague");

    [Fact]
    public void Select_TaskAndByteLimits_EndTheContext()
    {
        Names(new ContextDefinition { MaxTasks = 1 }).ShouldBe("direct");
        Names(null, new LimitsDefinition { MaxContextTasks = 2 }).ShouldBe("direct own-far");
        Names(null, new LimitsDefinition { MaxContextBytes = 0 }).ShouldBe("");

        var large = All.Select(one => one with { Text = new string('x', 150) }).ToArray();
        var parts = ContextSelection.Select(large, "writer", new ContextDefinition { MaxBytes = 250 }, new LimitsDefinition());
        parts.Select(part => (part.Text.Length, part.IsCut)).ShouldBe([(150, false), (100, true)]);
        ContextSelection.Select(large, "writer", new ContextDefinition { MaxBytes = 249 }, new LimitsDefinition()).Count.ShouldBe(1);
    }

    [Fact]
    public void Select_AnyTexts_StaysWithinTheBytesAndTearsNoCharacter() => Gen.Select(
        Gen.Int[0, 200].Array[0, 8], Gen.Int[0, 800]).Sample((lengths, bytes) =>
        {
            var texts = lengths.Select((length, index) =>
                Task($"t{index}", depth: 1) with { Text = string.Concat(Enumerable.Repeat("\u00e4\U0001F600", length)) }).ToArray();

            var parts = ContextSelection.Select(texts, null, new ContextDefinition { MaxBytes = bytes }, new LimitsDefinition());

            parts.Sum(part => Encoding.UTF8.GetByteCount(part.Text)).ShouldBeLessThanOrEqualTo(bytes);
            parts.ShouldAllBe(part => !part.Text.EnumerateRunes().Contains(Rune.ReplacementChar));
        });

    private static string Names(ContextDefinition? context, LimitsDefinition? limits = null) =>
        string.Join(' ', ContextSelection.Select(All, "writer", context, limits ?? new LimitsDefinition()).Select(part => part.Task));

    // Those that ended first were used last.
    private static ContextCandidate Task(string name, string? agent = null, int depth = 0, int minute = 0) =>
        new(name, agent, depth, T0.AddMinutes(minute), T0.AddMinutes(60 - minute), $"text of {name}");
}
