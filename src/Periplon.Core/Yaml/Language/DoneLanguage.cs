using System.Text.Json.Nodes;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Language;

/// <summary>Acceptance criteria (reference §9).</summary>
internal static class DoneLanguage
{
    private static readonly Shape<DoneCriterion> Criterion = new UnionShape<DoneCriterion>("DoneCriterion", "type",
        ("file_exists", f => new DoneCriterion.FileExists(PathOf(f), Words(f))),
        ("directory_exists", f => new DoneCriterion.DirectoryExists(PathOf(f), Words(f))),
        ("file_contains", f => new DoneCriterion.FileContains(PathOf(f), Pattern(f), Words(f))),
        ("file_not_contains", f => new DoneCriterion.FileNotContains(PathOf(f), Pattern(f), Words(f))),
        ("command_succeeds", f =>
            new DoneCriterion.CommandSucceeds(Program(f), Args(f), f.Text("working_dir", "Its directory."), Words(f))),
        ("tests_passed", f => new DoneCriterion.TestsPassed(Program(f), Args(f), Words(f))),
        ("output_matches", f => new DoneCriterion.OutputMatches(
            f.Required("source", Source!, "task_output, or {file: {path: …}}.").File, Pattern(f), Words(f))));

    internal static readonly Shape<DefinitionOfDone> Done = new StructShape<DefinitionOfDone>("DefinitionOfDone", f => new DefinitionOfDone
    {
        Criteria = f.Required("criteria", new ListShape<DoneCriterion>(Criterion), "Criteria, all of which must hold."),
        MaxRetries = f.Or("max_retries", Scalars.Count, 3, "Extra attempts when they do not."),
        FailOnUnmet = f.Or("fail_on_unmet", Scalars.Bool, true, "Whether the task fails when they still do not."),
        AutoElevatePermissions =
            f.Or("auto_elevate_permissions", Scalars.Bool, false, "Whether an agent gets more permissions for the extra attempts."),
    });

    private static readonly Shape<string> PathField = new StructShape<string>("FilePath", PathOf);

    private static readonly Shape<MatchSource> Source =
        new CustomShape<MatchSource>(ReadSource, definitions => definitions.Refer("MatchSource", () =>
        new JsonObject
        {
            ["anyOf"] = new JsonArray(
                new JsonObject { ["enum"] = new JsonArray("task_output") },
                SchemaForms.Without(new JsonObject { ["type"] = "object", ["required"] = new JsonArray("task_output") }, "file"),
                new JsonObject
                {
                    ["type"] = "object",
                    ["required"] = new JsonArray("file"),
                    ["properties"] = new JsonObject { ["file"] = PathField!.Describe(definitions) },
                },
                SchemaForms.Without(Typed("task_output"), "file"),
                SchemaForms.Without(Typed("file", "path", SchemaForms.Inside(Scalars.Text, definitions)), "file")),
        }));

    private static JsonObject Typed(string word, string? field = null, JsonObject? value = null)
    {
        var properties = new JsonObject { ["type"] = new JsonObject { ["enum"] = new JsonArray(word) } };
        var required = new JsonArray("type");
        if (field is not null)
        {
            properties[field] = value;
            required.Add(field);
        }

        return new JsonObject { ["type"] = "object", ["required"] = required, ["properties"] = properties };
    }

    private static string PathOf(Fields f) => f.Required("path", Scalars.Text, "Path; may hold references.");

    private static string Pattern(Fields f) => f.Required("pattern", Scalars.Text, "Regular expression or text.");

    private static string Words(Fields f) => f.Required("description", Scalars.Text, "What must be true, in words.");

    private static string Program(Fields f) => f.Required("command", Scalars.Text, "The program.");

    private static IReadOnlyList<string> Args(Fields f) => f.List("args", Scalars.Text, "Its arguments.");

    // Written as task_output, {task_output: null}, {file: {path: P}}; {type: file, path: P} is a natural mistake with one meaning.
    private static MatchSource ReadSource(Cursor at)
    {
        switch (at.Node)
        {
            case ScalarNode { Text: "task_output" }:
                return new MatchSource(null);
            case MapNode map when map.Find("file") is { } file:
                return new MatchSource(PathField.Read(at.Entry(file)));
            case MapNode map when map.Find("task_output") is not null:
                return new MatchSource(null);
            case MapNode map when map.Find("type") is { Value: ScalarNode { Text: "task_output" } }:
                return new MatchSource(null);
            case MapNode map when map.Find("type") is { Value: ScalarNode { Text: "file" } } && map.Find("path") is { } path:
                return new MatchSource(Scalars.Text.Read(at.Entry(path)));
            default:
                at.Error(DiagnosticCodes.NotAllowed,
                    $"{at.Name} must be 'task_output' or a mapping '{{file: {{path: …}}}}'; found {at.Found}.");
                return new MatchSource(null);
        }
    }

    /// <summary>Where a text is looked for; no file means the task's output.</summary>
    private readonly record struct MatchSource(string? File);
}
