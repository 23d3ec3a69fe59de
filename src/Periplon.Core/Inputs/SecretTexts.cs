using System.Text.Json;
using Periplon.Core.Secrets;

namespace Periplon.Core.Inputs;

/// <summary>Masks the values of secret inputs inside other values, by the rules of <see cref="SecretMask"/>.</summary>
public sealed class SecretTexts
{
    private readonly SecretMask _mask;

    private SecretTexts(SecretMask mask) => _mask = mask;

    /// <summary>The texts of the secret ones among some inputs; null when there is nothing to mask.</summary>
    /// <param name="inputs">All inputs.</param>
    /// <param name="secret">Names of the secret ones.</param>
    public static SecretTexts? Of(IReadOnlyDictionary<string, JsonElement> inputs, IReadOnlyList<string>? secret)
    {
        if (secret is null or [])
        {
            return null;
        }

        var mask = new SecretMask(secret.Where(inputs.ContainsKey).SelectMany(name => SecretInputs.TextsOf(inputs[name])));
        return mask.IsEmpty ? null : new SecretTexts(mask);
    }

    /// <summary>The text without the secrets in it.</summary>
    /// <param name="text">Any text.</param>
    public string Mask(string text) => _mask.Mask(text);

    /// <summary>The value without the secrets in it.</summary>
    /// <param name="value">Any value.</param>
    public JsonElement Mask(JsonElement value) => _mask.Mask(value);
}
