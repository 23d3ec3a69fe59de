using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Periplon.Tests.Configuration;

namespace Periplon.Tests.Documentation;

/// <summary>A workflow file inside <c>docs/language.md</c>, with the end that the comment above it declares.</summary>
/// <param name="Name">The workflow's name.</param>
/// <param name="Text">The file.</param>
/// <param name="Status">How it ends; null for one that is only checked.</param>
/// <param name="Outputs">The declared outputs.</param>
/// <param name="Inputs">The inputs that it is given.</param>
internal sealed partial record LanguageExample(string Name, string Text, string? Status, JsonObject Outputs, JsonObject Inputs)
{
    public static string Document { get; } = File.ReadAllText(Repository.PathOf("docs/language.md"));

    public static IReadOnlyList<LanguageExample> All { get; } = [.. ExamplePattern().Matches(Document).Select(Make)];

    /// <summary>Number of all YAML blocks, also of those without a declaration.</summary>
    public static int BlockCount => BlockPattern().Count(Document);

    public static LanguageExample Find(string name) => All.Single(example => example.Name == name);

    private static LanguageExample Make(Match match)
    {
        var text = match.Groups["yaml"].Value;
        return new LanguageExample(
            NamePattern().Match(text).Groups["name"].Value,
            text,
            match.Groups["status"] is { Success: true, Value: var status } ? status : null,
            Json(match.Groups["outputs"]),
            Json(match.Groups["inputs"]));
    }

    private static JsonObject Json(Group group) => group.Success ? JsonNode.Parse(group.Value)!.AsObject() : [];

    [GeneratedRegex(
        """<!-- (?:runs: (?<status>\w+) (?<outputs>\{.*?\})(?: with (?<inputs>\{.*?\}))?|valid) -->\n```yaml\n(?<yaml>.*?)^```$""",
        RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex ExamplePattern();

    [GeneratedRegex("^```yaml$", RegexOptions.Multiline)]
    private static partial Regex BlockPattern();

    [GeneratedRegex("^name: (?<name>.+)$", RegexOptions.Multiline)]
    private static partial Regex NamePattern();
}
