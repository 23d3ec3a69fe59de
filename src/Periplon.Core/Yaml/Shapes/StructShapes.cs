using System.Text.Json.Nodes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Shapes;

/// <summary>A mapping with known fields.</summary>
/// <param name="name">Name of the schema's definition.</param>
/// <param name="build">Asks for the fields and makes the value of them.</param>
internal sealed class StructShape<T>(string name, Func<Fields, T> build) : Shape<T>
{
    /// <summary>What to write instead of a single value or list, where people often write one.</summary>
    internal string? Hint { get; init; }

    internal override bool ReadsNull
    {
        get
        {
            var fields = new RequiredFields();
            build(fields);
            return !fields.Any;
        }
    }

    internal override T Read(Cursor at)
    {
        var map = at.Node as MapNode;
        if (map is null && !at.IsNull)
        {
            at.Error(DiagnosticCodes.WrongType, $"{at.Name} must be a mapping with fields; found {at.Found}.", Hint);
            return default!;
        }

        var fields = new ReadFields(at, map ?? MapNode.Empty(at.Node.At));
        var value = build(fields);
        fields.Finish();
        return value;
    }

    internal override JsonObject Describe(SchemaDefinitions definitions) => definitions.Refer(name, () =>
    {
        var fields = new DescribedFields(definitions);
        build(fields);
        return fields.ToSchema();
    });
}

/// <summary>A mapping whose fields depend on one of them, such as <c>type</c>.</summary>
/// <param name="name">Name of the schema's definition.</param>
/// <param name="tag">The field that tells the kinds apart.</param>
/// <param name="kinds">The kinds and the fields of each.</param>
internal sealed class UnionShape<T>(string name, string tag, params (string Word, Func<Fields, T> Build)[] kinds) : Shape<T>
{
    internal override T Read(Cursor at)
    {
        if (at.Node is not MapNode map)
        {
            at.Error(DiagnosticCodes.WrongType, $"{at.Name} must be a mapping with the field '{tag}'; found {at.Found}.",
                $"Allowed for '{tag}': {Words}.");
            return default!;
        }

        if (map.Find(tag) is not { } entry)
        {
            at.Reading.Error(DiagnosticCodes.MissingField, $"{at.Name} needs the field '{tag}'.", at.KeyAt, at.PathOf(tag),
                $"Allowed: {Words}.");
            return default!;
        }

        var chosen = at.Entry(entry);
        var word = (entry.Value as ScalarNode)?.Text;
        foreach (var kind in kinds)
        {
            if (kind.Word == word)
            {
                var fields = new ReadFields(at, map);
                fields.Know(tag);
                var value = kind.Build(fields);
                fields.Finish();
                return value;
            }
        }

        chosen.Error(DiagnosticCodes.NotAllowed, $"{chosen.Name} must be one of {Words}; found {chosen.Found}.",
            word is null ? null : Wording.DidYouMean(word, kinds.Select(kind => kind.Word)));
        return default!;
    }

    internal override JsonObject Describe(SchemaDefinitions definitions) => definitions.Refer(name, () =>
    {
        var options = new JsonArray();
        foreach (var kind in kinds)
        {
            var fields = new DescribedFields(definitions);
            fields.AddTag(tag, kind.Word);
            kind.Build(fields);
            var option = fields.ToSchema();
            option.Insert(0, "title", kind.Word);
            options.Add(option);
        }

        return new JsonObject { ["anyOf"] = options };
    });

    private string Words => Wording.Names(kinds.Select(kind => kind.Word));
}

/// <summary>A value that may be written as a scalar, a list or a mapping, each with a shape of its own.</summary>
internal sealed class ByKindShape<T>(Shape<T>? scalar, Shape<T>? list, Shape<T>? map) : Shape<T>
{
    internal override T Read(Cursor at)
    {
        var shape = at.Node switch { ScalarNode => scalar ?? (at.IsNull ? map : null), ListNode => list, _ => map };
        if (shape is not null)
        {
            return shape.Read(at);
        }

        string?[] allowed = [scalar is null ? null : "a single value", list is null ? null : "a list", map is null ? null : "a mapping"];
        at.Error(DiagnosticCodes.WrongType, $"{at.Name} must be {string.Join(" or ", allowed.OfType<string>())}; found {at.Found}.");
        return default!;
    }

    internal override bool ReadsNull => (scalar ?? map)?.ReadsNull ?? false;

    internal override JsonObject Describe(SchemaDefinitions definitions)
    {
        JsonObject?[] kinds =
        [
            scalar?.DescribeScalar(definitions),
            list is null ? null : Either(list.Describe(definitions), "array"),
            map is null ? null : Either(map.Describe(definitions), "object"),
        ];
        return new JsonObject { ["anyOf"] = new JsonArray([.. kinds.OfType<JsonObject>()]) };
    }

    internal override JsonObject? DescribeScalar(SchemaDefinitions definitions) => scalar?.DescribeScalar(definitions);

    // A shape of anything stands here only for one kind of value.
    private static JsonObject Either(JsonObject described, string kind) =>
        described.Count == 0 ? new JsonObject { ["type"] = kind } : described;
}

/// <summary>A shape with code of its own, for the few places that no table describes.</summary>
/// <param name="read">Reads a value.</param>
/// <param name="describe">The schema of the values.</param>
/// <param name="describeScalar">The schema of the single values among them; none means the same.</param>
internal sealed class CustomShape<T>(
    Func<Cursor, T> read, Func<SchemaDefinitions, JsonObject> describe, Func<SchemaDefinitions, JsonObject>? describeScalar = null)
    : Shape<T>
{
    internal override T Read(Cursor at) => read(at);

    internal override JsonObject? DescribeScalar(SchemaDefinitions definitions) => (describeScalar ?? describe)(definitions);

    internal override JsonObject Describe(SchemaDefinitions definitions) => describe(definitions);
}
