using System.Text.RegularExpressions;
using CsCheck;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;
using Periplon.Graphs;
using Periplon.Tests.Configuration;
using Periplon.Tests.Plans;

namespace Periplon.Tests.Graphs;

public sealed partial class FlowGraphBuilderTests
{
    [Theory]
    [InlineData("kinds")]
    [InlineData("loops")]
    [InlineData("nesting")]
    public void Build_GoldenFile_IsWrittenAsExpected(string name)
    {
        var graph = Build(File.ReadAllText(Repository.PathOf($"tests/Periplon.Tests/Plans/Golden/{name}.yaml")));

        MermaidWriter.Write(graph).ShouldBeGolden($"Graphs/Golden/{name}.expected.mmd");
        DotWriter.Write(graph).ShouldBeGolden($"Graphs/Golden/{name}.expected.dot");
    }

    [Theory]
    [InlineData("03_hierarchical_groups")]
    [InlineData("11_cicd_pipeline")]
    [InlineData("conditional_tasks")]
    [InlineData("low-memory-workflow")]
    [InlineData("while_loop_demo")]
    public void Build_RealFile_IsWrittenAsExpected(string name) =>
        MermaidWriter.Write(Build(File.ReadAllText(CorpusFile.PathOf(name)))).ShouldBeGolden($"Graphs/Golden/{name}.expected.mmd");

    [Theory]
    [MemberData(nameof(CorpusFile.Names), MemberType = typeof(CorpusFile))]
    public void Build_EveryRealFile_GivesArrowsBetweenThingsThatExist(string name)
    {
        var text = MermaidWriter.Write(FlowGraphBuilder.Build(WorkflowParser.Parse(File.ReadAllText(CorpusFile.PathOf(name))).Workflow!));

        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim()).ToArray();
        var declared = lines.Select(line => Declared().Match(line)).Where(match => match.Success).Select(match => match.Groups["key"].Value).ToArray();
        declared.ShouldBeUnique();
        lines.SelectMany(line => Arrow().Matches(line)).SelectMany(match => new[] { match.Groups["from"].Value, match.Groups["to"].Value })
            .ShouldBeSubsetOf(declared);
        lines.Count(line => line == "end").ShouldBe(lines.Count(line => line.StartsWith("subgraph ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Build_TasksNamedInAStageOrAsSubtask_AreDrawnThereOnlyInTheOrderOfTheStage()
    {
        var text = MermaidWriter.Write(Build("""
            name: staged
            version: "1"
            tasks:
              a: {command: {executable: make}}
              b: {command: {executable: test}}
              c: {subtasks: [{d: {}}]}
              d: {command: {executable: ship}}
            workflows:
              all: {steps: [{stage: one, tasks: [b: {}, a: {}]}]}
            """));

        text.ShouldBe("""
            flowchart TD
              subgraph n1["c"]
                n2["d<br/>command"]
              end
              subgraph n3["all"]
                subgraph n4["stage one"]
                  n5["b<br/>command"]
                  n6["a<br/>command"]
                end
              end
              n5 --> n6

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Write_HostileNames_StayInsideTheirLabels() =>
        Gen.String[Gen.Char["ab\"#;&<>`%{}[]|()\\\n\r\t*_-.\e\u2028日"], 1, 30].Sample(name =>
        {
            var workflow = new WorkflowDefinition
            {
                Name = name,
                Version = name,
                Tasks = new Dictionary<string, TaskDefinition>
                {
                    [name] = new() { Id = name, If = name, Subtasks = [new() { Id = name, Agent = name }] },
                    ["next"] = new() { Id = "next", DependsOn = [name], If = name, Command = new() { Executable = name } },
                },
            };
            var graph = FlowGraphBuilder.Build(workflow);
            var mermaid = MermaidWriter.Write(graph).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var dot = DotWriter.Write(graph).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return mermaid.Length == 6 && mermaid.All(line => MermaidLine().IsMatch(line)) && dot.Length == 10 && dot.All(line => DotLine().IsMatch(line));
        });

    [Fact]
    public void Write_ADirectiveAsName_IsText() =>
        MermaidWriter.Escape("%%{init: {}}%% <script>\"x\"</script>").ShouldBe("#37;#37;{init: {}}#37;#37; #60;script#62;#34;x#34;#60;/script#62;");

    private static FlowGraph Build(string text)
    {
        var parsed = WorkflowParser.Parse(text);
        parsed.Diagnostics.Where(each => each.Severity is DiagnosticSeverity.Error).ShouldBeEmpty();
        return FlowGraphBuilder.Build(parsed.Workflow!);
    }

    [GeneratedRegex("^(subgraph )?(?<key>n\\d+)[\\[({]")]
    private static partial Regex Declared();

    [GeneratedRegex("^(?<from>n\\d+) -\\.?-?>?>?(\\|\"[^\"]*\"\\|)? (?<to>n\\d+)$")]
    private static partial Regex Arrow();

    [GeneratedRegex("^(flowchart TD|\\s*end|\\s*(subgraph )?n\\d+\\[\"(<br/>|[^\"<>`%\\\\\\p{C}\u2028])*\"\\]|  n\\d+ -->(\\|\"[^\"<>`%\\\\\\p{C}\u2028]*\"\\|)? n\\d+)$")]
    private static partial Regex MermaidLine();

    [GeneratedRegex("^(digraph \"(\\\\.|[^\"\\\\])*\" \\{|\\s*\\}|  compound=true;|  node \\[shape=box\\];|\\s*subgraph cluster_n\\d+ \\{|\\s*label=\"(\\\\.|[^\"\\\\])*\";|\\s*n\\d+ \\[label=\"(\\\\.|[^\"\\\\])*\"\\];|  n\\d+ -> n\\d+( \\[label=\"(\\\\.|[^\"\\\\])*\", ltail=cluster_n\\d+\\])?;)$")]
    private static partial Regex DotLine();
}
