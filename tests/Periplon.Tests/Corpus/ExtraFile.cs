using System.Text.Json.Nodes;
using Periplon.Core.Workflows;
using Periplon.Hosting;
using Periplon.Tests.Configuration;

namespace Periplon.Tests.Corpus;

/// <summary>A workflow of <c>Extra/</c>, with the end that its labels declare.</summary>
internal sealed record ExtraFile(string Name, string Text, WorkflowDefinition Workflow)
{
    private static string Folder { get; } = Repository.PathOf("tests/Periplon.Tests/Corpus/Extra");

    public static IReadOnlyList<ExtraFile> All { get; } =
        [.. Directory.GetFiles(Folder, "*.yaml").Order(StringComparer.Ordinal).Select(Read)];

    public string Status => Workflow.Labels["expect_status"];

    public JsonNode Outputs => JsonNode.Parse(Workflow.Labels["expect_outputs"])!;

    public async Task<CorpusRun> RunAsync(string server, string root, CancellationToken cancellationToken)
    {
        var directory = Directory.CreateDirectory(Path.Combine(root, $"extra-{Name}")).FullName;
        var parts = Directory.CreateDirectory(Path.Combine(directory, "parts")).FullName;
        foreach (var part in Directory.GetFiles(Path.Combine(Folder, "parts")))
        {
            File.Copy(part, Path.Combine(parts, Path.GetFileName(part)));
        }

        var answers = Path.Combine(Folder, "answers", Name);
        return await CorpusRunner.RunAsync(
            directory, Name, Text, File.Exists(answers) ? await File.ReadAllTextAsync(answers, cancellationToken) : "default: done",
            Workflow.Inputs.ContainsKey("server") ? [$"server={server}"] : [], cancellationToken);
    }

    private static ExtraFile Read(string path)
    {
        var text = File.ReadAllText(path);
        var name = Path.GetFileName(path);
        var read = WorkflowReader.Read(text);
        return new ExtraFile(name, text, read.Workflow ?? throw new InvalidDataException($"{name}: {string.Join("; ", read.Diagnostics)}"));
    }
}
