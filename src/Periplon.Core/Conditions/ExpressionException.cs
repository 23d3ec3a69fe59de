namespace Periplon.Core.Conditions;

/// <summary>An expression is not valid, failed, or ran into a limit.</summary>
public sealed class ExpressionException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="expression">The expression as written.</param>
    /// <param name="problem">What was wrong with it.</param>
    /// <param name="cause">The underlying error.</param>
    public ExpressionException(string expression, string problem, Exception? cause = null)
        : base($"The expression '{Shorten(expression)}' {problem}", cause)
    {
        Expression = expression;
        Problem = problem;
    }

    /// <summary>The expression as written.</summary>
    public string Expression { get; }

    /// <summary>What was wrong with it, as the second half of a sentence.</summary>
    public string Problem { get; }

    private static string Shorten(string text) => text.Length <= 200 ? text : text[..200] + "…";
}
