namespace Periplon.Core.Tests.Validation;

public sealed class GraphRulesTests
{
    private const string Run = "command: {executable: x}";

    [Theory]
    [InlineData("a: {R}, b: {R, depends_on: [a]}")]
    [InlineData("a: {R}, b: {R, depends_on: [c]}", "PPL103")]
    [InlineData("a: {subtasks: [x: {R}]}, b: {R, depends_on: [a.x]}")]
    [InlineData("a: {subtasks: [x: {R}]}, b: {R, depends_on: [a.y]}", "PPL103")]
    [InlineData("a: {subtasks: [x: {R}]}, b: {R, depends_on: [x]}", "PPL103")]
    [InlineData("a: {subtasks: [x: {R}, y: {R, depends_on: [x]}]}")]
    [InlineData("a: {subtasks: [x: {R, depends_on: [b]}]}, b: {R}")]
    [InlineData("a: {subtasks: [x: {R, depends_on: [z]}]}", "PPL103")]
    [InlineData("a: {subtasks: [x: {subtasks: [y: {R}]}]}, b: {R, depends_on: [a.x.y]}")]
    [InlineData("a: {R, on_failure: {x: {R}, y: {R, depends_on: [x]}}}")]
    [InlineData("a: {R, on_failure: {x: {R}}}, b: {R, depends_on: [x]}", "PPL103")]
    [InlineData("a: {R}, b: {R, parallel_with: [a]}")]
    [InlineData("a: {R}, b: {R, parallel_with: [c]}", "PPL104")]
    public void Tasks_name_tasks_that_exist(string tasks, params string[] codes) => Codes(tasks).ShouldBe(codes);

    [Theory]
    [InlineData("a: {R, depends_on: [a]}", "a → a")]
    [InlineData("a: {R, depends_on: [b]}, b: {R, depends_on: [a]}", "a → b → a")]
    [InlineData("z: {R, depends_on: [a]}, a: {R, depends_on: [b]}, b: {R, depends_on: [c]}, c: {R, depends_on: [a]}", "a → b → c → a")]
    [InlineData("a: {subtasks: [x: {R, depends_on: [y]}, y: {R, depends_on: [x]}]}", "a.x → a.y → a.x")]
    [InlineData("a: {subtasks: [x: {R, depends_on: [a]}]}", "a.x → a → a.x")]
    [InlineData("a: {depends_on: [b], subtasks: [x: {R}]}, b: {R, depends_on: [a.x]}", "a → b → a.x → a")]
    public void A_cycle_is_reported_once_with_its_chain(string tasks, string chain)
    {
        var found = Checked.Rules($"tasks: {{{tasks.Replace("R", Run, StringComparison.Ordinal)}}}").Where(d => d.Code == "PPL105").ToList();

        found.Count.ShouldBe(1);
        found[0].Message.ShouldContain($": {chain}.");
    }

    [Theory]
    [InlineData("a: {R}, b: {R, depends_on: [a]}, c: {R, depends_on: [a, b]}")]
    [InlineData("a: {subtasks: [x: {R}, y: {R, depends_on: [x]}]}, b: {R, depends_on: [a]}")]
    [InlineData("a: {R}, b: {R, depends_on: [a, a]}")]
    [InlineData("a: {R, finally: {f: {R, depends_on: [a]}}}")]
    public void What_only_looks_like_a_cycle_is_none(string tasks) => Codes(tasks).ShouldBeEmpty();

    [Fact]
    public void Two_cycles_are_two_findings() =>
        Checked.Rules($"tasks: {{a: {{{Run}, depends_on: [a]}}, b: {{{Run}, depends_on: [b]}}}}").Count(d => d.Code == "PPL105").ShouldBe(2);

    [Theory]
    [InlineData("{type: task_status, task: b, status: completed}")]
    [InlineData("{type: task_status, task: c, status: completed}", "PPL302")]
    [InlineData("{and: [{not: {or: [{type: task_status, task: c, status: completed}]}}]}", "PPL302")]
    [InlineData("{type: state_exists, key: c}")]
    public void Conditions_ask_for_tasks_that_exist(string condition, params string[] codes)
    {
        Codes($"a: {{R, condition: {condition}}}, b: {{R}}").ShouldBe(codes);
        Codes($"a: {{R, loop: {{type: while, condition: {condition}, max_iterations: 3}}}}, b: {{R}}").ShouldBe(codes);
        Codes($"a: {{R, loop_control: {{break_condition: {condition}}}}}, b: {{R}}").ShouldBe(codes);
    }

