using System.Text.Json.Nodes;
using Periplon.Core.Workflows;
using Periplon.Hosting;
using Periplon.Tests.Configuration;

namespace Periplon.Tests.Examples;

/// <summary>A workflow of <c>examples/</c> with the end that its labels declare.</summary>
internal sealed record Example(string Path, string Text, WorkflowDefinition Workflow)
{
    /// <summary>The secret that examples/secrets.yaml reads.</summary>
    public const string Token = "correct-horse-battery";

    private const string TokenVariable = "EXAMPLE_TOKEN";

    public static string Directory { get; } = Repository.PathOf("examples");

    /// <summary>Names of all files, sorted.</summary>
    public static IEnumerable<string> Names { get; } =
        System.IO.Directory.GetFiles(Directory, "*.yaml").Select(System.IO.Path.GetFileNameWithoutExtension).Order().ToList()!;

    public string Status => Workflow.Labels["expect_status"];

    public JsonObject Outputs => JsonNode.Parse(Workflow.Labels["expect_outputs"])!.AsObject();

    public bool NeedsServer => Workflow.Inputs.ContainsKey("server");

    public static Example Read(string name)
    {
        Environment.SetEnvironmentVariable(TokenVariable, Token);
        var path = System.IO.Path.Combine(Directory, name + ".yaml");
        var text = File.ReadAllText(path);
        var workflow = WorkflowReader.Read(text);
        workflow.Diagnostics.ShouldBeEmpty($"{name} has findings");
        return new Example(path, text, workflow.Workflow!);
    }

    /// <summary>Puts the predefined tasks and groups of the examples into the library of a server.</summary>
    public static void CopyLibrary(string library)
    {
        foreach (var (from, to) in new[] { ("tasks", "tasks"), ("task-groups", "groups") })
        {
            var target = System.IO.Directory.CreateDirectory(System.IO.Path.Combine(library, to)).FullName;
            foreach (var file in System.IO.Directory.GetFiles(System.IO.Path.Combine(Directory, ".periplon", from)))
            {
                File.Copy(file, System.IO.Path.Combine(target, System.IO.Path.GetFileName(file)), overwrite: true);
            }
        }
    }

    /// <summary>Compares an end with the declared one.</summary>
    public void ShouldHaveEnded(string status, string? error, JsonNode? outputs)
    {
        status.ShouldBe(Status, error);
        JsonNode.DeepEquals(outputs, Outputs).ShouldBeTrue($"outputs are {outputs?.ToJsonString()}, declared are {Outputs.ToJsonString()}");
    }
}
