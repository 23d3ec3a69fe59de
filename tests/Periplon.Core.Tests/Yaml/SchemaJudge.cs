using System.Numerics;
using System.Text.Json;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using NJsonSchema;
using Periplon.Core.Yaml;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Tests.Yaml;

/// <summary>Judges files by the generated schema, with a validator that is not ours.</summary>
internal sealed class SchemaJudge
{
    private readonly NJsonSchema.JsonSchema _schema;

    private SchemaJudge(bool isStrict) =>
        // The validator reads a text and touches no disk; its only form is asynchronous.
        _schema = NJsonSchema.JsonSchema.FromJsonAsync(WorkflowSchema.Generate(isStrict)).GetAwaiter().GetResult();

    internal static SchemaJudge Lenient { get; } = new(isStrict: false);

    internal static SchemaJudge Strict { get; } = new(isStrict: true);

    /// <summary>The first problem of a YAML or JSON text; null when the schema accepts it.</summary>
    internal string? Problem(string text)
    {
        var root = JsonTree.TryRead(text) ?? YamlTree.Read(text, new Reading(text.Length));
        return Problem(JsonShape.Any.Read(Cursor.Root(root!, new Reading(text.Length))));
    }

    private string? Problem(JsonElement value)
    {
        using var reader = new JsonTextReader(new StringReader(value.GetRawText()))
        {
            DateParseHandling = DateParseHandling.None, MaxDepth = null,
        };
        var problem = _schema.Validate(Whole(JToken.ReadFrom(reader))).FirstOrDefault();
        return problem is null ? null : $"{problem.Path}: {problem.Kind}";
    }

    // This validator takes 3.0 for no integer, as draft-04 does; in draft-07 it is one.
    private static JToken Whole(JToken token)
    {
        foreach (var child in token.Children().ToList())
        {
            if (child is JValue { Type: JTokenType.Float, Value: double number } && Math.Floor(number) == number && Math.Abs(number) < 1e15)
            {
                child.Replace(new JValue((long)number));
            }
            // And it fails over whole numbers beyond 64 bits.
            else if (child is JValue { Value: BigInteger huge })
            {
                child.Replace(new JValue((double)huge));
            }
            else
            {
                Whole(child);
            }
        }

        return token;
    }
}
