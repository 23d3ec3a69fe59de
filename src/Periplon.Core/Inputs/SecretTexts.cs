using System.Text.Json;
using Periplon.Core.Secrets;

namespace Periplon.Core.Inputs;

/// <summary>Masks the values of secret inputs inside other values, by the rules of <see cref="SecretMask"/>.</summary>
internal sealed class SecretTexts
{
    private readonly SecretMask _mask;

    private SecretTexts(SecretMask mask) => _mask = mask;

    /// <summary>The texts of the secret ones among some inputs; null when there is nothing to mask.</summary>
    public static SecretTexts? Of(IReadOnlyDictionary<string, JsonElement> inputs, IReadOnlyList<string>? secret)
    {
        if (secret is null or [])
        {
            return null;
        }

        var mask = new SecretMask(secret.Where(inputs.ContainsKey).SelectMany(name => SecretInputs.TextsOf(inputs[name])));
        return mask.IsEmpty ? null : new SecretTexts(mask);
    }

    public JsonElement Mask(JsonElement value) => _mask.Mask(value);
}
