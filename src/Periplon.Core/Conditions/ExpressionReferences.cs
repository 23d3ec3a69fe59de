using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Templates;

namespace Periplon.Core.Conditions;

/// <summary>Finds the values of references in expressions.</summary>
internal static class ExpressionReferences
{
    /// <summary>
    /// Resolves the longest start of a reference that has a value; the steps after it are for JavaScript (<c>task.a.output.length</c>).
    /// </summary>
    /// <exception cref="TemplateException">The reference stands in braces and is unknown.</exception>
    internal static bool TryResolve(ExpressionSlot slot, IConditionScope scope, out JsonElement value, out int used)
    {
        var segments = slot.Path.Segments;
        used = segments.Count;
        if (TryResolveWhole(slot.Path, slot.Path.Text, scope, out value))
        {
            return true;
        }

        if (slot.Kind is not ExpressionSlotKind.Bare)
        {
            throw TemplateException.Unknown(slot.Path.Text, "${" + slot.Path.Text + "}", scope);
        }

        while (--used > 0)
        {
            var start = ReferencePath.Of([.. segments.Take(used)]);
            if (TryResolveWhole(start, start.Text, scope, out value))
            {
                return true;
            }
        }

        return false;
    }

    // The scope answers first; state and the status of tasks are known to every condition scope, however few references it resolves.
    private static bool TryResolveWhole(ReferencePath path, string text, IConditionScope scope, out JsonElement value)
    {
        if (scope.TryResolve(text, out value))
        {
            return value.ValueKind is not JsonValueKind.Undefined;
        }

        return path.Root switch
        {
            "state" when path.IsQualified && !path.Segments[1].IsIndex =>
                scope.TryGetState(path.Segments[1].Name!, out var state) && ReferencePath.TryGetMember(state, path.From(2), out value),
            "task" when path.Segments.Count > 2 && path.Segments[^1].Name == "status" => TryGetStatus(path, scope, out value),
            _ => false,
        };
    }

    private static bool TryGetStatus(ReferencePath path, IConditionScope scope, out JsonElement value)
    {
        value = default;
        var task = string.Join('.', path.Segments.Skip(1).SkipLast(1).Select(segment => segment.Name ?? $"[{segment.Index}]"));
        if (scope.FindTaskStatus(task) is not { } status)
        {
            return false;
        }

        value = JsonSerializer.SerializeToElement(status.ToWord());
        return true;
    }
}
