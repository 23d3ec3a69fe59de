using System.Text.Json;
using Periplon.Core.Plans;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Executions;

/// <summary>Items of loops that need no worker to read them.</summary>
internal static class LoopCollections
{
    /// <summary>The items as an array; null for loops that only count.</summary>
    /// <exception cref="TaskStartException">There are none, or too many.</exception>
    internal static JsonElement? ItemsOf(TaskDefinition task, ExecutionScope scope) => task switch
    {
        { Matrix: { } matrix } => Combined(matrix, scope),
        { Loop: LoopDefinition.ForEach { Collection: CollectionDefinition.Inline inline } } => Array(inline.Items, scope),
        { Loop: LoopDefinition.ForEach { Collection: CollectionDefinition.State state } } => OfState(state.Key, scope),
        _ => null,
    };

    /// <summary>How many iterations there are at most.</summary>
    /// <exception cref="TaskStartException">There are too many.</exception>
    internal static int CountOf(TaskDefinition task, JsonElement? items)
    {
        var count = items is { } array ? array.GetArrayLength() : task.Loop switch
        {
            LoopDefinition.Repeat repeat => repeat.Count,
            LoopDefinition.While loop => loop.MaxIterations,
            LoopDefinition.RepeatUntil until => until.MaxIterations,
            LoopDefinition.ForEach { Collection: CollectionDefinition.Range range } => LengthOf(range),
            _ => 0,
        };
        return count <= LoopItems.MaxItems
            ? (int)count
            : throw new TaskStartException($"The loop has {count} items; allowed are {LoopItems.MaxItems}");
    }

    /// <summary>The item of an iteration.</summary>
    internal static JsonElement ItemOf(TaskDefinition task, LoopState loop, int index)
    {
        if (loop.Items.ValueKind is JsonValueKind.Array)
        {
            return index < loop.ItemList.Length ? loop.ItemList[index] : default;
        }

        var number = task.Loop is LoopDefinition.ForEach { Collection: CollectionDefinition.Range range }
            ? range.Start + (index * range.Step)
            : index;
        return JsonSerializer.SerializeToElement((double)number, ExecutionJson.Default.Double);
    }

    private static long LengthOf(CollectionDefinition.Range range) =>
        range.Step <= 0 || range.End <= range.Start ? 0 : (range.End - range.Start - 1) / range.Step + 1;

    private static JsonElement Array(IEnumerable<JsonElement> items, ExecutionScope scope) =>
        ToArray([.. items.Select(item => TemplateValues.Render(item, scope))]);

    private static JsonElement OfState(string key, ExecutionScope scope)
    {
        var name = Template.Parse(key).Render(scope, lenient: false);
        if (!scope.TryGetState(name, out var value))
        {
            throw new TaskStartException($"The loop goes over the state value '{name}', which is not set");
        }

        return value.ValueKind is JsonValueKind.Array
            ? value
            : throw new TaskStartException($"The loop goes over the state value '{name}', which is {Word(value)}; allowed is an array");
    }

    private static string Word(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Null or JsonValueKind.Undefined => "null",
        var kind => $"a {kind.ToString().ToLowerInvariant()}",
    };

    private static JsonElement Combined(MatrixDefinition matrix, ExecutionScope scope)
    {
        var product = matrix.Axes.Values.Aggregate(1.0, (count, values) => count * values.Count);
        if (product > LoopItems.MaxItems)
        {
            throw new TaskStartException($"The matrix has {product} combinations; allowed are {LoopItems.MaxItems}");
        }

        var rendered = matrix with
        {
            Axes = matrix.Axes.ToDictionary(
                axis => axis.Key,
                axis => (IReadOnlyList<JsonElement>)[.. axis.Value.Select(value => TemplateValues.Render(value, scope))],
                StringComparer.Ordinal),
            Include = [.. matrix.Include.Select(Rendered)],
            Exclude = [.. matrix.Exclude.Select(Rendered)],
        };
        return ToArray([.. LoopItems.Combinations(rendered).Select(
            combination => JsonSerializer.SerializeToElement(
                combination, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement))]);

        IReadOnlyDictionary<string, JsonElement> Rendered(IReadOnlyDictionary<string, JsonElement> combination) =>
            combination.ToDictionary(entry => entry.Key, entry => TemplateValues.Render(entry.Value, scope), StringComparer.Ordinal);
    }

    private static JsonElement ToArray(IReadOnlyList<JsonElement> items) =>
        JsonSerializer.SerializeToElement(items, ExecutionJson.Default.IReadOnlyListJsonElement);
}
