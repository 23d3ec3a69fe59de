namespace Periplon.Core.Tests.Validation;

public sealed class AgentRulesTests
{
    [Theory]
    [InlineData("{description: d, agent: writer}")]
    [InlineData("{description: d, agent: writr}", "PPL101", "PPL312")]
    [InlineData("{agent: writer, description: d, subtasks: [b: {description: d, agent: writer}]}")]
    [InlineData("{agent: writer, description: d, subtasks: [b: {description: d, agent: other}]}", "PPL102")]
    [InlineData("{subtasks: [b: {subtasks: [c: {description: d, agent: other}]}]}", "PPL102", "PPL312")]
    [InlineData("{description: d, agent: writer, on_error: {fallback_agent: writer}}")]
    [InlineData("{description: d, agent: writer, on_error: {fallback_agent: other}}", "PPL301")]
    [InlineData("{command: {executable: x}, on_failure: {b: {description: d, agent: other}}}", "PPL102", "PPL312")]
    public void Tasks_name_agents_that_are_declared(string task, params string[] codes) =>
        Checked.Codes($"agents:\n  writer: {{description: d}}\ntasks:\n  a: {task}").ShouldBe(codes);

    [Theory]
    [InlineData("tools: [Read, Write, Edit, Bash, Grep, Glob, WebSearch, WebFetch, Task, TodoWrite, Skill, SlashCommand]")]
    [InlineData("tools: [bash]", "PPL106")]
    [InlineData("tools: [mcp__files__read]", "PPL106")]
    [InlineData("permissions: {mode: default}")]
    [InlineData("permissions: {mode: acceptEdits}")]
    [InlineData("permissions: {mode: plan}")]
    [InlineData("permissions: {mode: bypassPermissions}")]
    [InlineData("permissions: {mode: Plan}", "PPL107")]
    public void Agents_have_known_tools_and_modes(string field, params string[] codes)
    {
        Checked.Codes($"agents:\n  writer:\n    description: d\n    {field}\ntasks:\n  a: {{description: d, agent: writer}}").ShouldBe(codes);

        string[] inSubflow = [.. codes.Select(code => code == "PPL106" ? "PPL134" : "PPL135")];
        Checked.Codes($"subflows:\n  s:\n    agents:\n      writer:\n        description: d\n        {field}").ShouldBe(inSubflow);
    }

    [Fact]
    public void Agents_of_a_subflow_are_its_own()
    {
        Checked.Codes("subflows: {s: {agents: {w: {description: d}}, tasks: {a: {description: d, agent: w}}}}").ShouldBeEmpty();
        Checked.Codes("subflows: {s: {tasks: {a: {description: d, agent: w}}}}").ShouldBe(["PPL136"]);
        Checked.Codes("subflows: {s: {tasks: {a: {subtasks: [b: {description: d, agent: w}]}}}}").ShouldBe(["PPL136"]);
    }

    [Theory]
    [InlineData("workflows: {m: {description: d, steps: [{stage: s, agents: [writer], tasks: []}]}}")]
    [InlineData("defaults: {agent: writer}")]
    [InlineData("defaults: {on_error: {fallback_agent: writer}}")]
    [InlineData("communication: {channels: {c: {description: d, participants: [writer], message_format: text}}}")]
    [InlineData("description: nobody uses it", "PPL312")]
    public void An_agent_is_used_by_whatever_names_it(string other, params string[] codes) =>
        Checked.Codes($"agents:\n  writer: {{description: d}}\n{other}").ShouldBe(codes);

    [Fact]
    public void A_similar_name_is_suggested()
    {
        var found = Checked.Rules("agents: {writer: {description: d}}\ntasks: {a: {description: d, agent: writr}}");

        found.ShouldContain(d => d.Code == "PPL101" && d.Hint == "Did you mean 'writer'?" && d.Path == "tasks.a.agent");
    }

    [Theory]
    [InlineData("tasks:\n  a:\n    switch:\n      on: x\n      cases:\n        x:\n          - b:\n              description: d\n              agent: w", 9)]
    [InlineData("tasks:\n  a:\n    switch:\n      on: x\n      cases: {}\n      default:\n        - b:\n            description: d\n            agent: w", 9)]
    [InlineData("tasks:\n  a:\n    command: {executable: x}\n    finally:\n      b:\n        description: d\n        agent: w", 7)]
    [InlineData("tasks:\n  a:\n    subtasks:\n      - b: {command: {executable: x}}\n        c:\n          description: d\n          agent: w", 7)]
    [InlineData("workflows:\n  m:\n    steps:\n      - stage: s\n        tasks:\n          - b:\n              description: d\n              agent: w", 8)]
    public void Findings_inside_other_tasks_have_their_own_line(string yaml, int line) =>
        Checked.Rules(yaml).ShouldContain(d => d.Code == "PPL102" && d.Line == line);
}
