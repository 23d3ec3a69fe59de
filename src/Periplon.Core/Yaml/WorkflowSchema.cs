using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Core.Yaml.Language;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Yaml;

/// <summary>The JSON Schema of workflow files, made from the declarations that the parser reads by.</summary>
public static class WorkflowSchema
{
    private static readonly JsonSerializerOptions Readable =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// The schema as JSON text (draft 2020-12), for editors. It is stricter than the parser where the parser only warns, such as
    /// for keys that are not part of the language, and where it forgives quotes around numbers.
    /// </summary>
    public static string Generate()
    {
        var definitions = new SchemaDefinitions();
        var root = WorkflowLanguage.Workflow.Describe(definitions);
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Periplon workflow",
            ["$ref"] = root["$ref"]!.DeepClone(),
            ["$defs"] = definitions.Definitions,
        };
        return schema.ToJsonString(Readable);
    }
}
