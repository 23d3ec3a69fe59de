using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Secrets;

namespace Periplon.Core.Inputs;

/// <summary>Masks the values of secret inputs inside other values, by the rules of <see cref="SecretMask"/>.</summary>
public sealed class SecretTexts
{
    private readonly SecretMask _mask;

    private SecretTexts(SecretMask mask) => _mask = mask;

    /// <summary>What must not be shown of an execution's secret inputs; null when there is nothing to mask.</summary>
    /// <param name="created">The execution's beginning.</param>
    public static SecretTexts? Of(ExecutionCreated created)
    {
        ArgumentNullException.ThrowIfNull(created);
        return Of(created.Inputs, created.SecretInputs);
    }

    /// <summary>The texts of the secret ones among some inputs; null when there is nothing to mask.</summary>
    /// <param name="inputs">All inputs.</param>
    /// <param name="secret">Names of the secret ones.</param>
    public static SecretTexts? Of(IReadOnlyDictionary<string, JsonElement> inputs, IReadOnlyList<string>? secret)
    {
        if (secret is null or [])
        {
            return null;
        }

        var mask = new SecretMask(ListOf(inputs, secret));
        return mask.IsEmpty ? null : new SecretTexts(mask);
    }

    /// <summary>The texts themselves, for the mask of a worker.</summary>
    /// <param name="inputs">All inputs.</param>
    /// <param name="secret">Names of the secret ones.</param>
    public static IReadOnlyList<string> ListOf(IReadOnlyDictionary<string, JsonElement> inputs, IReadOnlyList<string>? secret)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return [.. (secret ?? []).Where(inputs.ContainsKey).SelectMany(name => SecretInputs.TextsOf(inputs[name])).Distinct()];
    }

    /// <summary>The text without the secrets in it.</summary>
    /// <param name="text">Any text.</param>
    public string Mask(string text) => _mask.Mask(text);

    /// <summary>The value without the secrets in it.</summary>
    /// <param name="value">Any value.</param>
    public JsonElement Mask(JsonElement value) => _mask.Mask(value);

    /// <summary>The values without the secrets in them.</summary>
    /// <param name="values">Any values by name.</param>
    public IReadOnlyDictionary<string, JsonElement> Mask(IReadOnlyDictionary<string, JsonElement> values) =>
        values.ToDictionary(value => value.Key, value => Mask(value.Value), StringComparer.Ordinal);

    /// <summary>An output without the secrets in its text and values.</summary>
    /// <param name="output">Any output.</param>
    public TaskOutput Mask(TaskOutput output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return output with
        {
            Text = output.Text is { } text ? Mask(text) : null,
            Values = output.Values is { } values ? Mask(values) : null,
            State = output.State is { } state ? Mask(state) : null,
        };
    }
}
