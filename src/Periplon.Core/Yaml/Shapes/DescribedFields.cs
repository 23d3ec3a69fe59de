using System.Text.Json.Nodes;

namespace Periplon.Core.Yaml.Shapes;

/// <summary>The fields of a mapping for the schema: every question becomes a property.</summary>
internal sealed class DescribedFields(SchemaDefinitions definitions) : Fields
{
    private readonly JsonObject _properties = [];
    private readonly List<string> _required = [];
    private readonly List<JsonNode> _either = [];

    internal override Cursor? At => null;

    /// <summary>Adds the property that tells the kinds of a union apart.</summary>
    internal void AddTag(string tag, string word)
    {
        _properties[tag] = new JsonObject { ["const"] = word };
        _required.Add(tag);
    }

    internal JsonObject ToSchema()
    {
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = _properties,
            ["patternProperties"] = new JsonObject { ["^x-"] = new JsonObject() },
            ["additionalProperties"] = false,
        };
        if (_required.Count > 0)
        {
            schema["required"] = new JsonArray([.. _required.Select(name => (JsonNode)name)]);
        }

        if (_either.Count > 0)
        {
            schema["allOf"] = new JsonArray([.. _either]);
        }

        return schema;
    }

    protected override bool TryFind<T>(FieldNote note, Shape<T> shape, out T value)
    {
        value = default!;
        var property = shape.Describe(definitions);
        property["description"] = note.Doc;
        switch (note.Default)
        {
            case bool truth:
                property["default"] = truth;
                break;
            case string text:
                property["default"] = text;
                break;
            case int or long or double:
                property["default"] = Convert.ToDouble(note.Default, null);
                break;
        }

        _properties[note.Name] = property;
        if (note.Alias is { } alias)
        {
            var same = (JsonObject)property.DeepClone();
            same["description"] = $"Same as {note.Name}.";
            _properties[alias] = same;
        }

        if (note is { IsRequired: true, Alias: { } other })
        {
            _either.Add(new JsonObject { ["anyOf"] = new JsonArray(Needs(note.Name), Needs(other)) });
        }
        else if (note.IsRequired)
        {
            _required.Add(note.Name);
        }

        return false;
    }

    private static JsonObject Needs(string name) => new() { ["required"] = new JsonArray(name) };
}
