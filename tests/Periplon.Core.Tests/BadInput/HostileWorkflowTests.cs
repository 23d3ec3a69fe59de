using System.Text;
using Periplon.Core.Conditions;
using Periplon.Core.Templates;
using Periplon.Core.Tests.Templates;
using Periplon.Core.Validation;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.BadInput;

/// <summary>
/// Files of the right form with far too much in them: parser and validator end, and say what is allowed. What grew with the square of these
/// numbers would not end before the watchdog.
/// </summary>
public sealed class HostileWorkflowTests
{
    private const string Head = "name: w\nversion: '1'\n";

    [Fact]
    public async Task Tasks_AHundredThousand_LoadAndAreValidated()
    {
        var text = Tasks(
            100_000,
            i => $"{{depends_on: [t{Math.Max(0, i - 1) / 2}], command: {{executable: echo, args: [\"${{task.t0.output}}\"]}}}}");
        var result = await CheckAsync(text.Replace("t0: {depends_on: [t0], ", "t0: {", StringComparison.Ordinal));
        result.Errors.ShouldBeEmpty();
        result.Tasks.ShouldBe(100_000);
    }

    [Fact]
    public async Task Dependencies_InAChainOfFiftyThousand_AreValidated()
    {
        var text = Tasks(50_000, i => i == 0 ? "{sleep: 1}" : $"{{depends_on: [t{i - 1}], sleep: 1}}");
        (await CheckAsync(text)).Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Dependencies_InACircleOfFiftyThousand_AreOneError()
    {
        var text = Tasks(50_000, i => $"{{depends_on: [t{(i + 1) % 50_000}], sleep: 1}}");
        (await CheckAsync(text)).Errors.ShouldHaveSingleItem().Message.Length.ShouldBeLessThan(400);
    }

    [Fact]
    public async Task Dependencies_OfEachTaskOnAllBefore_AreValidated()
    {
        var text = Tasks(1_000, i => $"{{depends_on: [{string.Join(',', Enumerable.Range(0, i).Select(j => $"t{j}"))}], sleep: 1}}");
        (await CheckAsync(text)).Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task References_AHundredThousandUnknownOnes_AreListedToABound()
    {
        var text = string.Concat(Enumerable.Range(0, 100_000).Select(i => $"${{workflow.nothing_{i}}} "));
        var task = $"{{http: {{method: GET, url: 'http://h/{text}'}}}}";
        var found = (await CheckAsync($"{Head}inputs: {{some: {{type: string}}}}\ntasks: {{a: {task}}}")).All;
        found.Count.ShouldBeInRange(1, 100_000);
        found.ShouldAllBe(each => each.Message.Length < 500);
    }

    [Theory]
    [InlineData("${")]
    [InlineData("{{")]
    [InlineData("${{")]
    [InlineData("${a.")]
    [InlineData("${a[")]
    [InlineData("\\${")]
    [InlineData("${ ")]
    public Task References_OpenedAMillionTimes_ArePlainText(string open) => Watchdog.RunAsync(() =>
    {
        var text = new StringBuilder().Insert(0, open, 1_000_000 / open.Length).ToString();
        var rendered = Template.Parse(text).Render(new FixedScope(), lenient: true);
        rendered.ShouldBe(text);
    });

    [Fact]
    public void References_ThatWriteOutToTooMuch_AreAnError()
    {
        var scope = new FixedScope().With("workflow.big", $"\"{new string('x', 1_000_000)}\"");
        var template = Template.Parse(string.Concat(Enumerable.Repeat("${workflow.big}", 100_000)));
        Should.Throw<TemplateException>(() => template.Render(scope, lenient: false)).Message
            .ShouldContain($"{Template.MaxRenderedLength}");
    }

    [Theory]
    [InlineData("{type: repeat, count: 1000000}", "1000000", "10000")]
    [InlineData("{type: repeat, count: 9223372036854775807}", "9223372036854775807", "10000")]
    [InlineData("{type: while, condition: 'true', max_iterations: 1000000}", "1000000", "10000")]
    [InlineData("{type: repeat_until, condition: 'false', max_iterations: 1000000}", "1000000", "10000")]
    [InlineData("{type: for_each, iterator: i, collection: {source: range, start: 0, end: 1000000}}", "more than 100000", "100000")]
    [InlineData(
        "{type: for_each, iterator: i, collection: {source: range, start: -9223372036854775808, end: 9223372036854775807}}",
        "more than 100000", "100000")]
    [InlineData("{type: repeat, count: 10, parallel: true, max_parallel: 1000000}", "1000000", "100")]
    public async Task Loop_OverAMillionItems_SaysWhatWasFoundAndWhatIsAllowed(string loop, string found, string allowed)
    {
        var error = (await CheckAsync($"{Head}tasks: {{a: {{sleep: 1, loop: {loop}}}}}")).Errors.ShouldHaveSingleItem();
        error.Message.ShouldContain("'a'");
        error.Message.ShouldContain(found);
        $"{error.Message} {error.Hint}".ShouldContain(allowed);
    }

    [Fact]
    public async Task Loop_OverAMillionInlineItems_SaysWhatWasFoundAndWhatIsAllowed()
    {
        var items = string.Join(',', Enumerable.Repeat("0", 1_000_000));
        var error = (await CheckAsync(
            $"{Head}tasks: {{a: {{sleep: 1, loop: {{type: for_each, iterator: i, collection: {{source: inline, items: [{items}]}}}}}}}}"))
            .Errors.ShouldHaveSingleItem();
        error.Message.ShouldBe("Task 'a' loops over a list of 1000000 items; 100000 are allowed.");
    }

    [Theory]
    [InlineData("while (true) {}")]
    [InlineData("(() => { while (true) {} })()")]
    [InlineData("'x'.repeat(1e9).length > 0")]
    [InlineData("(() => { const a = []; for (;;) a.push(a.length); })()")]
    [InlineData("(() => { let s = 'x'; for (;;) s += s; })()")]
    [InlineData("/(a+)+$/.test('a'.repeat(64) + '!')")]
    [InlineData("(function f(n) { return f(n + 1); })(0)")]
    public async Task Expression_ThatNeverEnds_ValidatesAtOnceAndEndsInAnError(string expression)
    {
        var quoted = expression.Replace("'", "''", StringComparison.Ordinal);
        await CheckAsync($"{Head}tasks: {{a: {{sleep: 1, if: '{quoted}', condition: '{quoted}'}}}}");
        await Watchdog.RunAsync(() =>
            Should.Throw<ExpressionException>(() => ExpressionEvaluator.Default.IsTrue(expression, new FixedScope())));
    }

    [Fact]
    public async Task Expression_OfAMegabyte_IsAnErrorThatNamesTheLimit()
    {
        var text = string.Concat(Enumerable.Repeat("1 + ", 250_000)) + "1";
        await CheckAsync($"{Head}tasks: {{a: {{sleep: 1, if: '{text}'}}}}");
        Should.Throw<ExpressionException>(() => ExpressionEvaluator.Default.IsTrue(text, new FixedScope())).Message
            .ShouldContain($"{new ExpressionLimits().MaxLength}");
    }

    [Fact]
    public async Task Inputs_WithAnExplosivePattern_AreCheckedInTime()
    {
        var text = $"{Head}inputs: {{a: {{type: string, pattern: '^(a+)+$', default: '{new string('a', 5_000)}!'}}}}";
        (await CheckAsync(text)).All.ShouldAllBe(found => found.Message.Length < 1_000);
    }

    [Fact]
    public async Task Matrix_OfManyAxes_SaysHowManyCombinationsAreAllowed()
    {
        var axes = string.Join(", ", Enumerable.Range(0, 50).Select(i => $"axis_{i}: [1, 2, 3, 4, 5, 6, 7, 8, 9]"));
        (await CheckAsync($"{Head}tasks: {{a: {{sleep: 1, matrix: {{{axes}}}}}}}")).Errors.ShouldHaveSingleItem().Message.ShouldBe(
            "The matrix of task 'a' has more than 10000 combinations; 10000 are allowed.");
    }

    private static string Tasks(int count, Func<int, string> task)
    {
        var text = new StringBuilder(Head).Append("tasks:\n");
        for (var i = 0; i < count; i++)
        {
            text.Append("  t").Append(i).Append(": ").Append(task(i)).Append('\n');
        }

        return text.ToString();
    }

    private static Task<Outcome> CheckAsync(string text) => Watchdog.RunAsync(() =>
    {
        var parsed = WorkflowParser.Parse(text);
        List<Diagnostic> all = [.. parsed.Diagnostics, .. parsed.Workflow is { } workflow ? WorkflowValidator.Validate(workflow) : []];
        return new Outcome(all, parsed.Workflow?.Tasks.Count ?? 0);
    });

    private sealed record Outcome(IReadOnlyList<Diagnostic> All, int Tasks)
    {
        internal IReadOnlyList<Diagnostic> Errors => [.. All.Where(found => found.Severity is DiagnosticSeverity.Error)];
    }
}
