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
    /// The schema as JSON text. It is draft-07, the newest that all YAML editors read. It accepts whatever the parser accepts; it also
    /// accepts what no schema can know, such as names of tasks that do not exist.
    /// </summary>
    /// <param name="isStrict">
    /// Whether keys that are not part of the language are refused, which the parser only warns of. Default: false.
    /// </param>
    public static string Generate(bool isStrict = false)
    {
        var definitions = new SchemaDefinitions(isStrict);
        var root = WorkflowLanguage.Workflow.Describe(definitions);
        var schema = new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "Periplon workflow",
            ["allOf"] = new JsonArray(root),
            ["definitions"] = definitions.Definitions,
        };
        return schema.ToJsonString(Readable) + "\n";
    }
}
