using System.Text.Json;
using Periplon.Core.Inputs;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;
using Periplon.Plans;
using Periplon.Tests.Configuration;

namespace Periplon.Tests.Plans;

public sealed class RunPlannerTests
{
    private const string Folder = "Plans/Golden/";

    [Theory]
    [InlineData("kinds")]
    [InlineData("loops")]
    [InlineData("nesting")]
    public void Plan_GoldenFile_IsWrittenAsExpected(string name)
    {
        var workflow = Parse(File.ReadAllText(Repository.PathOf($"tests/Periplon.Tests/{Folder}{name}.yaml")));

        Text(workflow).ShouldBeGolden($"{Folder}{name}.expected.txt");
    }

    [Theory]
    [InlineData("03_hierarchical_groups")]
    [InlineData("foreach_loop_demo")]
    [InlineData("conditional_tasks")]
    [InlineData("low-memory-workflow")]
    public void Plan_RealFile_IsWrittenAsExpected(string name) =>
        Text(Parse(File.ReadAllText(CorpusFile.PathOf(name)))).ShouldBeGolden($"{Folder}{name}.expected.txt");

    [Theory]
    [MemberData(nameof(CorpusFile.Names), MemberType = typeof(CorpusFile))]
    public void Plan_EveryRealFile_HoldsEachTaskOnceAfterWhatItWaitsFor(string name)
    {
        var workflow = WorkflowParser.Parse(File.ReadAllText(CorpusFile.PathOf(name))).Workflow!;

        var plan = RunPlanner.Plan(workflow, new Dictionary<string, JsonElement>());

        var steps = StepsOf(plan.Sections).ToArray();
        steps.Select(step => step.Path).ShouldBeUnique();
        steps.Select(step => step.Path).Where(workflow.Tasks.ContainsKey).Order().ShouldBe(workflow.Tasks.Keys.Order());
        foreach (var section in plan.Sections)
        {
            var beside = section.Waves.SelectMany(wave => wave).Select(step => step.Path).ToHashSet();
            var settled = new HashSet<string>();
            foreach (var wave in section.Waves)
            {
                wave.SelectMany(step => step.After).Where(beside.Contains).ShouldBeSubsetOf(settled);
                settled.UnionWith(wave.Select(step => step.Path));
            }
        }
    }

    [Fact]
    public void Plan_TaskNamedInAStage_IsShownThereOnlyWithTheHooksAround()
    {
        var plan = RunPlanner.Plan(Parse("""
            name: staged
            version: "1"
            tasks:
              a: {command: {executable: make}}
              b: {command: {executable: test}}
              c: {subtasks: [{d: {}}]}
              d: {command: {executable: ship}}
            workflows:
              all:
                hooks: {pre_workflow: [echo first], on_stage_complete: [echo stage], post_workflow: [echo last]}
                steps:
                  - {stage: one, tasks: [b: {}, a: {}]}
            """), new Dictionary<string, JsonElement>());

        plan.Sections.Select(section => $"{section.Kind} {section.Name}".TrimEnd()).ShouldBe(
            ["hooks pre_workflow", "tasks", "stage all.one", "hooks all.one.on_stage_complete", "hooks post_workflow"]);
        StepsOf(plan.Sections).Select(step => step.Path).ShouldBe(
            ["pre_workflow.1", "c", "d", "b", "a", "stage:one.on_stage_complete.1", "post_workflow.1"]);
        plan.Sections[2].Waves.Count.ShouldBe(2);
    }

    [Fact]
    public void Plan_LoopsAndAttempts_AreThoseOfAnExecution()
    {
        var steps = StepsOf(RunPlanner.Plan(Parse("""
            name: bounds
            version: "1"
            agents: {x: {description: x, provider: script, model: cat}, y: {description: y, provider: script, model: cat}}
            tasks:
              cut: {loop: {type: repeat, count: 9}, loop_control: {max_iterations: 3}, command: {executable: echo}}
              added: {matrix: {os: [a, b], include: [{os: a}]}, command: {executable: echo}}
              other: {description: o, agent: x, on_error: {retry: 3, fallback_agent: y}}
            """), new Dictionary<string, JsonElement>()).Sections).ToDictionary(step => step.Id);

        steps["cut"].Loop!.Count.ShouldBe(3);
        steps["cut"].Loop!.Text.ShouldBe("9 times, at most 3");
        steps["added"].Loop!.Count.ShouldBe(3);
        steps["other"].Attempts.ShouldBe(1);
    }

