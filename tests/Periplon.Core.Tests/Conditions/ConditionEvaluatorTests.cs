using Periplon.Core.Conditions;
using Periplon.Core.Executions;
using Periplon.Core.Tests.Templates;

namespace Periplon.Core.Tests.Conditions;

public sealed class ConditionEvaluatorTests
{
    private static readonly Condition Yes = new Condition.Always();
    private static readonly Condition No = new Condition.Never();

    private static readonly FixedScope Scope = new FixedScope()
        .WithTask("build", TaskRunStatus.Completed)
        .WithTask("parent.child", TaskRunStatus.Failed)
        .WithState("count", "1.0")
        .WithState("text", "\"1\"")
        .WithState("none", "null")
        .WithState("map", """{"a":1,"b":[true]}""");

    [Fact]
    public void Connectives_follow_logic_and_empty_lists_have_their_neutral_value()
    {
        Holds(new Condition.And([])).ShouldBeTrue();
        Holds(new Condition.Or([])).ShouldBeFalse();
        Holds(new Condition.And([Yes, No])).ShouldBeFalse();
        Holds(new Condition.Or([No, Yes])).ShouldBeTrue();
        Holds(new Condition.Not(No)).ShouldBeTrue();
        Holds(new Condition.Not(new Condition.And([Yes, new Condition.Or([No, No])]))).ShouldBeTrue();
    }

    [Theory]
    [InlineData("build", TaskRunStatus.Completed, true)]
    [InlineData("build", TaskRunStatus.Failed, false)]
    [InlineData("parent.child", TaskRunStatus.Failed, true)]
    [InlineData("nowhere", TaskRunStatus.Pending, false)]
    public void The_status_of_a_task_is_compared_and_no_task_has_none(string task, TaskRunStatus status, bool expected) =>
        Holds(new Condition.TaskHasStatus(task, status)).ShouldBe(expected);

    [Theory]
    [InlineData("count", "1", true)]
    [InlineData("count", "1.00", true)]
    [InlineData("count", "\"1\"", false)]
    [InlineData("text", "\"1\"", true)]
    [InlineData("text", "1", false)]
    [InlineData("none", "null", true)]
    [InlineData("none", "false", false)]
    [InlineData("map", """{"b":[true],"a":1}""", true)]
    [InlineData("map", """{"b":[true]}""", false)]
    [InlineData("missing", "null", false)]
    public void State_is_compared_type_and_all(string key, string json, bool expected) =>
        Holds(new Condition.StateEquals(key, FixedScope.Json(json))).ShouldBe(expected);

    [Fact]
    public void A_state_value_that_was_never_written_equals_nothing() =>
        Holds(new Condition.StateEquals("count", default)).ShouldBeFalse();

    [Fact]
    public void State_exists_even_when_it_is_null()
    {
        Holds(new Condition.StateExists("none")).ShouldBeTrue();
        Holds(new Condition.StateExists("missing")).ShouldBeFalse();
    }

    [Fact]
    public void Expressions_are_conditions_too() =>
        Holds(new Condition.And([Yes, new Condition.When("task.build.status === 'completed' && state.count == 1")])).ShouldBeTrue();

    [Fact]
    public void Only_expressions_override_a_failure()
    {
        ConditionEvaluator.UsesStatusFunction(Yes).ShouldBeFalse();
        ConditionEvaluator.UsesStatusFunction(new Condition.Not(new Condition.When("success()"))).ShouldBeFalse();
        ConditionEvaluator.UsesStatusFunction(new Condition.Or([No, new Condition.Not(new Condition.When("failure()"))])).ShouldBeTrue();
    }

    private static bool Holds(Condition condition) => ConditionEvaluator.Evaluate(condition, Scope);
}
