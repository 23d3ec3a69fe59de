using System.Text.Json;
using Periplon.Core.Inputs;
using Periplon.Core.Validation;
using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>Compares the inputs that a task gives with those that a predefined task or a group's workflow declares.</summary>
/// <param name="report">Takes the findings.</param>
/// <param name="user">Who gives the inputs, for messages.</param>
/// <param name="path">Path of the task that gives them.</param>
internal sealed class TaskInputs(ValidationReport report, string user, string path)
{
    internal void Check(IReadOnlyDictionary<string, InputDefinition> declared, IReadOnlyDictionary<string, JsonElement> given)
    {
        foreach (var (name, definition) in declared)
        {
            if (given.TryGetValue(name, out var value) && value.ValueKind is not JsonValueKind.Null)
            {
                CheckValue(name, definition, value);
            }
            else if (definition is { Required: true, Default: null })
            {
                report.Error(
                    ReuseCodes.InputMissing,
                    given.ContainsKey(name) ? $"{path}.inputs.{name}" : path,
                    $"{user} without its required input '{name}'.",
                    $"Add '{name}' to the task's 'inputs', of type {definition.Type}.");
            }
        }

        foreach (var name in given.Keys.Where(name => !declared.ContainsKey(name)))
        {
            report.Warning(
                ReuseCodes.InputUndeclared,
                $"{path}.inputs.{name}",
                $"{user} with the input '{name}', which it does not declare.",
                new NameHints().Hint(name, declared.Keys, declared.Count, "inputs"));
        }
    }

    // What a reference gives is known when the task runs; text around it makes a string of it in any case.
    private void CheckValue(string name, InputDefinition definition, JsonElement value)
    {
        if (ReferenceRewriter.IsReference(value))
        {
            return;
        }

        if (ReferenceRewriter.HoldsReference(value))
        {
            definition = new InputDefinition { Type = definition.Type, Secret = definition.Secret };
        }

        foreach (var problem in InputRules.Check(definition, value))
        {
            report.Error(
                ReuseCodes.InputWrong, $"{path}.inputs.{name}", $"{user}, but its input '{name}' {problem}", definition.Description);
        }
    }
}
