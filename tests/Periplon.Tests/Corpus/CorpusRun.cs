using System.Text.Json.Nodes;
using Periplon.Core.Workflows;

namespace Periplon.Tests.Corpus;

/// <summary>What became of a workflow file.</summary>
internal sealed record CorpusRun(WorkflowDefinition? Workflow, string Directory, int ExitCode, string Output, string Error)
{
    public JsonNode Report => JsonNode.Parse(Output)!;

    public string Status => (string)Report["status"]!;

    public IReadOnlyList<(string Id, string Status)> Tasks =>
        [.. Report["tasks"]!.AsArray().Select(task => ((string)task!["id"]!, (string)task["status"]!))];

    /// <summary>For messages of tests.</summary>
    public string Story => $"exit code {ExitCode}\n{Output}\n{Error}";
}
