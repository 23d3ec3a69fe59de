using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Engine.Tasks.Collections;

namespace Periplon.Engine.Triggers;

/// <summary>Takes the inputs of an execution from the document of a trigger.</summary>
internal static class TriggerInputs
{
    /// <summary>The input that gets the whole body when a trigger maps none.</summary>
    public const string WholeInput = "payload";

    /// <summary>
    /// The values of mapped inputs. A path that leads nowhere leaves its input out, so that the workflow's default counts.
    /// </summary>
    public static Dictionary<string, JsonElement> Of(IReadOnlyDictionary<string, InputSource> sources, JsonElement document)
    {
        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (name, source) in sources)
        {
            if (((source.Path is { } path ? Find(document, path) : null) ?? source.Value) is { } value)
            {
                values[name] = value;
            }
        }

        return values;
    }

    /// <summary>The value at a path; null when there is none.</summary>
    public static JsonElement? Find(JsonElement document, string path)
    {
        try
        {
            return JsonPath.Follow(document, path);
        }
        catch (CollectionException)
        {
            return null;
        }
    }

    /// <summary>The value at a path as text: of a string its content, of a number or boolean what it is written as.</summary>
    public static string? FindText(JsonElement document, string path) => Find(document, path) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } value => value.GetRawText(),
        _ => null,
    };

    public static byte[] ToUtf8(IReadOnlyDictionary<string, JsonElement> values) =>
        JsonSerializer.SerializeToUtf8Bytes(values, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement);
}
