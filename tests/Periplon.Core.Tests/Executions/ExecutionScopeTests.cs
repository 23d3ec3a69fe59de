using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;
using static Periplon.Core.Tests.Executions.MachineHarness;

namespace Periplon.Core.Tests.Executions;

public sealed class ExecutionScopeTests
{
    [Theory]
    [InlineData("workflow.region", "\"eu\"")]
    [InlineData("input.region", "\"eu\"")]
    [InlineData("region", "\"eu\"")]
    [InlineData("workflow.name", "\"test\"")]
    [InlineData("task.a.output", "\"first\\nsecond\"")]
    [InlineData("task.a.status", "\"completed\"")]
    [InlineData("task.a.exit_code", "0")]
    [InlineData("task.a.outputs.rows", "[{\"id\":7}]")]
    [InlineData("task.a.rows[0].id", "7")]
    [InlineData("task.own", "\"eu/first\"")]
    [InlineData("state.total", "3")]
    [InlineData("metadata.task_id", "\"b\"")]
    [InlineData("execution.id", "\"019aaaaa-0000-7000-8000-000000000001\"")]
    [InlineData("execution.scheduled_at", "\"2026-11-23T12:00:00Z\"")]
    public void TryResolve_KnownReference_GivesItsValue(string reference, string expected)
    {
        var (state, task) = AfterA();
        new ExecutionScope(state, task).TryResolve(reference, out var value).ShouldBeTrue();
        JsonElement.DeepEquals(value, Json(expected)).ShouldBeTrue(value.GetRawText());
    }

    [Theory]
    [InlineData("workflow.nothing")]
    [InlineData("task.c.output")]
    [InlineData("task.a.outputs.nothing")]
    [InlineData("task.a.rows[4]")]
    [InlineData("state.nothing")]
    [InlineData("secret.token")]
    [InlineData("env.HOME")]
    public void TryResolve_UnknownReference_SaysSo(string reference)
    {
        var (state, task) = AfterA();
        new ExecutionScope(state, task).TryResolve(reference, out _).ShouldBeFalse();
    }

    [Fact]
    public void TryResolve_OwnInputsThatNameEachOther_DoNotRunForEver()
    {
        var run = new MachineHarness(Workflow(NewTask("a") with
        {
            Inputs = new Dictionary<string, JsonElement> { ["x"] = Json("\"${task.y}\""), ["y"] = Json("\"${task.x}\"") },
        }));
        Should.Throw<TemplateException>(() => new ExecutionScope(run.State, run.State.Find("a")!.Instance).TryResolve("task.x", out _));
    }

    [Fact]
    public void TaskValues_HoldWhatTheTextsReferTo_AndNothingElse()
    {
        var (state, task) = AfterA();
        TaskValues.Of(state, task).Keys.Order().ShouldBe(["task.a.output", "workflow.region"]);
    }

    [Fact]
    public void WorkflowOutputs_TaskOutputStateAndValue_AreProducedAtTheEnd()
    {
        var workflow = Workflow(NewTask("a")) with
        {
            Outputs = new Dictionary<string, OutputDefinition>
            {
                ["text"] = new() { Source = new OutputSource.TaskOutput("a") },
                ["total"] = new() { Source = new OutputSource.State("total") },
                ["typed"] = new() { Value = Json("\"${task.a.outputs.rows}\"") },
                ["missing"] = new() { Source = new OutputSource.State("nothing") },
            },
        };
        var run = new MachineHarness(workflow);
        run.Report("a", run.Claim("a"), TaskOutcome.Completed(OutputOfA())).ShouldBeTrue();
        var outputs = run.State.Outputs.ShouldNotBeNull();
        outputs["text"].GetString().ShouldBe("first\nsecond");
        outputs["total"].GetInt32().ShouldBe(3);
        outputs["typed"][0].GetProperty("id").GetInt32().ShouldBe(7);
        outputs["missing"].ValueKind.ShouldBe(JsonValueKind.Null);
    }

    private static (ExecutionState State, TaskInstance Task) AfterA()
    {
        var b = NewTask("b", "a") with
        {
            Command = new CommandDefinition { Executable = "echo", Args = ["${workflow.region}", "${task.a.output}", "${HOME}"] },
            Inputs = new Dictionary<string, JsonElement> { ["own"] = Json("\"${workflow.region}/first\"") },
        };
        var run = new MachineHarness(Workflow(NewTask("a"), b), new Dictionary<string, JsonElement> { ["region"] = Json("\"eu\"") });
        run.Report("a", run.Claim("a"), TaskOutcome.Completed(OutputOfA())).ShouldBeTrue();
        return (run.State, run.State.Find("b").ShouldNotBeNull().Instance);
    }

    private static TaskOutput OutputOfA() => new()
    {
        Text = "first\nsecond\n",
        ExitCode = 0,
        Values = new Dictionary<string, JsonElement> { ["rows"] = Json("[{\"id\":7}]") },
        State = new Dictionary<string, JsonElement> { ["total"] = Json("3") },
    };

    private static JsonElement Json(string text) => JsonSerializer.Deserialize<JsonElement>(text);
}
