using System.Text.Json;

namespace Periplon.Core.Workflows;

/// <summary>Kinds of tasks in words.</summary>
public static class TaskKindWords
{
    // The values are counted from 0.
    private static readonly string[] Words =
        [.. Enum.GetNames<TaskKind>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];

    /// <summary>The kind as the language, the API and metrics write it, such as <c>script</c> or <c>mcp_tool</c>.</summary>
    public static string ToWord(this TaskKind kind) => Words[(int)kind];
}
