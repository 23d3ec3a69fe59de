using System.Text.Json;
using Periplon.Commands;
using Periplon.Core.Plans;
using Periplon.Core.Workflows;

namespace Periplon.Plans;

/// <summary>The iterations of loops and matrices, as far as they are known before the run.</summary>
internal static class LoopExpansion
{
    /// <summary>How many iterations a plan shows from the beginning; the last one is shown as well.</summary>
    private const int ShownFirst = 5;

    /// <summary>How often a task runs; null for once.</summary>
    public static PlanLoop? Of(TaskDefinition task, PlanValues values, Func<PlanValues, string> does) => task switch
    {
        { Matrix: { } matrix } => OfMatrix(task, matrix, values, does),
        { Loop: LoopDefinition.ForEach each } => OfEach(task, each, values, does),
        { Loop: LoopDefinition.Repeat repeat } => Expand(
            task, Counted.Of((int)Math.Min(repeat.Count, int.MaxValue), "time"), repeat.Count,
            index => Variables(repeat.Iterator, Number(index), index), values, does),
        { Loop: LoopDefinition.While loop } =>
            new PlanLoop(
                $"while {ConditionText.Of(loop.Condition)}, at most {Least(task, loop.MaxIterations)} times{Delay(loop.DelayBetweenSecs)}",
                null, 1, []),
        { Loop: LoopDefinition.RepeatUntil loop } => new PlanLoop(
            $"until {ConditionText.Of(loop.Condition)}, {loop.MinIterations} to {Least(task, loop.MaxIterations)} times"
            + Delay(loop.DelayBetweenSecs),
            null, 1, []),
        _ => null,
    };

    private static PlanLoop OfEach(
        TaskDefinition task, LoopDefinition.ForEach each, PlanValues values, Func<PlanValues, string> does) => each.Collection switch
    {
        CollectionDefinition.Inline inline => Expand(
            task, $"for each {each.Iterator} of {Counted.Of(inline.Items.Count, "item")}", inline.Items.Count,
            index => Variables(each.Iterator, inline.Items[(int)index], index), values, does),
        CollectionDefinition.Range range => OfRange(task, each, range, values, does),
        CollectionDefinition.File file => Unknown(task, each, $"the {FormatWord(file.Format)} file {values.Fill(file.Path)}"),
        CollectionDefinition.Http http => Unknown(task, each, $"what {http.Method.ToUpperInvariant()} {values.Fill(http.Url)} answers"),
        CollectionDefinition.State state => Unknown(task, each, $"the state '{state.Key}'"),
        _ => throw new InvalidOperationException($"No words for {each.Collection.GetType().Name}"),
    };

    private static PlanLoop OfRange(
        TaskDefinition task, LoopDefinition.ForEach each, CollectionDefinition.Range range, PlanValues values,
        Func<PlanValues, string> does)
    {
        var count = range.Step > 0 && range.End > range.Start ? ((range.End - range.Start - 1) / range.Step) + 1 : 0;
        var text = count == 0
            ? $"for each {each.Iterator} of nothing: the range {range.Start} to below {range.End} is empty"
            : $"for each {each.Iterator} of {range.Start} to {range.Start + ((count - 1) * range.Step)}";
        return Expand(
            task, text + (range.Step == 1 || count == 0 ? "" : $" in steps of {range.Step}"), count,
            index => Variables(each.Iterator, Number(range.Start + (index * range.Step)), index), values, does);
    }

    private static PlanLoop Unknown(TaskDefinition task, LoopDefinition.ForEach each, string where) => new(
        $"for each {each.Iterator} of {where}{Most(task)}", null, LoopItems.Parallelism(task, null), []);

    private static PlanLoop OfMatrix(TaskDefinition task, MatrixDefinition matrix, PlanValues values, Func<PlanValues, string> does)
    {
        var combinations = LoopItems.Combinations(matrix);
        return Expand(
            task, $"for {Counted.Of(combinations.Count, "combination")} of {string.Join(", ", matrix.Axes.Keys)}", combinations.Count,
            index => combinations[(int)index], values, does);
    }

    private static PlanLoop Expand(
        TaskDefinition task, string text, long items, Func<long, IReadOnlyDictionary<string, JsonElement>> variables,
        PlanValues values, Func<PlanValues, string> does)
    {
        // As in an execution, the bound of loop_control cuts what the loop would have.
        var count = Least(task, items);
        var parallel = Math.Min(LoopItems.Parallelism(task, (int)Math.Min(count, int.MaxValue)), Math.Max(1, count));
        // One more than the first ones is shown whole: "… and the last" would be no shorter.
        var indices = count <= ShownFirst + 1
            ? Enumerable.Range(0, (int)count).Select(index => (long)index)
            : Enumerable.Range(0, ShownFirst).Select(index => (long)index).Append(count - 1);
        return new PlanLoop(count < items ? text + Most(task) : text, count, parallel, [.. indices.Select(index =>
        {
            var own = variables(index);
            var scope = values.With(own).With(
            [
                KeyValuePair.Create("iteration", Number(index)), KeyValuePair.Create("index", Number(index)),
                KeyValuePair.Create("loop_index", Number(index)),
                .. own.Count == 1 ? [KeyValuePair.Create("item", own.Values.First())] : Array.Empty<KeyValuePair<string, JsonElement>>(),
            ]);
            return new PlanIteration(index, own, does(scope));
        })]);
    }

    private static Dictionary<string, JsonElement> Variables(string? iterator, JsonElement value, long index) =>
        new(StringComparer.Ordinal) { [iterator ?? "iteration"] = iterator is null ? Number(index) : value };

    private static long Least(TaskDefinition task, long count) => Math.Min(count, task.LoopControl?.MaxIterations ?? count);

    private static string Most(TaskDefinition task) =>
        task.LoopControl?.MaxIterations is { } most ? $", at most {most}" : "";

    private static string Delay(double? seconds) => seconds is > 0 and var pause ? $", {TaskDeeds.Seconds(pause)} apart" : "";

    private static string FormatWord(CollectionFormat format) => JsonNamingPolicy.SnakeCaseLower.ConvertName(format.ToString());

    private static JsonElement Number(long number) => JsonSerializer.SerializeToElement(number);
}
