using System.Text.Json;

namespace Periplon.Core.Inputs;

/// <summary>Masks the values of secret inputs inside other values, as they are and inside longer texts.</summary>
internal sealed class SecretTexts
{
    // Shorter ones occur everywhere: they are masked where they are a whole value only.
    private const int MinLengthInside = 4;

    private readonly string[] _texts;
    private readonly JsonRewriter _rewriter;

    private SecretTexts(string[] texts)
    {
        _texts = texts;
        _rewriter = new JsonRewriter(MaskInside, MaskText, MaskNumber);
    }

    /// <summary>The texts of the secret ones among some inputs; null when there is nothing to mask.</summary>
    public static SecretTexts? Of(IReadOnlyDictionary<string, JsonElement> inputs, IReadOnlyList<string>? secret)
    {
        // The longest first: of two that begin at the same place, the longer one hides more.
        string[] texts =
        [
            .. (secret ?? []).Where(inputs.ContainsKey).SelectMany(name => SecretInputs.TextsOf(inputs[name]))
                .Where(text => text.Length > 0).Distinct(StringComparer.Ordinal).OrderByDescending(text => text.Length),
        ];
        return texts.Length is 0 ? null : new SecretTexts(texts);
    }

    public JsonElement Mask(JsonElement value) => _rewriter.Rewrite(value);

    private string MaskText(string text) => _texts.Contains(text) ? SecretInputs.Mark : MaskInside(text);

    private string? MaskNumber(string number) => number.Length >= MinLengthInside && _texts.Contains(number) ? SecretInputs.Mark : null;

    private string MaskInside(string text) => _texts.Where(secret => secret.Length >= MinLengthInside)
        .Aggregate(text, (masked, secret) => masked.Replace(secret, SecretInputs.Mark, StringComparison.Ordinal));
}
