using System.Collections.Concurrent;
using System.Text.Json;
using Periplon.Core.Templates;

namespace Periplon.Core.Conditions;

/// <summary>
/// Evaluates JavaScript expressions over the scopes, in a sandbox without host access, clock or chance.
/// <para>
/// Names are references: <c>task.build.status === 'completed' &amp;&amp; workflow.env === 'prod'</c>. A reference written bare that has no
/// value is <c>undefined</c>, as in JavaScript, however long its path; one written in braces (<c>${workflow.min}</c>) is an error, as in
/// any template. Inside quotes, references in braces are filled in as text. The functions <c>success()</c>, <c>failure()</c>,
/// <c>always()</c> and <c>cancelled()</c> ask about the execution. The whole text may stand in <c>${{ }}</c>, <c>${ }</c> or <c>{{ }}</c>.
/// </para>
/// </summary>
public sealed class ExpressionEvaluator
{
    private const int MaxCached = 1_024;

    private readonly ExpressionLimits _limits;
    private readonly ConcurrentDictionary<string, ExpressionProgram> _programs = new(StringComparer.Ordinal);

    /// <summary>Makes an evaluator, which may be used from many threads at once.</summary>
    /// <param name="limits">Bounds on each evaluation.</param>
    public ExpressionEvaluator(ExpressionLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        _limits = limits;
    }

    /// <summary>The evaluator with the default limits.</summary>
    public static ExpressionEvaluator Default { get; } = new(new ExpressionLimits());

    /// <summary>
    /// Evaluates an expression to a truth value, by the rules of JavaScript: empty text, 0, null, undefined and NaN are false.
    /// </summary>
    /// <param name="expression">The expression.</param>
    /// <param name="scope">Knows the values.</param>
    /// <exception cref="ExpressionException">The expression is wrong or ran into a limit.</exception>
    /// <exception cref="TemplateException">A reference in braces has no value.</exception>
    public bool IsTrue(string expression, IConditionScope scope)
    {
        ArgumentNullException.ThrowIfNull(expression);
        ArgumentNullException.ThrowIfNull(scope);
        if (StatusFunctions.TryAnswer(ExpressionText.Unwrap(expression), scope) is { } answer)
        {
            return answer;
        }

        var program = Compile(expression);
        return program.TryEvaluateReference(scope, out var value)
            ? IsTruthy(value)
            : ExpressionSandbox.IsTrue(program, scope, _limits);
    }

    /// <summary>Evaluates an expression to a value; what JSON cannot hold (undefined, functions, NaN) becomes null.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="scope">Knows the values.</param>
    /// <exception cref="ExpressionException">The expression is wrong or ran into a limit.</exception>
    /// <exception cref="TemplateException">A reference in braces has no value.</exception>
    public JsonElement Evaluate(string expression, IConditionScope scope)
    {
        ArgumentNullException.ThrowIfNull(expression);
        ArgumentNullException.ThrowIfNull(scope);
        if (StatusFunctions.TryAnswer(ExpressionText.Unwrap(expression), scope) is { } answer)
        {
            return JsonSerializer.SerializeToElement(answer);
        }

        var program = Compile(expression);
        return program.TryEvaluateReference(scope, out var value) ? value : ExpressionSandbox.Evaluate(program, scope, _limits);
    }

    /// <summary>Says what is wrong with the form of an expression, without evaluating it.</summary>
    /// <param name="expression">The expression.</param>
    /// <returns>The problem; null when there is none.</returns>
    public string? FindProblem(string expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        try
        {
            Compile(expression);
            return null;
        }
        catch (ExpressionException e)
        {
            return e.Message;
        }
    }

    /// <summary>The distinct references of an expression, bare ones and those in braces; none when it is not valid.</summary>
    /// <param name="expression">The expression.</param>
    public IReadOnlyList<string> ListReferences(string expression) => TryCompile(expression)?.References ?? [];

    /// <summary>
    /// Whether an expression calls <c>always()</c>, <c>failure()</c> or <c>cancelled()</c>; a task with such an expression is asked even
    /// after a failure of a task it depends on. <c>success()</c> does not count: it would be false then.
    /// </summary>
    /// <param name="expression">The expression; false when it is not valid.</param>
    public static bool UsesStatusFunction(string expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        return StatusFunctions.MayBeUsed(expression) && Default.TryCompile(expression) is { UsesStatusFunction: true };
    }

    private ExpressionProgram? TryCompile(string expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        try
        {
            return Compile(expression);
        }
        catch (ExpressionException)
        {
            return null;
        }
    }

    private ExpressionProgram Compile(string expression)
    {
        if (_programs.TryGetValue(expression, out var program))
        {
            return program;
        }

        program = ExpressionCompiler.Compile(expression, _limits);
        // A workflow has few expressions; a full cache means generated ones, which are not worth a finer policy.
        if (_programs.Count >= MaxCached)
        {
            _programs.Clear();
        }

        _programs[expression] = program;
        return program;
    }

    private static bool IsTruthy(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.Object or JsonValueKind.Array => true,
        JsonValueKind.String => value.GetString()!.Length > 0,
        JsonValueKind.Number => value.GetDouble() != 0,
        _ => false,
    };
}
