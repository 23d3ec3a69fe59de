using System.Text.Json;
using Periplon.Core.Workflows;

namespace Periplon.Core.Plans;

/// <summary>Whether a task of one revision is the same kind of thing as one of another.</summary>
internal static class TaskKinds
{
    public static bool AreSame(PlannedTask left, PlannedTask right) =>
        left.Shape == right.Shape && left.Definition.Kind == right.Definition.Kind && LoopOf(left) == LoopOf(right);

    /// <summary>The kind in a word, as messages show it.</summary>
    public static string WordOf(PlannedTask task) => task.Shape switch
    {
        TaskShape.Loop => $"a loop ({LoopOf(task)})",
        TaskShape.Group => "a group",
        TaskShape.Work => task.Definition.Kind.ToWord(),
        _ => JsonNamingPolicy.SnakeCaseLower.ConvertName(task.Shape.ToString()),
    };

    private static string? LoopOf(PlannedTask task) =>
        task.Shape is not TaskShape.Loop ? null
        : task.Definition.Matrix is not null ? "matrix"
        : JsonNamingPolicy.SnakeCaseLower.ConvertName(task.Definition.Loop?.GetType().Name ?? "none");
}
