using System.Text.Json.Nodes;

namespace Periplon.Core.Yaml.Shapes;

/// <summary>Forms that come back throughout the schema.</summary>
internal static class SchemaForms
{
    /// <summary>A number between quotes.</summary>
    internal const string NumberText = @"^[-+]?(0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?)$";

    /// <summary>Any single value.</summary>
    internal static JsonObject AnyScalar => new() { ["type"] = new JsonArray("string", "number", "boolean") };

    /// <summary>The same schema, with nothing as one more value.</summary>
    internal static JsonObject OrNull(JsonObject schema)
    {
        switch (schema)
        {
            case { Count: 0 }:
                break;
            case var _ when schema["type"] is { } type && schema["enum"] is null:
                var types = type as JsonArray ?? [type.DeepClone()];
                if (!types.Any(word => (string?)word == "null"))
                {
                    types.Add("null");
                }

                schema["type"] = types.Parent is null ? types : schema["type"];
                break;
            case var _ when schema["anyOf"] is JsonArray options:
                if (!options.Any(option => option is JsonObject { Count: 1 } && (string?)(option["type"] as JsonValue) == "null"))
                {
                    options.Add(Null());
                }

                break;
            default:
                return new JsonObject { ["anyOf"] = new JsonArray(schema, Null()) };
        }

        return schema;
    }

    /// <summary>The schema of a shape where an empty value is read like any other.</summary>
    internal static JsonObject Inside<T>(Shape<T> shape, SchemaDefinitions definitions) =>
        shape.ReadsNull ? OrNull(shape.Describe(definitions)) : shape.Describe(definitions);

    /// <summary>Exactly one of two fields.</summary>
    internal static JsonObject ExactlyOne(string first, string second) => new() { ["oneOf"] = new JsonArray(Needs(first), Needs(second)) };

    /// <summary>Not both of two fields.</summary>
    internal static JsonObject NotBoth(string first, string second) =>
        new() { ["not"] = new JsonObject { ["required"] = new JsonArray(first, second) } };

    /// <summary>The same schema for mappings that lack all of some fields; another schema is meant for those.</summary>
    internal static JsonObject Without(JsonObject schema, params string[] names) => new()
    {
        ["allOf"] = new JsonArray([schema, .. names.Select(name => new JsonObject { ["not"] = Needs(name) })]),
    };

    private static JsonObject Needs(string name) => new() { ["required"] = new JsonArray(name) };

    private static JsonObject Null() => new() { ["type"] = "null" };
}
