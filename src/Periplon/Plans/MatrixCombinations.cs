using System.Text.Json;
using Periplon.Core.Workflows;

namespace Periplon.Plans;

/// <summary>The combinations of a matrix: the cross product in the order of the axes, less what is excluded, and what is added.</summary>
internal static class MatrixCombinations
{
    /// <summary>The most that are worked out for a plan.</summary>
    private const int Most = 10_000;

    public static IReadOnlyList<IReadOnlyDictionary<string, JsonElement>> Of(MatrixDefinition matrix)
    {
        List<IReadOnlyDictionary<string, JsonElement>> all = [.. matrix.Axes.Count == 0 ? [] : Product(matrix).Take(Most)];
        all.RemoveAll(combination => matrix.Exclude.Any(excluded => Contains(combination, excluded)));
        all.AddRange(matrix.Include.Where(added => !all.Any(combination => Contains(combination, added))));
        return all;
    }

    private static IEnumerable<IReadOnlyDictionary<string, JsonElement>> Product(MatrixDefinition matrix)
    {
        IEnumerable<OrderedDictionary<string, JsonElement>> combinations = [new(StringComparer.Ordinal)];
        foreach (var (axis, values) in matrix.Axes)
        {
            combinations = combinations.SelectMany(
                _ => values, (combination, value) => new OrderedDictionary<string, JsonElement>(combination) { [axis] = value });
        }

        return combinations;
    }

    private static bool Contains(IReadOnlyDictionary<string, JsonElement> whole, IReadOnlyDictionary<string, JsonElement> part) =>
        part.All(pair => whole.TryGetValue(pair.Key, out var value) && JsonElement.DeepEquals(value, pair.Value));
}
