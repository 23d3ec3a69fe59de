using System.Text.Json;
using Periplon.Core.Validation;
using Periplon.Core.Workflows;

namespace Periplon.Core.Tests.Validation;

public sealed class LoopRulesTests
{
    [Theory]
    [InlineData("{type: repeat, count: 1}")]
    [InlineData("{type: repeat, count: 10000}")]
    [InlineData("{type: repeat, count: 10001}", "PPL114")]
    [InlineData("{type: repeat, count: 0}", "PPL115")]
    [InlineData("{type: repeat, count: 3, max_parallel: 1}")]
    [InlineData("{type: repeat, count: 3, max_parallel: 100}")]
    [InlineData("{type: repeat, count: 3, max_parallel: 101}", "PPL110")]
    [InlineData("{type: repeat, count: 3, max_parallel: 0}", "PPL111")]
    [InlineData("{type: while, condition: {type: never}, max_iterations: 100}")]
    [InlineData("{type: while, condition: {type: never}, max_iterations: 101}", "PPL202")]
    [InlineData("{type: while, condition: {type: never}, max_iterations: 101, delay_between_secs: 0}", "PPL201")]
    [InlineData("{type: while, condition: {type: never}, max_iterations: 100, delay_between_secs: 0}")]
    [InlineData("{type: while, condition: {type: never}, max_iterations: 101, delay_between_secs: 0.1}")]
    [InlineData("{type: while, condition: {type: never}, max_iterations: 10000, delay_between_secs: 1}")]
    [InlineData("{type: while, condition: {type: never}, max_iterations: 10001, delay_between_secs: 1}", "PPL112")]
    [InlineData("{type: while, condition: {type: never}, max_iterations: 0}", "PPL113")]
    [InlineData("{type: repeat_until, condition: {type: never}, max_iterations: 0, min_iterations: 0}", "PPL113")]
    [InlineData("{type: repeat_until, condition: {type: never}, max_iterations: 101}", "PPL202")]
    [InlineData("{type: repeat_until, condition: {type: never}, max_iterations: 3, min_iterations: 3}")]
    [InlineData("{type: repeat_until, condition: {type: never}, max_iterations: 3, min_iterations: 4}", "PPL307")]
    public void Loops_are_bounded(string loop, params string[] codes) => Codes(loop).ShouldBe(codes);

    [Theory]
    [InlineData("{source: state, key: items}")]
    [InlineData("{source: state, key: \"\"}", "PPL116")]
    [InlineData("{source: file, path: items.json, format: json}")]
    [InlineData("{source: file, path: \"\", format: json}", "PPL117")]
    [InlineData("{source: range, start: 0, end: 1}")]
    [InlineData("{source: range, start: 1, end: 1}", "PPL118")]
    [InlineData("{source: range, start: 2, end: 1}", "PPL118")]
    [InlineData("{source: range, start: 0, end: 5, step: 0}", "PPL119")]
    [InlineData("{source: range, start: 0, end: 5, step: -1}", "PPL120")]
    [InlineData("{source: range, start: 0, end: 100000}")]
    [InlineData("{source: range, start: 0, end: 100001}", "PPL121")]
    [InlineData("{source: range, start: 0, end: 200001, step: 2}")]
    [InlineData("{source: range, start: 0, end: 200002, step: 2}", "PPL121")]
    [InlineData("{source: range, start: -9223372036854775808, end: 9223372036854775807}", "PPL121")]
    [InlineData("{source: inline, items: [1]}")]
    [InlineData("{source: inline, items: []}", "PPL122")]
    [InlineData("{source: http, url: \"https://example.com\"}")]
    [InlineData("{source: http, url: \"HTTP://example.com\", method: patch}")]
    [InlineData("{source: http, url: \"\"}", "PPL124")]
    [InlineData("{source: http, url: \"example.com\"}", "PPL125")]
    [InlineData("{source: http, url: \"https://example.com\", method: HEAD}", "PPL126")]
    public void Collections_are_bounded(string collection, params string[] codes)
    {
        var loop = $"{{type: for_each, iterator: item, collection: {collection}}}";
        Codes(loop).ShouldBe(codes);
        Checked.Codes($"tasks: {{a: {{subtasks: [b: {{command: {{executable: x}}, loop: {loop}}}]}}}}").ShouldBe(codes);
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(100_001, "PPL123")]
    public void Inline_lists_are_bounded(int count, params string[] codes)
    {
        var items = Enumerable.Repeat(JsonSerializer.SerializeToElement(0), count).ToList();
        var task = new TaskDefinition
        {
            Id = "a",
            Command = new CommandDefinition { Executable = "x" },
            Loop = new LoopDefinition.ForEach { Iterator = "item", Collection = new CollectionDefinition.Inline(items) },
        };
        var workflow = new WorkflowDefinition { Name = "list", Version = "1", Tasks = new Dictionary<string, TaskDefinition> { ["a"] = task } };

        WorkflowValidator.Validate(workflow).Select(d => d.Code).ShouldBe(codes);
    }

    [Fact]
    public void A_reference_at_the_start_of_an_address_is_only_a_warning()
    {
        var found = Checked.Rules(
            "inputs: {base: {type: string}}\ntasks: {a: {command: {executable: x}, "
            + "loop: {type: for_each, iterator: item, collection: {source: http, url: \"${workflow.base}/list\"}}}}");

        found.ShouldHaveSingleItem().Code.ShouldBe("PPL125");
        found[0].Severity.ShouldBe(Core.Yaml.DiagnosticSeverity.Warning);
    }

    private static string[] Codes(string loop) => Checked.Codes($"tasks: {{a: {{command: {{executable: x}}, loop: {loop}}}}}");
}
