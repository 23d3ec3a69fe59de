using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>Matrices: how many tasks they make.</summary>
internal static class MatrixRules
{
    private const int MostCombinations = 10_000;

    internal static void Check(ValidationContext context)
    {
        foreach (var node in context.Tree.Nodes)
        {
            if (node.Task.Matrix is { } matrix)
            {
                CheckSize(context, node, matrix);
                CheckAxes(context, node, matrix);
            }
        }
    }

    private static void CheckSize(ValidationContext context, TaskNode node, MatrixDefinition matrix)
    {
        // In floating point, so that no number of axes overflows it. What 'exclude' takes away is not worth counting.
        var count = matrix.Axes.Values.Aggregate(1d, (product, axis) => product * axis.Count) + matrix.Include.Count;
        if (count > MostCombinations)
        {
            context.Report.Error(
                ValidationCodes.MatrixTooLarge,
                $"{node.Path}.matrix",
                $"The matrix of task '{node.FullId}' has more than {MostCombinations} combinations; {MostCombinations} are allowed.",
                "Give the axes fewer values, or loop over one of them.");
        }
    }

    private static void CheckAxes(ValidationContext context, TaskNode node, MatrixDefinition matrix)
    {
        foreach (var (name, values) in matrix.Axes)
        {
            if (values.Count == 0)
            {
                context.Report.Error(
                    ValidationCodes.MatrixAxisEmpty,
                    $"{node.Path}.matrix.{name}",
                    $"The axis '{name}' of the matrix of task '{node.FullId}' is empty, so the task would never run.",
                    "Give the axis a value, or remove it.");
            }
        }
    }
}
