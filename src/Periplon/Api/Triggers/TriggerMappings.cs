using System.Text.Json;
using Periplon.Api.Requests;
using Periplon.Engine.Tasks.Collections;
using Periplon.Engine.Triggers;

namespace Periplon.Api.Triggers;

/// <summary>Reads and writes where inputs come from: a path, or an object of path, default and value.</summary>
internal static class TriggerMappings
{
    private const int MaxInputs = 128;

    public static IReadOnlyDictionary<string, InputSource>? Read(
        Dictionary<string, JsonElement>? inputs, IReadOnlyList<string> roots, QueryReader fields)
    {
        if (inputs?.Count > MaxInputs)
        {
            fields.Refuse("inputs", $"has {inputs.Count} entries; at most {MaxInputs} are allowed");
        }

        return inputs?.ToDictionary(input => input.Key, input => ReadOne($"inputs.{input.Key}", input.Value, roots, fields));
    }

    public static JsonElement Write(InputSource source)
    {
        if (source is { Path: { } path, Value: null })
        {
            return JsonSerializer.SerializeToElement(path, ApiJson.Default.String);
        }

        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (source.Path is not null)
            {
                writer.WriteString("path", source.Path);
            }

            writer.WritePropertyName(source.Path is null ? "value" : "default");
            source.Value!.Value.WriteTo(writer);
            writer.WriteEndObject();
        }

        return JsonElement.Parse(buffer.ToArray());
    }

    /// <summary>Checks a path: it begins with a part of the document, and its indexes are written right.</summary>
    public static void CheckPath(string name, string path, IReadOnlyList<string> roots, QueryReader fields)
    {
        var first = path.Trim().TrimStart('$').TrimStart('.').Split('.', '[')[0].Trim();
        if (!roots.Contains(first))
        {
            fields.Refuse(name, $"'{path}' begins with '{first}'; a path begins with one of {string.Join(", ", roots)}");
        }

        if (JsonPath.FindProblem(path) is { } problem)
        {
            fields.Refuse(name, problem);
        }
    }

    private static InputSource ReadOne(string name, JsonElement value, IReadOnlyList<string> roots, QueryReader fields)
    {
        if (value.ValueKind is JsonValueKind.String)
        {
            CheckPath(name, value.GetString()!, roots, fields);
            return new InputSource { Path = value.GetString() };
        }

        if (value.ValueKind is not JsonValueKind.Object)
        {
            fields.Refuse(name, "must be a path such as \"body.id\", or an object with path and default, or with value");
            return new InputSource();
        }

        var members = value.EnumerateObject().ToDictionary(member => member.Name, member => member.Value);
        foreach (var unknown in members.Keys.Except(["path", "default", "value"]))
        {
            fields.Refuse($"{name}.{unknown}", "is not known; allowed are path, default, value");
        }

        var hasPath = members.TryGetValue("path", out var path);
        if (hasPath == members.ContainsKey("value") || (members.ContainsKey("default") && !hasPath))
        {
            fields.Refuse(name, "must have either path, with or without default, or value");
        }

        if (hasPath && path.ValueKind is not JsonValueKind.String)
        {
            fields.Refuse($"{name}.path", "must be a text");
            return new InputSource();
        }

        if (hasPath)
        {
            CheckPath($"{name}.path", path.GetString()!, roots, fields);
        }

        if (members.TryGetValue(hasPath ? "default" : "value", out var given) && given.ValueKind is JsonValueKind.Null)
        {
            fields.Refuse($"{name}.{(hasPath ? "default" : "value")}", "must not be null; leave it out instead");
        }

        return new InputSource
        {
            Path = hasPath ? path.GetString() : null,
            Value = members.TryGetValue(hasPath ? "default" : "value", out var constant) ? constant : null,
        };
    }
}
