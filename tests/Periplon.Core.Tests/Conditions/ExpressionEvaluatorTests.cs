using Periplon.Core.Conditions;
using Periplon.Core.Executions;
using Periplon.Core.Templates;
using Periplon.Core.Tests.Templates;

namespace Periplon.Core.Tests.Conditions;

public sealed class ExpressionEvaluatorTests
{
    private static readonly ExpressionEvaluator Evaluator = ExpressionEvaluator.Default;

    private static FixedScope NewScope() => new FixedScope()
        .With("workflow.env", "\"prod\"")
        .With("workflow.min", "5")
        .With("workflow.max-size", "10")
        .With("workflow.empty", "\"\"")
        .With("workflow.quote", "\"a'b\\\"c\"")
        .With("workflow.files", """[{"name":"a.cs","size":3},{"name":"b.md","size":9}]""")
        .With("group.a.score", "7")
        .With("task.build.output", "\"line one\"")
        .With("task.build-app.outputs", """{"tag":"v1"}""")
        .With("task.fetch.output", "\"{\\\"items\\\":[1,2]}\"")
        .With("item", "4")
        .WithTask("build", TaskRunStatus.Completed)
        .WithTask("build-app", TaskRunStatus.Failed)
        .WithTask("parent.child", TaskRunStatus.Skipped)
        .WithState("flag", "true")
        .WithState("deep", """{"a":[{"b":2}]}""");

    [Theory]
    [InlineData("true", true)]
    [InlineData(" ${{ false }} ", false)]
    [InlineData("1 + 1 == 2", true)]
    [InlineData("workflow.env === 'prod'", true)]
    [InlineData("workflow.env == 'dev' || workflow.min > 4", true)]
    [InlineData("workflow['env'] === \"prod\"", true)]
    [InlineData("${{ workflow.env === 'prod' }}", true)]
    [InlineData("${ workflow.env === 'dev' }", false)]
    [InlineData("{{ workflow.min >= 5 }}", true)]
    [InlineData("${group.a.score} >= ${workflow.min}", true)]
    [InlineData("{{group.a.score}} < {{ workflow.min }}", false)]
    [InlineData("'${workflow.env}' == 'prod'", true)]
    [InlineData("\"env-{{workflow.env}}!\" === 'env-prod!'", true)]
    [InlineData("'${workflow.quote}' === workflow.quote", true)]
    [InlineData("`${workflow.env}-${1 + 1}` === 'prod-2'", true)]
    [InlineData("'\\${workflow.env}' === '$' + '{workflow.env}'", true)]
    [InlineData("${workflow.env}", true)]
    [InlineData("workflow.empty", false)]
    [InlineData("workflow.files", true)]
    [InlineData("workflow.files.length === 2", true)]
    [InlineData("workflow.files[1].name", true)]
    [InlineData("workflow.files.some(file => file.size > 8)", true)]
    [InlineData("workflow.files.every(({size}) => size > workflow.min)", false)]
    [InlineData("workflow.files.map(workflow => workflow.size).join('+') === '3+9'", true)]
    [InlineData("task.build.status == 'completed'", true)]
    [InlineData("task.build.output.includes('one')", true)]
    [InlineData("task.build.output.length == 8", true)]
    [InlineData("/^line \\w+$/.test(task.build.output)", true)]
    [InlineData("task.build-app.status == 'failed'", true)]
    [InlineData("task.build-app.outputs.tag.startsWith('v')", true)]
    [InlineData("task['build-app'].outputs.tag === 'v1'", true)]
    [InlineData("task.parent.child.status === 'skipped'", true)]
    [InlineData("task.fetch.output.items[1] === 2", true)]
    [InlineData("JSON.parse(task.fetch.output).items.length === 2", true)]
    [InlineData("workflow.max-size === 10", true)]
    [InlineData("workflow.min-workflow.min === 0", true)]
    [InlineData("workflow.min - item === 1", true)]
    [InlineData("item-1 === 3", true)]
    [InlineData("state.flag", true)]
    [InlineData("state.deep.a[0].b === 2", true)]
    [InlineData("state.missing", false)]
    [InlineData("state.missing.deeper.still === undefined", true)]
    [InlineData("task.nowhere.status == 'completed'", false)]
    [InlineData("workflow.nowhere ?? workflow.env", true)]
    [InlineData("typeof metadata.x === 'undefined'", true)]
    [InlineData("({item}).item === 4", true)]
    [InlineData("({item: 1}).item === 1", true)]
    [InlineData("Math.max(...[1, 2, item]) === 4", true)]
    [InlineData("(() => { let sum = 0; for (const f of workflow.files) sum += f.size; return sum })() === 12", true)]
    [InlineData("[3, 1, 2].sort().join() === '1,2,3'", true)]
    [InlineData("'a-b'.replace('-', '+') === 'a+b'", true)]
    [InlineData("'a.b.c'.replaceAll('.', '') === 'abc'", true)]
    [InlineData("'a1b2'.replace(/\\d/g, d => d * 2) === 'a2b4'", true)]
    [InlineData("'x'.concat(1, null) === 'x1null'", true)]
    [InlineData("'ab'.repeat(2) === 'abab'", true)]
    [InlineData("[1, [2, null], undefined].join() === '1,2,,'", true)]
    [InlineData("'abc'.padStart(5, '-') === '--abc'", true)]
    [InlineData("JSON.stringify({a: [1]}) === '{\"a\":[1]}'", true)]
    public void Expressions_answer_by_the_rules_of_JavaScript(string expression, bool expected) =>
        Evaluator.IsTrue(expression, NewScope()).ShouldBe(expected);

