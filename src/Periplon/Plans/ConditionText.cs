using Periplon.Core.Conditions;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Plans;

/// <summary>Conditions in words.</summary>
internal static class ConditionText
{
    /// <summary>The condition under which a task runs; null when it has none.</summary>
    public static string? Of(TaskDefinition task) => (task.Condition, task.If) switch
    {
        (null, null) => null,
        (null, { } expression) => Line(expression),
        ({ } condition, null) => Of(condition),
        ({ } condition, { } expression) => $"{Inner(condition)} and ({Line(expression)})",
    };

    public static string Of(Condition condition) => condition switch
    {
        Condition.TaskHasStatus leaf => $"task '{leaf.Task}' is {leaf.Status.ToWord()}",
        Condition.StateEquals leaf => $"state '{leaf.Key}' equals {leaf.Value.GetRawText()}",
        Condition.StateExists leaf => $"state '{leaf.Key}' exists",
        Condition.Always => "always",
        Condition.Never => "never",
        Condition.And { Conditions.Count: 0 } => "always",
        Condition.Or { Conditions.Count: 0 } => "never",
        Condition.And all => string.Join(" and ", all.Conditions.Select(Inner)),
        Condition.Or any => string.Join(" or ", any.Conditions.Select(Inner)),
        Condition.Not negated => "not " + Inner(negated.Inner),
        Condition.When expression => Line(expression.Expression),
        _ => throw new InvalidOperationException($"No words for {condition.GetType().Name}"),
    };

    private static string Inner(Condition condition) =>
        condition is Condition.And { Conditions.Count: > 1 } or Condition.Or { Conditions.Count: > 1 } or Condition.When
            ? $"({Of(condition)})"
            : Of(condition);

    private static string Line(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