    [Fact]
    public void Plan_Secrets_AreNeverShown()
    {
        var workflow = Parse("""
            name: secrets
            version: "1"
            inputs:
              password: {type: secret, default: hunter22}
              settings: {type: object, secret: true, default: {key: hunter33}}
            secrets: {token: {source: {type: value, value: hunter44}}}
            tasks:
              a: {command: {executable: echo, args: ["${input.password}", "${secret.token}", "{{workflow.password}}", "${input.settings}"]}}
              b: {http: {method: GET, url: "https://example.org/?a=${password}&b=${secret.token}"}}
              c: {inputs: {p: "${input.password}"}, script: {language: bash, content: "echo ${task.p} ${input.settings.key}"}}
              d: {loop: {type: for_each, iterator: x, collection: {source: inline, items: [1]}}, command: {executable: echo, args: ["${input.password}"]}}
            """);

        var plan = RunPlanner.Plan(workflow, InputBinder.Bind(workflow.Inputs, new Dictionary<string, JsonElement>()).Values);
        var writer = new StringWriter();
        PlanText.Write(writer, plan);

        (writer + PlanJson.Of(plan).ToJsonString()).ShouldNotContain("hunter");
        writer.ToString().ShouldContain("GET https://example.org/?a=***&b=***");
    }

    [Fact]
    public void Plan_TenThousandTasksInARow_AreSortedWithoutRecursion()
    {
        var tasks = Enumerable.Range(0, 10_000).Select(i => new TaskDefinition { Id = $"t{i}", DependsOn = i < 9_999 ? [$"t{i + 1}"] : [] });

        Plan(tasks).Sections[0].Waves.Count.ShouldBe(10_000);
    }

    [Fact]
    public void Waves_OfACycle_HoldEachTaskOnce()
    {
        TaskDefinition[] tasks = [new() { Id = "a", DependsOn = ["b"] }, new() { Id = "b", DependsOn = ["a"] }, new() { Id = "c", DependsOn = ["c"] }];

        Plan(tasks).Sections[0].Waves.SelectMany(wave => wave).Select(step => step.Id).Order().ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public void Plan_SubflowInsideItself_IsShownOnce()
    {
        var workflow = WorkflowParser.Parse("""
            name: endless
            version: "1"
            tasks: {a: {subflow: s}}
            subflows: {s: {tasks: {b: {subflow: s}}}}
            """).Workflow!;

        var plan = RunPlanner.Plan(workflow, new Dictionary<string, JsonElement>());

        plan.Sections[0].Waves[0][0].Sections[0].Waves[0][0].Sections.ShouldBeEmpty();
    }

    private static RunPlan Plan(IEnumerable<TaskDefinition> tasks) => RunPlanner.Plan(
        new WorkflowDefinition { Name = "n", Version = "1", Tasks = tasks.ToDictionary(task => task.Id) },
        new Dictionary<string, JsonElement>());

    private static IEnumerable<PlanStep> StepsOf(IEnumerable<PlanSection> sections) =>
        sections.SelectMany(section => section.Waves).SelectMany(wave => wave).SelectMany(step => StepsOf(step.Sections).Prepend(step));

    private static string Text(WorkflowDefinition workflow)
    {
        var writer = new StringWriter { NewLine = "\n" };
        var inputs = InputBinder.Bind(workflow.Inputs, new Dictionary<string, JsonElement>()).Values;
        PlanText.Write(writer, RunPlanner.Plan(workflow, inputs));
        return writer.ToString();
    }

    private static WorkflowDefinition Parse(string text)
    {
        var parsed = WorkflowParser.Parse(text);
        parsed.Diagnostics.Where(each => each.Severity is DiagnosticSeverity.Error).ShouldBeEmpty();
        return parsed.Workflow!;
    }
}

/// <summary>Workflow files from real projects.</summary>
internal static class CorpusFile
{
    private static readonly string Folder = Repository.PathOf("tests/Periplon.Core.Tests/Corpus");

    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(Folder, "*.yaml", SearchOption.TopDirectoryOnly).Select(Path.GetFileNameWithoutExtension).OfType<string>().Order(StringComparer.Ordinal)];

    public static string PathOf(string name) => Path.Combine(Folder, name + ".yaml");
}