    [Theory]
    [InlineData("workflow.min * 2", "10")]
    [InlineData("workflow.env", "\"prod\"")]
    [InlineData("'${workflow.env}' + 1", "\"prod1\"")]
    [InlineData("({a: workflow.files[0], b: [null, 1.5]})", """{"a":{"name":"a.cs","size":3},"b":[null,1.5]}""")]
    [InlineData("workflow.nowhere", "null")]
    [InlineData("0 / 0", "null")]
    [InlineData("[1e21, -0.5, 1e-7, undefined, () => 1]", "[1e21,-0.5,1e-7,null,null]")]
    [InlineData("({a: undefined, b: () => 1, 'ü': 'ß'})", """{"ü":"ß"}""")]
    [InlineData("'\\ud800'", "\"\ufffd\"")]
    [InlineData("() => 1", "null")]
    [InlineData("success()", "true")]
    public void Values_come_back_as_JSON(string expression, string json) =>
        System.Text.Json.JsonElement.DeepEquals(Evaluator.Evaluate(expression, NewScope()), FixedScope.Json(json)).ShouldBeTrue();

    [Theory]
    [InlineData("success()", false, false, true)]
    [InlineData("success()", true, false, false)]
    [InlineData("success()", false, true, false)]
    [InlineData("failure()", true, false, true)]
    [InlineData("failure()", false, false, false)]
    [InlineData("always()", true, true, true)]
    [InlineData("cancelled()", false, true, true)]
    [InlineData("!cancelled() && failure()", true, false, true)]
    [InlineData("${{ failure() || success() }}", true, false, true)]
    public void Status_functions_ask_the_execution(string expression, bool hasFailure, bool isCancelled, bool expected) =>
        Evaluator.IsTrue(expression, new FixedScope { HasFailure = hasFailure, IsCancelled = isCancelled }).ShouldBe(expected);

    [Theory]
    [InlineData("always()", true)]
    [InlineData("${{ failure() && workflow.x }}", true)]
    [InlineData("!cancelled()", true)]
    [InlineData("success()", false)]
    [InlineData("workflow.always", false)]
    [InlineData("'always()' == workflow.x", false)]
    [InlineData("always(", false)]
    [InlineData("true", false)]
    public void A_call_that_overrides_a_failure_is_recognised(string expression, bool expected) =>
        ExpressionEvaluator.UsesStatusFunction(expression).ShouldBe(expected);

    [Fact]
    public void References_are_listed_without_the_methods_called_on_them() =>
        Evaluator.ListReferences("task.a-b.output.includes('x') && ${workflow.min} > [1].map(n => n + item).length && '${state.k}'")
            .ShouldBe(["workflow.min", "state.k", "task.a-b.output", "item"], ignoreOrder: true);

    [Fact]
    public void References_that_are_not_reached_are_not_resolved()
    {
        var scope = NewScope();
        Evaluator.IsTrue("workflow.env === 'prod' || task.build.output.length > 3", scope).ShouldBeTrue();
        scope.Asked.ShouldNotContain("task.build.output.length");
    }

    [Fact]
    public void An_unknown_reference_in_braces_is_an_error() =>
        Should.Throw<TemplateException>(() => Evaluator.IsTrue("${workflow.nowhere} > 1", NewScope()))
            .Message.ShouldContain("'workflow.nowhere'");

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("   ", "is empty")]
    [InlineData("${{ }}", "is empty")]
    [InlineData("1 +", "is not a JavaScript expression")]
    [InlineData("task.build-2.status", "task['build-2'].status")]
    [InlineData("a; b", "is not a JavaScript expression")]
    [InlineData("1) + (2", "is not a JavaScript expression")]
    [InlineData("if (true) {}", "is not a JavaScript expression")]
    [InlineData("wrkflow.env == 'x'", "unknown name 'wrkflow'. Did you mean 'workflow'?")]
    [InlineData("workflow.env == prod", "text stands in quotes")]
    [InlineData("workflow.env = 'dev'", "assigns to 'workflow.env'")]
    [InlineData("item++", "assigns to 'item'")]
    [InlineData("delete workflow.env", "assigns to 'workflow.env'")]
    [InlineData("item = 3", "assigns to 'item'")]
    [InlineData("null.x", "failed:")]
    [InlineData("(() => { throw new Error('no') })()", "failed: no")]
    [InlineData("10n > 1", "big integer")]
    [InlineData("async () => 1", "asynchronous")]
    public void A_wrong_expression_is_an_error_that_says_what_is_wrong(string expression, string problem)
    {
        var error = Should.Throw<ExpressionException>(() => Evaluator.IsTrue(expression, NewScope()));
        error.Message.ShouldContain(problem);
        error.Expression.ShouldBe(expression);
    }

    [Fact]
    public void A_problem_of_form_is_found_without_evaluating()
    {
        Evaluator.FindProblem("1 +").ShouldNotBeNull().ShouldContain("is not a JavaScript expression");
        Evaluator.FindProblem("workflow.a > 1").ShouldBeNull();
    }
}
