using System.Text.Json.Nodes;
using CsCheck;
using Periplon.Core.Yaml;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Tests.Yaml;

/// <summary>Schema and parser say the same about real files that were changed in one place.</summary>
public sealed class SchemaAgreementTests
{
    private static readonly Lazy<JsonNode[]> Files = new(() =>
    [
        .. Golden.Cases("valid").Select(row => ToJson(Golden.Read("valid", row.Data))),
        .. WorkflowParserCorpusTests.Files().Select(row =>
            ToJson(File.ReadAllText(Path.Combine(WorkflowParserCorpusTests.Folder(), row.Data)))),
    ]);

    private static readonly string[] Values =
    [
        "null", "true", "\"true\"", "\"yes\"", "0", "1", "-1", "3.5", "2.0", "1e3", "99999999999", "\"12\"", "\"text\"", "\"\"",
        "\"${workflow.x}\"",
        "\"30s\"", "\"1h30m\"", "\"10/s\"", "\"GET\"", "\"get\"", "\"completed\"", "\"task_output\"", "[]", "[1]", "[\"a\", null]", "[{}]",
        "[{\"a\": {}}]", "{}", "{\"a\": 1}", "{\"type\": \"nothing\"}", "{\"type\": \"always\"}", "{\"type\": \"console\"}",
        "{\"message\": \"m\"}", "{\"source\": \"inline\", \"items\": 1}", "{\"a\": {\"sleep\": 1}}", "{\"seconds\": 1, \"until\": \"x\"}",
    ];

    private static readonly string[] Keys =
    [
        "type", "source", "name", "timeout", "timeout_secs", "retry", "condition", "and", "agent", "description", "value", "path", "loop",
        "sleep", "wait_for", "approval", "matrix", "switch", "on_error", "concurrency", "rate_limit", "cache", "outputs", "subtasks",
    ];

    private static readonly Gen<(int File, int Place, int Deed, string Key, string Value)> Changes = Gen.Select(
        Gen.Int[0, 1_000_000], Gen.Int[0, 1_000_000], Gen.Int[0, 3], Any(Keys), Any(Values));

    [Fact]
    public void Validate_ChangedFile_IsRefusedByTheSchemaOnlyIfTheParserHasAnError()
    {
        var refused = 0;
        Changes.Sample(change =>
        {
            var text = Change(change);
            if (SchemaJudge.Lenient.Problem(text) is { } problem)
            {
                Interlocked.Increment(ref refused);
                WorkflowParser.Parse(text).Workflow.ShouldBeNull(problem);
            }
        }, iter: 3000);
        // Otherwise the changes are too tame to compare anything.
        refused.ShouldBeGreaterThan(300);
    }

    [Fact]
    public void Validate_ChangedFile_IsRefusedByTheSchemaIfTheParserHasAnErrorOfForm() => Changes.Sample(change =>
    {
        var text = Change(change);
        var errors = WorkflowParser.Parse(text).Diagnostics.Where(found => found.Severity is DiagnosticSeverity.Error).ToList();
        if (errors.Count > 0 && !errors.TrueForAll(IsBeyondSchemas))
        {
            SchemaJudge.Lenient.Problem(text).ShouldNotBeNull(string.Join('\n', errors));
        }
    }, iter: 3000);

    /// <summary>
    /// What no schema of this kind can say: an agent task needs a description only when nothing else decides its kind, and the bounds of a
    /// number between quotes.
    /// </summary>
    private static bool IsBeyondSchemas(Diagnostic found) =>
        found.Code is DiagnosticCodes.AgentWithoutDescription || (found.Code is DiagnosticCodes.OutOfRange or DiagnosticCodes.WrongType
            && found.Message.Contains("found the text", StringComparison.Ordinal));

    private static Gen<string> Any(string[] texts) => Gen.OneOf(texts.Select(Gen.Const).ToArray());

    private static string Change((int File, int Place, int Deed, string Key, string Value) change)
    {
        var root = Files.Value[change.File % Files.Value.Length].DeepClone();
        var nodes = Below(root).ToList();
        var node = nodes[change.Place % nodes.Count];
        var value = JsonNode.Parse(change.Value);
        switch (change.Deed)
        {
            case 0 when node.Parent is JsonObject parent:
                parent.Remove(node.GetPropertyName());
                break;
            case 1 when node is JsonObject map:
                map[change.Key] = value;
                break;
            default:
                node.ReplaceWith(value);
                break;
        }

        return root.ToJsonString();
    }

    private static IEnumerable<JsonNode> Below(JsonNode node)
    {
        var children = node switch
        {
            JsonObject map => map.Select(entry => entry.Value),
            JsonArray list => list,
            _ => [],
        };
        return children.OfType<JsonNode>().SelectMany(child => Below(child).Prepend(child));
    }

    private static JsonNode ToJson(string text)
    {
        var root = JsonTree.TryRead(text) ?? YamlTree.Read(text, new Reading(text.Length));
        return JsonNode.Parse(JsonShape.Any.Read(Cursor.Root(root!, new Reading(text.Length))).GetRawText())!;
    }
}
