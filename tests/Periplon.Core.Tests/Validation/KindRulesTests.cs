namespace Periplon.Core.Tests.Validation;

public sealed class KindRulesTests
{
    public static readonly string[] Kinds =
    [
        "agent: w", "script: {language: bash, content: x}", "command: {executable: x}", "llm: {provider: echo, model: m, prompt: p}",
        "http: {method: GET, url: https://example.com}", "mcp_tool: {server: s, tool: t}", "subflow: s", "uses: t@1", "embed: t@1",
        "switch: {on: x, cases: {}}", "sleep: 5", "wait_for: {signal: go}", "approval: {message: m}",
    ];

    private const string Surroundings =
        "agents: {w: {description: d}}\nmcp_servers: {s: {type: stdio}}\nimports: {g: t@1}\nsubflows: {s: {tasks: {a: {command: {executable: x}}}}}\n";

    public static TheoryData<string> EveryKind() => [.. Kinds];

    public static TheoryData<string, string> EveryPair()
    {
        var pairs = new TheoryData<string, string>();
        foreach (var first in Kinds)
        {
            foreach (var second in Kinds.Where(kind => kind != first))
            {
                pairs.Add(first, second);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(EveryKind))]
    public void One_execution_type_is_right(string kind)
    {
        Errors($"{{description: d, {kind}}}").ShouldBeEmpty();
        Errors($"{{description: d, {kind}, loop: {{type: repeat, count: 2}}}}").ShouldBeEmpty();
        Errors($"{{subtasks: [b: {{description: d, {kind}}}]}}").ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(EveryPair))]
    public void Two_execution_types_are_one_too_many(string first, string second)
    {
        Errors($"{{description: d, {first}, {second}}}").ShouldBe(["PPL127"]);
        Errors($"{{subtasks: [b: {{description: d, {first}, {second}}}]}}").ShouldBe(["PPL320"]);
    }

    [Theory]
    [MemberData(nameof(EveryKind))]
    public void A_group_workflow_stands_alone(string other)
    {
        Errors($"{{description: d, uses_workflow: \"g:w\", {other}}}").ShouldBe(["PPL140"]);
        Errors($"{{subtasks: [b: {{description: d, uses_workflow: \"g:w\", {other}}}]}}").ShouldBe(["PPL144"]);
    }

    [Theory]
    [InlineData("{description: d}", "PPL132")]
    [InlineData("{subtasks: [b: {command: {executable: x}}]}")]
    [InlineData("{loop: {type: repeat, count: 2}}")]
    [InlineData("{uses_workflow: \"g:w\"}")]
    [InlineData("{subtasks: [b: {description: d}]}", "PPL321")]
    [InlineData("{description: d, agent: w, subtasks: [b: {description: d}]}")]
    [InlineData("{description: d, agent: w, subtasks: [b: {subtasks: [c: {description: d}]}]}")]
    [InlineData("{script: {language: bash}}", "PPL303")]
    [InlineData("{script: {language: bash, file: x.sh}}")]
    [InlineData("{mcp_tool: {server: other, tool: t}}", "PPL308")]
    public void A_task_has_something_to_execute(string task, params string[] codes) => Codes(task).ShouldBe(codes);

    [Fact]
    public void A_default_agent_executes_tasks_that_name_nothing() =>
        Checked.Codes("agents: {w: {description: d}}\ndefaults: {agent: w}\ntasks: {a: {description: d}}").ShouldBeEmpty();

    [Theory]
    [InlineData("uses: tidy@1.0.0")]
    [InlineData("uses: tidy", "PPL130")]
    [InlineData("uses: \"@1\"", "PPL130")]
    [InlineData("uses: \"tidy@ \"", "PPL130")]
    [InlineData("embed: tidy@1.0.0")]
    [InlineData("embed: a@b@c", "PPL131")]
    [InlineData("uses_workflow: \"g:tidy\"")]
    [InlineData("uses_workflow: tidy", "PPL141")]
    [InlineData("uses_workflow: \"a:b:c\"", "PPL141")]
    [InlineData("uses_workflow: \"other:tidy\"", "PPL142")]
    [InlineData("uses_workflow: \"9:tidy\"", "PPL143")]
    public void References_to_other_files_are_well_formed(string kind, params string[] codes) => Codes($"{{{kind}}}").ShouldBe(codes);

    [Theory]
    [InlineData("tools: tools@1")]
    [InlineData("_my-tools2: tools@1")]
    [InlineData("2tools: tools@1", "PPL138")]
    [InlineData("my.tools: tools@1", "PPL138")]
    [InlineData("\"\": tools@1", "PPL138")]
    [InlineData("tools: tools", "PPL139")]
    [InlineData("tools: a@b@c", "PPL139")]
    public void Imports_are_well_formed(string import, params string[] codes) => Checked.Codes($"imports: {{{import}}}").ShouldBe(codes);

    [Theory]
    [InlineData("{subflow: s, inputs: {root: x}}")]
    [InlineData("{subflow: s}", "PPL129")]
    [InlineData("{subflow: s, inputs: {root: x, depth: 3}}")]
    [InlineData("{subflow: s, inputs: {root: x, more: 3}}", "PPL203")]
    [InlineData("{subflow: t, inputs: {root: x}}", "PPL128")]
    public void A_call_fits_its_subflow(string task, params string[] codes) =>
        Checked.Codes(
            "subflows: {s: {inputs: {root: {type: string, required: true}, depth: {type: number, required: true, default: 1}}, "
            + $"tasks: {{a: {{command: {{executable: x}}}}}}}}}}\ntasks: {{a: {task}}}").ShouldBe(codes);

    [Fact]
    public void A_subflow_holds_something_or_has_a_source()
    {
        Checked.Codes("subflows: {s: {description: d}}").ShouldBe(["PPL133"]);
        Checked.Codes("subflows: {s: {source: {type: file, path: s.yaml}}}").ShouldBeEmpty();
        Checked.Codes("subflows: {s: {agents: {w: {description: d}}}}").ShouldBeEmpty();
    }

    private static string[] Codes(string task) =>
        [.. Checked.Codes($"{Surroundings}tasks: {{a: {task}}}").Where(code => code != "PPL312")];

    private static string[] Errors(string task) =>
        [.. Checked.Rules($"{Surroundings}tasks: {{a: {task}}}").Where(d => d.Severity is Core.Yaml.DiagnosticSeverity.Error).Select(d => d.Code)];
}
