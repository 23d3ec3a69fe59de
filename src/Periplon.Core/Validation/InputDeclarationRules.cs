using System.Text.Json;
using System.Text.RegularExpressions;
using Periplon.Core.Inputs;
using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>Declarations of inputs. Their defaults are held to the rules that supplied values are held to.</summary>
internal static class InputDeclarationRules
{
    internal static void Check(ValidationContext context)
    {
        var workflow = context.Workflow;
        CheckInputs(context, workflow.Inputs, "inputs");
        foreach (var (id, agent) in workflow.Agents)
        {
            CheckInputs(context, agent.Inputs, $"agents.{id}.inputs");
        }

        foreach (var (id, subflow) in workflow.Subflows)
        {
            CheckInputs(context, subflow.Inputs, $"subflows.{id}.inputs");
        }
    }

    private static void CheckInputs(ValidationContext context, IReadOnlyDictionary<string, InputDefinition> inputs, string path)
    {
        foreach (var (name, input) in inputs)
        {
            CheckInput(context, $"{path}.{name}", name, input);
        }
    }

    private static void CheckInput(ValidationContext context, string path, string name, InputDefinition input)
    {
        if (!InputTypes.All.Contains(input.Type))
        {
            context.Report.Warning(
                ValidationCodes.InputTypeUnknown,
                $"{path}.type",
                $"Input '{name}' has the type '{input.Type}', which does not exist; its values are not checked.",
                context.Names.Hint(input.Type, InputTypes.All, InputTypes.All.Count, "types"));
        }

        if (input is { Secret: true, Type: InputTypes.Boolean })
        {
            context.Report.Warning(
                ValidationCodes.InputSecretBoolean,
                path,
                $"Input '{name}' is a secret boolean, whose value is not masked: every 'true' and 'false' would have to be.",
                "Make it a string, or leave 'secret' out.");
        }

        if (input.Min > input.Max || input.MinLength > input.MaxLength || input.MinLength < 0 || input.MaxLength < 0)
        {
            context.Report.Error(
                ValidationCodes.InputBoundsCrossed,
                path,
                $"The bounds of input '{name}' leave no value.",
                "Give 'min' and 'min_length' values up to 'max' and 'max_length', and lengths of 0 or more.");
        }

        var isPatternRight = CheckPattern(context, path, name, input.Pattern);
        if (input.Default is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } value)
        {
            CheckDefault(context, $"{path}.default", name, isPatternRight ? input : input with { Pattern = null }, value);
        }
    }

    private static bool CheckPattern(ValidationContext context, string path, string name, string? pattern)
    {
        if (pattern is null)
        {
            return true;
        }

        try
        {
            // Parsed, never matched: no text can make this slow.
            _ = new Regex(pattern, RegexOptions.CultureInvariant);
            return true;
        }
        catch (ArgumentException problem)
        {
            context.Report.Error(
                ValidationCodes.InputPatternInvalid,
                $"{path}.pattern",
                $"The pattern of input '{name}' is not a regular expression: {problem.Message}",
                "Correct the expression, or put a backslash before characters that are meant as they stand.");
            return false;
        }
    }

    private static void CheckDefault(ValidationContext context, string path, string name, InputDefinition input, JsonElement value)
    {
        // Only a warning: earlier versions loaded such files, and they run when a value is supplied.
        if (!InputTypes.Accepts(input.Type, value))
        {
            context.Report.Warning(
                ValidationCodes.InputDefaultType,
                path,
                $"The default of input '{name}' {InputRules.Check(input, value).First()}",
                "Correct the type or the default; a text that looks like a number needs quotes.");
            return;
        }

        foreach (var problem in InputRules.Check(input, value))
        {
            context.Report.Error(
                ValidationCodes.InputDefaultConstraint,
                path,
                $"The default of input '{name}' {problem}",
                "Give a default that the declaration allows.");
        }
    }
}
