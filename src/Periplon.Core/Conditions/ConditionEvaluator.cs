using System.Text.Json;
using Periplon.Core.Templates;

namespace Periplon.Core.Conditions;

/// <summary>Decides whether a condition holds.</summary>
public static class ConditionEvaluator
{
    /// <summary>What an expression costs that may call functions.</summary>
    public const int CostOfCalls = 50;

    /// <summary>Decides whether a condition holds. <c>and</c> and <c>or</c> stop at the first answer, from left to right.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="scope">Answers its questions.</param>
    /// <exception cref="ExpressionException">An expression in it is wrong or ran into a limit.</exception>
    /// <exception cref="Templates.TemplateException">A reference in an expression is unknown.</exception>
    public static bool Evaluate(Condition condition, IConditionScope scope)
    {
        ArgumentNullException.ThrowIfNull(condition);
        ArgumentNullException.ThrowIfNull(scope);
        return condition switch
        {
            Condition.Always => true,
            Condition.Never => false,
            Condition.TaskHasStatus asked => scope.FindTaskStatus(Rendered(asked.Task, scope)) == asked.Status,
            Condition.StateExists asked => scope.TryGetState(Rendered(asked.Key, scope), out _),
            Condition.StateEquals asked => scope.TryGetState(Rendered(asked.Key, scope), out var value)
                && AreEqual(value, TemplateValues.Render(asked.Value, scope)),
            Condition.And all => all.Conditions.All(inner => Evaluate(inner, scope)),
            Condition.Or any => any.Conditions.Any(inner => Evaluate(inner, scope)),
            Condition.Not negated => !Evaluate(negated.Inner, scope),
            Condition.When asked => ExpressionEvaluator.Default.IsTrue(asked.Expression, scope),
            _ => throw new ArgumentOutOfRangeException(nameof(condition), condition.GetType().Name, "Unknown kind of condition."),
        };
    }

    /// <summary>
    /// How long a condition may take at most, beside others: 1 for a question, and <see cref="CostOfCalls"/> for an expression that may
    /// call functions, which can be as slow as <see cref="ExpressionLimits"/> allows.
    /// </summary>
    /// <param name="condition">The condition.</param>
    public static int CostOf(Condition condition) => condition switch
    {
        Condition.When asked => asked.Expression.Contains('(', StringComparison.Ordinal) ? CostOfCalls : 1,
        Condition.And all => all.Conditions.Sum(CostOf),
        Condition.Or any => any.Conditions.Sum(CostOf),
        Condition.Not negated => CostOf(negated.Inner),
        _ => 1,
    };

    /// <summary>
    /// Whether an expression in the condition calls <c>always()</c>, <c>failure()</c> or <c>cancelled()</c>; a task with such a condition
    /// is asked even after a failure of a task it depends on. The structured <c>{type: always}</c> does not count: it means no condition.
    /// </summary>
    /// <param name="condition">The condition.</param>
    public static bool UsesStatusFunction(Condition condition) => condition switch
    {
        Condition.When asked => ExpressionEvaluator.UsesStatusFunction(asked.Expression),
        Condition.And all => all.Conditions.Any(UsesStatusFunction),
        Condition.Or any => any.Conditions.Any(UsesStatusFunction),
        Condition.Not negated => UsesStatusFunction(negated.Inner),
        _ => false,
    };

    // Loops put their variables into conditions (reference §10.5).
    private static string Rendered(string text, IConditionScope scope) =>
        text.Contains('{', StringComparison.Ordinal) ? Template.Parse(text).Render(scope, lenient: false) : text;

    private static bool AreEqual(JsonElement left, JsonElement right) =>
        left.ValueKind is not JsonValueKind.Undefined
        && right.ValueKind is not JsonValueKind.Undefined
        && JsonElement.DeepEquals(left, right);
}
