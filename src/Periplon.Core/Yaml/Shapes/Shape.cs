using System.Globalization;
using System.Text.Json.Nodes;

namespace Periplon.Core.Yaml.Shapes;

/// <summary>
/// What a value of the language looks like: one declaration reads it from a file and describes it in the JSON schema.
/// </summary>
/// <typeparam name="T">Type of the value in the model.</typeparam>
internal abstract class Shape<T>
{
    /// <summary>Whether an empty value is a value, rather than a field that was left out.</summary>
    internal virtual bool AcceptsNull => false;

    /// <summary>
    /// Reads a value. What is wrong goes to the cursor's reading, and the result is then of no use: after an error nobody sees it.
    /// </summary>
    internal abstract T Read(Cursor at);

    /// <summary>Whether reading an empty value is no error, in a place where it counts as a value, such as an item of a list.</summary>
    internal virtual bool ReadsNull => false;

    /// <summary>The JSON schema of the value; of an empty one only where the shape has that as a form of its own.</summary>
    internal abstract JsonObject Describe(SchemaDefinitions definitions);

    /// <summary>The JSON schema of the single values among those that the shape reads; null when it reads none.</summary>
    internal virtual JsonObject? DescribeScalar(SchemaDefinitions definitions) => null;

    /// <summary>A value as a file would write it, for the schema's defaults; null when it has no short form.</summary>
    internal virtual JsonNode? Write(T value) => value switch
    {
        bool truth => JsonValue.Create(truth),
        string text => JsonValue.Create(text),
        int or long or double => JsonValue.Create(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
        _ => null,
    };

    /// <summary>The same shape, with its value turned into another.</summary>
    internal Shape<TOther> As<TOther>(Func<T, TOther> convert) => new ConvertedShape<T, TOther>(this, convert);
}

/// <summary>A shape whose value is turned into another.</summary>
internal sealed class ConvertedShape<TFrom, T>(Shape<TFrom> inner, Func<TFrom, T> convert) : Shape<T>
{
    internal override bool AcceptsNull => inner.AcceptsNull;

    internal override T Read(Cursor at) => inner.Read(at) is { } value ? convert(value) : default!;

    internal override bool ReadsNull => inner.ReadsNull;

    internal override JsonObject Describe(SchemaDefinitions definitions) => inner.Describe(definitions);

    internal override JsonObject? DescribeScalar(SchemaDefinitions definitions) => inner.DescribeScalar(definitions);
}

/// <summary>The definitions of a schema under way: each named shape is described once.</summary>
/// <param name="isStrict">Whether keys that the parser warns of are refused.</param>
internal sealed class SchemaDefinitions(bool isStrict)
{
    internal bool IsStrict { get; } = isStrict;

    internal JsonObject Definitions { get; } = [];

    internal JsonObject Refer(string name, Func<JsonObject> describe)
    {
        if (!Definitions.ContainsKey(name))
        {
            // The place is taken first: shapes contain themselves.
            Definitions[name] = new JsonObject();
            var described = describe();
            described.Insert(0, "title", name);
            Definitions[name] = described;
        }

        return new JsonObject { ["$ref"] = $"#/definitions/{name}" };
    }
}
