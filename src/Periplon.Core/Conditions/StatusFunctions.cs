namespace Periplon.Core.Conditions;

/// <summary>The functions of expressions that ask about the execution.</summary>
internal static class StatusFunctions
{
    internal const string Success = "success";
    internal const string Failure = "failure";
    internal const string Always = "always";
    internal const string Cancelled = "cancelled";

    internal static readonly string[] All = [Success, Failure, Always, Cancelled];

    /// <summary>Whether a function makes its task be asked even after a failure.</summary>
    internal static bool OverridesFailure(string function) => function is Failure or Always or Cancelled;

    internal static bool MayBeUsed(string expression) =>
        expression.Contains(Failure, StringComparison.Ordinal)
        || expression.Contains(Always, StringComparison.Ordinal)
        || expression.Contains(Cancelled, StringComparison.Ordinal);

    internal static bool Answer(string function, IConditionScope scope) => function switch
    {
        Success => !scope.HasFailure && !scope.IsCancelled,
        Failure => scope.HasFailure,
        Cancelled => scope.IsCancelled,
        _ => true,
    };

    /// <summary>Answers the expressions that need no engine; null for any other.</summary>
    internal static bool? TryAnswer(string expression, IConditionScope scope) => expression switch
    {
        "true" => true,
        "false" => false,
        "always()" => true,
        "success()" => Answer(Success, scope),
        "failure()" => Answer(Failure, scope),
        "cancelled()" => Answer(Cancelled, scope),
        _ => null,
    };
}
