using System.Text.Json.Nodes;

namespace Periplon.Core.Yaml.Shapes;

/// <summary>The fields of a mapping for the schema: every question becomes a property.</summary>
internal sealed class DescribedFields(SchemaDefinitions definitions) : Fields
{
    private readonly JsonObject _properties = [];
    private readonly List<string> _required = [];
    private readonly List<JsonNode> _rules = [];

    internal override Cursor? At => null;

    /// <summary>Adds the property that tells the kinds of a union apart.</summary>
    internal void AddTag(string tag, string word)
    {
        _properties[tag] = new JsonObject { ["enum"] = new JsonArray(word) };
        _required.Add(tag);
    }

    internal JsonObject ToSchema()
    {
        var schema = new JsonObject { ["type"] = "object", ["properties"] = _properties };
        if (definitions.IsStrict)
        {
            schema["patternProperties"] = new JsonObject { ["^x-"] = new JsonObject() };
            schema["additionalProperties"] = false;
        }

        if (_required.Count > 0)
        {
            schema["required"] = new JsonArray([.. _required.Select(name => (JsonNode)name)]);
        }

        if (_rules.Count > 0)
        {
            schema["allOf"] = new JsonArray([.. _rules]);
        }

        return schema;
    }

    internal override void ExactlyOne(string first, string second, string? hint = null) =>
        _rules.Add(SchemaForms.ExactlyOne(first, second));

    protected override bool TryFind<T>(FieldNote note, Shape<T> shape, out T value)
    {
        value = default!;
        var property = shape.Describe(definitions);
        if (shape.AcceptsNull || !note.IsRequired)
        {
            property = SchemaForms.OrNull(property);
        }

        property["description"] = note.Doc;
        if (note.Default is T fallback && shape.Write(fallback) is { } word)
        {
            property["default"] = word;
        }

        _properties[note.Name] = property;
        if (note.Alias is { } alias)
        {
            var same = (JsonObject)property.DeepClone();
            same["description"] = $"Same as {note.Name}.";
            _properties[alias] = same;
            _rules.Add(note.IsRequired ? SchemaForms.ExactlyOne(note.Name, alias) : SchemaForms.NotBoth(note.Name, alias));
        }
        else if (note.IsRequired)
        {
            _required.Add(note.Name);
        }

        return false;
    }
}

/// <summary>Finds out whether a mapping may be empty: whether none of its fields must be there.</summary>
internal sealed class RequiredFields : Fields
{
    internal bool Any { get; private set; }

    internal override Cursor? At => null;

    internal override void ExactlyOne(string first, string second, string? hint = null) => Any = true;

    protected override bool TryFind<T>(FieldNote note, Shape<T> shape, out T value)
    {
        value = default!;
        Any |= note.IsRequired;
        return false;
    }
}
