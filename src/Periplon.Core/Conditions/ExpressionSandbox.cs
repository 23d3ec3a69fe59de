using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Jint.Native;
using Jint.Runtime.Interop;
using Jint.Runtime;
using Jint;
using Periplon.Core.Names;
using Periplon.Core.Templates;

namespace Periplon.Core.Conditions;

/// <summary>Runs a program in an engine of its own: no host access, no clock, no chance, and bounds on everything.</summary>
internal static class ExpressionSandbox
{
    internal static bool IsTrue(ExpressionProgram program, IConditionScope scope, ExpressionLimits limits) =>
        Run(program, scope, limits, static (_, value, _) => TypeConverter.ToBoolean(value));

    internal static JsonElement Evaluate(ExpressionProgram program, IConditionScope scope, ExpressionLimits limits) =>
        Run(program, scope, limits, ToJson);

    private static T Run<T>(
        ExpressionProgram program, IConditionScope scope, ExpressionLimits limits, Func<Engine, JsValue, ExpressionLimits, T> convert)
    {
        try
        {
            using var engine = CreateEngine(limits);
            foreach (var function in StatusFunctions.All)
            {
                engine.SetValue(function, new ClrFunction(engine, function, (_, _) => StatusFunctions.Answer(function, scope)));
            }

            foreach (var slot in program.Slots)
            {
                engine.Advanced.AddLazyGlobal(slot.Variable, e => Resolve(e, program, slot, scope));
            }

            return convert(engine, engine.Evaluate(program.Script), limits);
        }
        catch (Exception e) when (FindProblem(e, limits) is { } problem)
        {
            throw new ExpressionException(program.Expression, problem, e);
        }
    }

    private static Engine CreateEngine(ExpressionLimits limits)
    {
        var engine = new Engine(options =>
        {
            options
                .LimitMemory(limits.MaxMemory)
                .TimeoutInterval(limits.Timeout)
                .MaxStatements(limits.MaxStatements)
                .LimitRecursion(limits.MaxRecursion)
                .DisableStringCompilation();
            options.Constraints.RegexTimeout = limits.RegexTimeout;
            options.Constraints.StackOverflowGuard = true;
            options.Constraints.MaxArraySize = (uint)limits.MaxItems;
            options.Culture = CultureInfo.InvariantCulture;
            options.TimeZone = TimeZoneInfo.Utc;
        });
        ExpressionLibrary.Restrict(engine, limits.MaxText);
        return engine;
    }

    private static JsValue Resolve(Engine engine, ExpressionProgram program, ExpressionSlot slot, IConditionScope scope)
    {
        if (!ExpressionReferences.TryResolve(slot, scope, out var json, out var used))
        {
            return ScopeNames.Contains(slot.Path.Root) ? JsValue.Undefined : throw UnknownName(program.Expression, slot.Path.Root);
        }

        if (slot.Kind is ExpressionSlotKind.Text)
        {
            return TemplateValues.ToText(json);
        }

        var value = ToJs(engine, json);
        foreach (var step in slot.Path.From(used))
        {
            if (value.IsNull() || value.IsUndefined())
            {
                return JsValue.Undefined;
            }

            value = engine.GetValue(value, step.IsIndex ? step.Index : (JsValue)step.Name);
        }

        return value;
    }

    private static ExpressionException UnknownName(string expression, string name)
    {
        var hint = name is "Date" or "Temporal" or "Intl"
            ? "Expressions have no clock: a recorded execution must give the same answers when it is replayed."
            : $"{NearestName.Suggest(name, ScopeNames.All)}References start with one of {string.Join(", ", ScopeNames.All)}; "
                + "text stands in quotes.";
        return new ExpressionException(expression, $"uses the unknown name '{name}'. {hint}");
    }

    private static JsValue ToJs(Engine engine, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.True => JsBoolean.True,
        JsonValueKind.False => JsBoolean.False,
        JsonValueKind.Object or JsonValueKind.Array => new Jint.Native.Json.JsonParser(engine).Parse(value.GetRawText()),
        _ => JsValue.Null,
    };

    private static JsonElement ToJson(Engine engine, JsValue value, ExpressionLimits limits)
    {
        if (new BoundedJson(engine, limits.MaxText).Write(value) is not { } json)
        {
            return JsonSerializer.SerializeToElement<object?>(null);
        }

        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    // Null for exceptions that are not about the expression; those go on as they are.
    private static string? FindProblem(Exception e, ExpressionLimits limits) => e switch
    {
        ExpressionException or TemplateException => null,
        StatementsCountOverflowException => $"runs more than {limits.MaxStatements} statements; does it loop for ever?",
        RecursionDepthOverflowException => $"recurses deeper than {limits.MaxRecursion} calls.",
        MemoryLimitExceededException or OutOfMemoryException =>
            $"needs more than {limits.MaxMemory / (1024 * 1024)} MiB of memory, or an array of more than {limits.MaxItems} items.",
        RegexMatchTimeoutException => $"has a regular expression whose match takes longer than {limits.RegexTimeout.TotalMilliseconds} ms.",
        TimeoutException => $"takes longer than {limits.Timeout.TotalMilliseconds} ms.",
        InsufficientExecutionStackException => "is nested too deep.",
        JavaScriptException error => $"failed: {error.Message}",
        JintException error => $"failed: {error.Message}",
        _ => null,
    };
}
