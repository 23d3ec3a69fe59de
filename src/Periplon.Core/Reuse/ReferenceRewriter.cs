using System.Text;
using System.Text.Json;
using Periplon.Core.Inputs;
using Periplon.Core.Templates;

namespace Periplon.Core.Reuse;

/// <summary>Rewrites references in texts, before anything is filled in.</summary>
internal static class ReferenceRewriter
{
    /// <summary>
    /// The text with <c>${input.NAME}</c> as <c>${task.NAME}</c> for the inputs that a task declares: the task gets their values as its
    /// own, and a value that is a reference itself is followed when the task runs.
    /// </summary>
    internal static string InputsToTask(string text, Func<string, bool> isInput) => Rewrite(text, path =>
        path is { Root: "input", IsQualified: true } && path.Segments[1].Name is { } name && isInput(name)
            ? Braced(ReferencePath.Of([new ReferenceSegment("task", -1), .. path.Segments.Skip(1)]))
            : null);

    /// <summary>The text with <c>${env.NAME}</c> replaced by the values that a group gives.</summary>
    internal static string FillEnvironment(string text, IReadOnlyDictionary<string, string> environment) => Rewrite(text, path =>
        path is { Root: "env", Segments.Count: 2 } && path.Segments[1].Name is { } name && environment.TryGetValue(name, out var value)
            ? value
            : null);

    /// <summary>The same in every string of a value.</summary>
    internal static JsonElement FillEnvironment(JsonElement value, IReadOnlyDictionary<string, string> environment) =>
        environment.Count == 0
            ? value
            : new JsonRewriter(name => name, text => FillEnvironment(text, environment), _ => null).Rewrite(value);

    /// <summary>Whether any string of a value holds a reference, so that its type is only known when it is filled in.</summary>
    internal static bool HoldsReference(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Template.Parse(value.GetString()!).References.Count > 0,
        JsonValueKind.Array => value.EnumerateArray().Any(HoldsReference),
        JsonValueKind.Object => value.EnumerateObject().Any(member => HoldsReference(member.Value)),
        _ => false,
    };

    /// <summary>Whether a value is nothing but one reference, which may give any type.</summary>
    internal static bool IsReference(JsonElement value) =>
        value.ValueKind is JsonValueKind.String && TemplateParser.Parse(value.GetString()!) is [{ IsReference: true }];

    private static string Rewrite(string text, Func<ReferencePath, string?> replace)
    {
        var rewritten = new StringBuilder(text.Length);
        foreach (var part in TemplateParser.Parse(text))
        {
            rewritten.Append(part.IsReference && replace(part.Path!) is { } replaced ? replaced : part.Raw);
        }

        return rewritten.ToString();
    }

    private static string Braced(ReferencePath path) => $"${{{path.Text}}}";
}
