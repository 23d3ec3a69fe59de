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

    /// <summary>The JSON schema of the value.</summary>
    internal abstract JsonObject Describe(SchemaDefinitions definitions);

    /// <summary>The same shape, with its value turned into another.</summary>
    internal Shape<TOther> As<TOther>(Func<T, TOther> convert) => new ConvertedShape<T, TOther>(this, convert);
}

/// <summary>A shape whose value is turned into another.</summary>
internal sealed class ConvertedShape<TFrom, T>(Shape<TFrom> inner, Func<TFrom, T> convert) : Shape<T>
{
    internal override bool AcceptsNull => inner.AcceptsNull;

    internal override T Read(Cursor at) => inner.Read(at) is { } value ? convert(value) : default!;

    internal override JsonObject Describe(SchemaDefinitions definitions) => inner.Describe(definitions);
}

/// <summary>The definitions of a schema under way: each named shape is described once.</summary>
internal sealed class SchemaDefinitions
{
    internal JsonObject Definitions { get; } = [];

    internal JsonObject Refer(string name, Func<JsonObject> describe)
    {
        if (!Definitions.ContainsKey(name))
        {
            // The place is taken first: shapes contain themselves.
            Definitions[name] = new JsonObject();
            Definitions[name] = describe();
        }

        return new JsonObject { ["$ref"] = $"#/$defs/{name}" };
    }
}
