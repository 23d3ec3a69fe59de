using System.Text.Json;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Inputs;

/// <summary>The inputs that a workflow declares as secret, and what of their values must not be shown.</summary>
public static class SecretInputs
{
    /// <summary>What stands for a secret.</summary>
    public const string Mark = "***";

    private static readonly string[] Roots = ["workflow", "input", "inputs"];
    private static readonly JsonElement MarkValue = JsonSerializer.SerializeToElement(Mark);

    /// <summary>Names of the secret inputs; null when there are none.</summary>
    /// <param name="workflow">The workflow.</param>
    public static IReadOnlyList<string>? NamesOf(WorkflowDefinition workflow)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        string[] names = [.. workflow.Inputs.Where(input => InputTypes.IsSecret(input.Value)).Select(input => input.Key)];
        return names.Length is 0 ? null : names;
    }

    /// <summary>Input values as they may be shown: each secret one is replaced whole.</summary>
    /// <param name="values">Values by name.</param>
    /// <param name="secret">Names of the secret ones.</param>
    public static IReadOnlyDictionary<string, JsonElement> Mask(
        IReadOnlyDictionary<string, JsonElement> values, IReadOnlyList<string>? secret)
    {
        ArgumentNullException.ThrowIfNull(values);
        return secret is null or []
            ? values
            : values.ToDictionary(pair => pair.Key, pair => secret.Contains(pair.Key) ? MarkValue : pair.Value, StringComparer.Ordinal);
    }

    /// <summary>
    /// The texts to mask in what a task prints: of the inputs themselves, of their members, and of all inside objects and arrays.
    /// </summary>
    /// <param name="workflow">Declares the inputs.</param>
    /// <param name="values">Values by reference, as the task's texts write it.</param>
    public static IEnumerable<string> TextsOf(WorkflowDefinition workflow, IReadOnlyDictionary<string, JsonElement> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return NamesOf(workflow) is not { } secret
            ? []
            : values.Where(value => MeansOneOf(secret, value.Key)).SelectMany(value => TextsOf(value.Value)).Distinct(StringComparer.Ordinal);
    }

    /// <summary>The texts in a secret value: those of its leaves, for names and punctuation around them hide nothing.</summary>
    internal static IEnumerable<string> TextsOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(member => TextsOf(member.Value)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(TextsOf),
        // Masking the words true and false would only destroy text.
        JsonValueKind.String or JsonValueKind.Number => [TemplateValues.ToText(value)],
        _ => [],
    };

    private static bool MeansOneOf(IReadOnlyList<string> names, string reference)
    {
        if (!ReferencePath.TryParse(reference, out var path))
        {
            return names.Contains(reference);
        }

        return names.Contains(path.Root)
            || (path.Segments is [_, { Name: { } name }, ..] && Roots.Contains(path.Root) && names.Contains(name));
    }
}
