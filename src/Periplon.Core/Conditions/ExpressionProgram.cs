using System.Text.Json;
using Acornima.Ast;
using Jint;
using Periplon.Core.Templates;

namespace Periplon.Core.Conditions;

/// <summary>How a reference stands in an expression.</summary>
internal enum ExpressionSlotKind
{
    /// <summary>Bare, as a JavaScript name: undefined when unknown.</summary>
    Bare,
    /// <summary>In braces: an error when unknown.</summary>
    Value,
    /// <summary>In braces inside quotes: as <see cref="Value"/>, but the text of the value.</summary>
    Text,
}

/// <summary>A variable of the program that stands for a reference.</summary>
internal sealed record ExpressionSlot(string Variable, ReferencePath Path, ExpressionSlotKind Kind);

/// <summary>An expression, parsed once: the script, and the references its variables stand for.</summary>
internal sealed record ExpressionProgram(
    string Expression, Prepared<Script> Script, IReadOnlyList<ExpressionSlot> Slots, bool IsReference, bool UsesStatusFunction)
{
    /// <summary>The distinct references, in order of appearance.</summary>
    internal IReadOnlyList<string> References { get; } = [.. Slots.Select(slot => slot.Path.Text).Distinct(StringComparer.Ordinal)];

    /// <summary>Answers without an engine when the whole expression is one reference whose value the scope has at hand.</summary>
    internal bool TryEvaluateReference(IConditionScope scope, out JsonElement value)
    {
        value = default;
        return IsReference && ExpressionReferences.TryResolve(Slots[0], scope, out value, out var used)
            && used == Slots[0].Path.Segments.Count;
    }
}
