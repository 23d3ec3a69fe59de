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

    /// <summary>Compares an end with the declared one.</summary>
    public void ShouldHaveEnded(string status, string? error, JsonNode? outputs)
    {
        status.ShouldBe(Status, error);
        JsonNode.DeepEquals(outputs, Outputs).ShouldBeTrue($"outputs are {outputs?.ToJsonString()}, declared are {Outputs.ToJsonString()}");
    }
}
