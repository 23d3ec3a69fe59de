using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Templates;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>
/// What a task's texts may refer to once it has run: beside everything before, its own <c>task.output</c>, <c>task.outputs.NAME</c>,
/// <c>task.exit_code</c> and <c>task.status</c>, also written with its id (<c>task.build.output</c>).
/// </summary>
internal sealed class OwnResultScope(
    ITemplateScope outer, string taskPath, TaskOutput output, IReadOnlyDictionary<string, JsonElement> values, string? text)
    : ITemplateScope
{
    /// <summary>Whether a task id means a task: its path, or the last part of it.</summary>
    internal static bool Means(string id, string taskPath) =>
        string.Equals(id, taskPath, StringComparison.Ordinal) || taskPath.EndsWith($".{id}", StringComparison.Ordinal);

    public bool TryResolve(string reference, out JsonElement value)
    {
        value = default;
        if (ReferencePath.TryParse(reference, out var path) && path.Root is "task")
        {
            for (var from = 1; from < Math.Min(path.Segments.Count, 3); from++)
            {
                if ((from is 1 || Means(path.Segments[from - 1].Name ?? "", taskPath)) && TryResolveOwn(path, from, out value))
                {
                    return true;
                }
            }
        }

        return outer.TryResolve(reference, out value) || TryOwnValue(path, out value);
    }

    // A name alone means an input or loop variable first: task.summary is what the task has set itself only if there is none.
    private bool TryOwnValue(ReferencePath? path, out JsonElement value)
    {
        value = default;
        return path is { Root: "task", Segments: [_, { Name: { } name }, ..] } && values.TryGetValue(name, out var own)
            && ReferencePath.TryGetMember(own, path.From(2), out value);
    }

    private bool TryResolveOwn(ReferencePath path, int from, out JsonElement value)
    {
        value = default;
        switch (path.Segments[from].Name)
        {
            case "output":
                return ReferencePath.TryGetMember(
                    JsonSerializer.SerializeToElement(OutputText.Referenced(text)), path.From(from + 1), out value);
            case "outputs" when path.Segments.Count > from + 1 && path.Segments[from + 1].Name is { } name:
                return values.TryGetValue(name, out var root) && ReferencePath.TryGetMember(root, path.From(from + 2), out value);
            case "exit_code" when output.ExitCode is { } code && path.Segments.Count == from + 1:
                value = JsonSerializer.SerializeToElement(code);
                return true;
            case "status" when path.Segments.Count == from + 1:
                value = JsonSerializer.SerializeToElement("completed");
                return true;
            default:
                return false;
        }
    }
}
