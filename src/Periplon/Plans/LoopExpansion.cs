using System.Text.Json;
using Periplon.Commands;
using Periplon.Core.Workflows;

namespace Periplon.Plans;

/// <summary>The iterations of loops and matrices, as far as they are known before the run.</summary>
internal static class LoopExpansion
{
    /// <summary>How many iterations a plan shows from the beginning; the last one is shown as well.</summary>
    private const int ShownFirst = 5;

    private const int UsualParallel = 10;

    /// <summary>How often a task runs; null for once.</summary>
    public static PlanLoop? Of(TaskDefinition task, PlanValues values, Func<PlanValues, string> does) => task switch
    {
        { Matrix: { } matrix } => OfMatrix(matrix, values, does),
        { Loop: LoopDefinition.ForEach each } => OfEach(each, values, does),
        { Loop: LoopDefinition.Repeat repeat } => Expand(
            Counted.Of((int)Math.Min(repeat.Count, int.MaxValue), "time"), repeat.Count,
            Parallel(repeat.Parallel, repeat.MaxParallel, repeat.Count),
            index => Variables(repeat.Iterator, Number(index), index), values, does),
        { Loop: LoopDefinition.While loop } =>
            new PlanLoop(
                $"while {ConditionText.Of(loop.Condition)}, at most {loop.MaxIterations} times{Delay(loop.DelayBetweenSecs)}", null, 1, []),
        { Loop: LoopDefinition.RepeatUntil loop } => new PlanLoop(
            $"until {ConditionText.Of(loop.Condition)}, {loop.MinIterations} to {loop.MaxIterations} times{Delay(loop.DelayBetweenSecs)}",
            null, 1, []),
        _ => null,
    };

    private static PlanLoop OfEach(LoopDefinition.ForEach each, PlanValues values, Func<PlanValues, string> does) => each.Collection switch
    {
        CollectionDefinition.Inline inline => Expand(
            $"for each {each.Iterator} of {Counted.Of(inline.Items.Count, "item")}", inline.Items.Count,
            Parallel(each.Parallel, each.MaxParallel, inline.Items.Count),
            index => Variables(each.Iterator, inline.Items[(int)index], index), values, does),
        CollectionDefinition.Range range => OfRange(each, range, values, does),
        CollectionDefinition.File file => Unknown(each, $"the {FormatWord(file.Format)} file {values.Fill(file.Path)}"),
        CollectionDefinition.Http http => Unknown(each, $"what {http.Method.ToUpperInvariant()} {values.Fill(http.Url)} answers"),
        CollectionDefinition.State state => Unknown(each, $"the state '{state.Key}'"),
        _ => throw new InvalidOperationException($"No words for {each.Collection.GetType().Name}"),
    };

    private static PlanLoop OfRange(
        LoopDefinition.ForEach each, CollectionDefinition.Range range, PlanValues values, Func<PlanValues, string> does)
    {
        var count = range.Step > 0 && range.End > range.Start ? ((range.End - range.Start - 1) / range.Step) + 1 : 0;
        var text = count == 0
            ? $"for each {each.Iterator} of nothing: the range {range.Start} to below {range.End} is empty"
            : $"for each {each.Iterator} of {range.Start} to {range.Start + ((count - 1) * range.Step)}";
        return Expand(
            text + (range.Step == 1 || count == 0 ? "" : $" in steps of {range.Step}"),
            count, Parallel(each.Parallel, each.MaxParallel, count),
            index => Variables(each.Iterator, Number(range.Start + (index * range.Step)), index), values, does);
    }

    private static PlanLoop Unknown(LoopDefinition.ForEach each, string where) => new(
        $"for each {each.Iterator} of {where}", null, Parallel(each.Parallel, each.MaxParallel, long.MaxValue), []);

    private static PlanLoop OfMatrix(MatrixDefinition matrix, PlanValues values, Func<PlanValues, string> does)
    {
        var combinations = MatrixCombinations.Of(matrix);
        return Expand(
            $"for {Counted.Of(combinations.Count, "combination")} of {string.Join(", ", matrix.Axes.Keys)}", combinations.Count,
            Math.Min(matrix.MaxParallel ?? combinations.Count, Math.Max(1, combinations.Count)),
            index => combinations[(int)index], values, does);
    }

    private static PlanLoop Expand(
        string text, long count, long parallel, Func<long, IReadOnlyDictionary<string, JsonElement>> variables, PlanValues values,
        Func<PlanValues, string> does)
    {
        // One more than the first ones is shown whole: "… and the last" would be no shorter.
        var indices = count <= ShownFirst + 1
            ? Enumerable.Range(0, (int)count).Select(index => (long)index)
            : Enumerable.Range(0, ShownFirst).Select(index => (long)index).Append(count - 1);
        return new PlanLoop(text, count, parallel, [.. indices.Select(index =>
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

    private static long Parallel(bool parallel, int? most, long count) =>
        parallel ? Math.Max(1, most ?? Math.Min(count, UsualParallel)) : 1;

    private static string Delay(double? seconds) => seconds is > 0 and var pause ? $", {TaskDeeds.Seconds(pause)} apart" : "";

    private static string FormatWord(CollectionFormat format) => JsonNamingPolicy.SnakeCaseLower.ConvertName(format.ToString());

    private static JsonElement Number(long number) => JsonSerializer.SerializeToElement(number);
}
