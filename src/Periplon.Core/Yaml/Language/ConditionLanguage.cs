using System.Text.Json.Nodes;
using Periplon.Core.Conditions;
using Periplon.Core.Executions;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Language;

/// <summary>Conditions (reference §6): structured ones, expressions as text, and true or false.</summary>
internal static class ConditionLanguage
{
    private static readonly Shape<TaskRunStatus> Status = new ChoiceShape<TaskRunStatus>(
        ("completed", TaskRunStatus.Completed), ("failed", TaskRunStatus.Failed), ("running", TaskRunStatus.Running),
        ("pending", TaskRunStatus.Pending), ("skipped", TaskRunStatus.Skipped), ("ready", TaskRunStatus.Ready),
        ("waiting", TaskRunStatus.Waiting), ("cancelled", TaskRunStatus.Cancelled));

    private static readonly Shape<Condition> Leaf = new UnionShape<Condition>("ConditionLeaf", "type",
        ("task_status", f => new Condition.TaskHasStatus(
            f.Required("task", Scalars.Text, "Task path."),
            f.Required("status", Status, "The status."))),
        ("state_equals", f => new Condition.StateEquals(
            f.Required("key", Scalars.Text, "State key."),
            f.Required("value", JsonShape.Any, "The value."))),
        ("state_exists", f => new Condition.StateExists(f.Required("key", Scalars.Text, "State key."))),
        ("always", _ => new Condition.Always()),
        ("never", _ => new Condition.Never()));

    private static readonly Shape<Condition> And = new StructShape<Condition>("ConditionAnd", f =>
        new Condition.And(f.Required("and", new ListShape<Condition>(Any!), "Conditions that must all hold.")));

    private static readonly Shape<Condition> Or = new StructShape<Condition>("ConditionOr", f =>
        new Condition.Or(f.Required("or", new ListShape<Condition>(Any!), "Conditions of which one must hold.")));

    private static readonly Shape<Condition> Not = new StructShape<Condition>("ConditionNot", f =>
        new Condition.Not(f.Required("not", Any!, "Condition that must not hold.")));

    internal static readonly Shape<Condition> Any =
        new CustomShape<Condition>(Read, definitions => definitions.Refer("Condition", () => new JsonObject
    {
        ["anyOf"] = new JsonArray(
            SchemaForms.AnyScalar,
            Leaf!.Describe(definitions),
            SchemaForms.Without(And!.Describe(definitions), "type"),
            SchemaForms.Without(Or!.Describe(definitions), "type", "and"),
            SchemaForms.Without(Not!.Describe(definitions), "type", "and", "or")),
    }), _ => SchemaForms.AnyScalar);

    /// <summary><c>if</c>: an expression as text; true and false are expressions too.</summary>
    internal static readonly Shape<string> Expression = new CustomShape<string>(
        at => at.Node is ScalarNode { Kind: ScalarKind.Bool, Text: var truth } ? truth.ToLowerInvariant() : Scalars.Text.Read(at),
        _ => SchemaForms.AnyScalar);

    private static Condition Read(Cursor at)
    {
        switch (at.Node)
        {
            case ScalarNode { Kind: ScalarKind.Bool, Text: var word }:
                return CoreSchema.TryBool(word, out var truth) && truth ? new Condition.Always() : new Condition.Never();
            case ScalarNode { Kind: not ScalarKind.Null, Text: var expression }:
                return new Condition.When(expression);
            // A mapping with both 'type' and 'and' is the leaf (reference §6).
            case MapNode map when map.Find("type") is not null:
                return Leaf.Read(at);
            case MapNode map when map.Find("and") is not null:
                return And.Read(at);
            case MapNode map when map.Find("or") is not null:
                return Or.Read(at);
            case MapNode map when map.Find("not") is not null:
                return Not.Read(at);
            default:
                at.Error(DiagnosticCodes.WrongType,
                    $"{at.Name} must be an expression as text, or a mapping with one of 'type', 'and', 'or' and 'not'; found {at.Found}.");
                return new Condition.Never();
        }
    }
}
