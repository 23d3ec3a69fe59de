using System.Text.Json;
using Periplon.Core.Workflows;

namespace Periplon.Core.Plans;

/// <summary>What is known of a loop from its definition.</summary>
public static class LoopItems
{
    /// <summary>Most items a loop may have. The same bound holds for collections written in the file (reference §7).</summary>
    public const int MaxItems = 100_000;

    /// <summary>Most tasks that one execution may have, iterations and all: its state is held in memory.</summary>
    public const int MaxTasks = 500_000;

    /// <summary>Iterations of a parallel loop at the same time when it says nothing (reference §7.3).</summary>
    public const int DefaultParallel = 10;

    /// <summary>Whether a worker has to read the items before the loop can begin.</summary>
    /// <param name="loop">The loop.</param>
    public static bool AreRead(LoopDefinition? loop) =>
        loop is LoopDefinition.ForEach { Collection: CollectionDefinition.File or CollectionDefinition.Http };

    /// <summary>How many iterations may be under way at the same time.</summary>
    /// <param name="task">A task with a loop or a matrix.</param>
    /// <param name="count">How many there are, when that is known.</param>
    public static int Parallelism(TaskDefinition task, int? count)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task switch
        {
            { Matrix: { } matrix } => matrix.MaxParallel ?? count ?? DefaultParallel,
            { Loop: LoopDefinition.ForEach { Parallel: true } each } => each.MaxParallel ?? Math.Min(count ?? DefaultParallel, DefaultParallel),
            { Loop: LoopDefinition.Repeat { Parallel: true } repeat } =>
                repeat.MaxParallel ?? Math.Min(count ?? DefaultParallel, DefaultParallel),
            _ => 1,
        };
    }

    /// <summary>The combinations of a matrix: the cross product without the excluded, then the included.</summary>
    /// <param name="matrix">The matrix; its values rendered.</param>
    public static IReadOnlyList<IReadOnlyDictionary<string, JsonElement>> Combinations(MatrixDefinition matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        List<IReadOnlyDictionary<string, JsonElement>> product = [];
        if (matrix.Axes.Count > 0)
        {
            product.Add(new Dictionary<string, JsonElement>());
        }

        foreach (var (axis, values) in matrix.Axes)
        {
            product = [.. product.SelectMany(
                _ => values,
                (combination, value) => new Dictionary<string, JsonElement>(combination, StringComparer.Ordinal) { [axis] = value })];
        }

        return [.. product.Where(combination => !matrix.Exclude.Any(excluded => Covers(combination, excluded))), .. matrix.Include];
    }

    private static bool Covers(IReadOnlyDictionary<string, JsonElement> combination, IReadOnlyDictionary<string, JsonElement> part) =>
        part.All(entry => combination.TryGetValue(entry.Key, out var value) && JsonElement.DeepEquals(value, entry.Value));
}