    [Fact]
    public void Context_and_outputs_name_tasks_that_exist()
    {
        Codes("a: {R, context: {include_tasks: [b], exclude_tasks: [b]}}, b: {R}").ShouldBeEmpty();
        Codes("a: {R, context: {exclude_tasks: [c]}}").ShouldBe(["PPL309"]);
        Checked.Codes($"outputs: {{o: {{source: {{type: task_output, task: a}}}}}}\ntasks: {{a: {{{Run}}}}}").ShouldBeEmpty();
        Codes("a: {R, outputs: {o: {source: {type: task_output, task: b}}}}").ShouldBe(["PPL326"]);
    }

    [Theory]
    [InlineData("{stage: x, agents: [], tasks: []}, {stage: y, agents: [], tasks: [], depends_on: [x]}")]
    [InlineData("{stage: x, agents: [], tasks: [], depends_on: [z]}", "PPL108")]
    [InlineData("{stage: x, agents: [n], tasks: []}", "PPL109")]
    [InlineData("{stage: x, agents: [], tasks: []}, {stage: x, agents: [], tasks: []}", "PPL328")]
    [InlineData("{stage: x, agents: [], tasks: [], depends_on: [y]}, {stage: y, agents: [], tasks: [], depends_on: [x]}", "PPL329")]
    [InlineData("{stage: x, agents: [], tasks: [a: {description: the agents of the stage do it}]}")]
    public void Stages_name_what_exists(string steps, params string[] codes) =>
        Checked.Codes($"workflows: {{m: {{description: d, steps: [{steps}]}}}}").ShouldBe(codes);

    [Theory]
    [InlineData("task_groups: {g: {tasks: [a]}}\ntasks: {a: {R, group: g}}")]
    [InlineData("task_groups: {g: {tasks: [a], groups: [h]}, h: {parent: g, depends_on: [a, g]}}\ntasks: {a: {R}}")]
    [InlineData("tasks: {a: {R, group: g}}", "PPL318")]
    [InlineData("task_groups: {g: {tasks: [b]}}", "PPL319")]
    [InlineData("task_groups: {g: {groups: [h]}}", "PPL319")]
    [InlineData("task_groups: {g: {parent: h}}", "PPL319")]
    [InlineData("task_groups: {g: {depends_on: [h]}}", "PPL319")]
    [InlineData("task_groups: {g: {groups: [h], tasks: [a]}, h: {groups: [g]}}\ntasks: {a: {R}}", "PPL335")]
    [InlineData("task_groups: {g: {parent: h}, h: {parent: g}}", "PPL335")]
    [InlineData("task_groups: {g: {parent: h, groups: [h]}, h: {}}", "PPL335")]
    [InlineData("task_groups: {g: {groups: [g]}}", "PPL335")]
    [InlineData("task_groups: {g: {parent: g}}", "PPL335")]
    public void Groups_and_their_members_name_each_other(string yaml, params string[] codes) =>
        Checked.Codes(yaml.Replace("R", Run, StringComparison.Ordinal)).ShouldBe(codes);

    [Theory]
    [InlineData("build-all_2")]
    [InlineData("build.all", "PPL311")]
    [InlineData("build all", "PPL311")]
    [InlineData("build/all", "PPL311")]
    [InlineData("build[0]", "PPL311")]
    [InlineData(" ", "PPL310")]
    public void Ids_can_be_named_in_paths(string id, params string[] codes)
    {
        Checked.Codes($"tasks: {{\"{id}\": {{{Run}}}}}").ShouldBe(codes);
        Checked.Codes($"inputs: {{\"{id}\": {{type: string}}}}").ShouldBe(codes);
    }

    private static string[] Codes(string tasks) => Checked.Codes($"tasks: {{{tasks.Replace("R", Run, StringComparison.Ordinal)}}}");
}
