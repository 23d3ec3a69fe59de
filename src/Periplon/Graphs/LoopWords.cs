using Periplon.Commands;
using Periplon.Core.Workflows;
using Periplon.Plans;

namespace Periplon.Graphs;

/// <summary>How often a task runs, in few words.</summary>
internal static class LoopWords
{
    public static string? Of(TaskDefinition task) => task switch
    {
        { Matrix: { } matrix } => $"for each {string.Join(" × ", matrix.Axes.Select(axis => $"{axis.Key} ({axis.Value.Count})"))}",
        { Loop: LoopDefinition.ForEach each } =>
            $"for each {each.Iterator} of {Source(each.Collection)}{(each.Parallel ? ", in parallel" : "")}",
        { Loop: LoopDefinition.Repeat repeat } => $"{repeat.Count} times{(repeat.Parallel ? ", in parallel" : "")}",
        { Loop: LoopDefinition.While loop } => $"while {ConditionText.Of(loop.Condition)}",
        { Loop: LoopDefinition.RepeatUntil loop } => $"until {ConditionText.Of(loop.Condition)}",
        _ => null,
    };

    private static string Source(CollectionDefinition collection) => collection switch
    {
        CollectionDefinition.Inline inline => Counted.Of(inline.Items.Count, "item"),
        CollectionDefinition.Range range => $"{range.Start} to below {range.End}",
        CollectionDefinition.File file => file.Path,
        CollectionDefinition.Http http => http.Url,
        CollectionDefinition.State state => $"state '{state.Key}'",
        _ => throw new InvalidOperationException($"No words for {collection.GetType().Name}"),
    };
}
