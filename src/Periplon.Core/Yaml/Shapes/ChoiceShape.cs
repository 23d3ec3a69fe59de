using System.Text.Json.Nodes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Shapes;

/// <summary>One word of a closed list, spelled exactly.</summary>
/// <param name="options">The words and what each means.</param>
internal sealed class ChoiceShape<T>(params (string Word, T Value)[] options) : Shape<T>
{
    /// <summary>Whether upper and lower case are the same. Default: false.</summary>
    internal bool AnyCase { get; init; }

    internal override T Read(Cursor at)
    {
        if (at.Node is not ScalarNode scalar)
        {
            at.Error(DiagnosticCodes.WrongType, $"{at.Name} must be one of {Words}; found {at.Found}.");
            return default!;
        }

        var comparison = AnyCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        foreach (var (word, value) in options)
        {
            if (string.Equals(word, scalar.Text, comparison))
            {
                return value;
            }
        }

        at.Error(DiagnosticCodes.NotAllowed, $"{at.Name} must be one of {Words}; found {at.Found}.",
            Wording.DidYouMean(scalar.Text, options.Select(option => option.Word)));
        return default!;
    }

    internal override JsonObject Describe(SchemaDefinitions definitions)
    {
        var words = new JsonObject { ["enum"] = new JsonArray([.. options.Select(option => (JsonNode)option.Word)]) };
        var others = string.Join('|', options.Select(option => string.Concat(option.Word.Select(letter =>
            char.IsAsciiLetter(letter) ? $"[{char.ToUpperInvariant(letter)}{char.ToLowerInvariant(letter)}]" : $"{letter}"))));
        return AnyCase
            ? new JsonObject { ["anyOf"] = new JsonArray(words, new JsonObject { ["type"] = "string", ["pattern"] = $"^({others})$" }) }
            : words;
    }

    internal override JsonObject DescribeScalar(SchemaDefinitions definitions) => Describe(definitions);

    internal override JsonNode? Write(T value) =>
        options.FirstOrDefault(option => EqualityComparer<T>.Default.Equals(option.Value, value)).Word;

    private string Words => Wording.Names(options.Select(option => option.Word));
}

/// <summary>Closed lists of words that the model keeps as text.</summary>
internal static class Choice
{
    internal static Shape<string> Of(params string[] words) => new ChoiceShape<string>([.. words.Select(word => (word, word))]);
}
