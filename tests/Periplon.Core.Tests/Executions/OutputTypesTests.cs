using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Tests.Validation;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Executions;

public sealed class OutputTypesTests
{
    [Theory]
    [InlineData("\"42\"", "number", "42")]
    [InlineData("\"42\"", "integer", "42")]
    [InlineData("\" true \"", "boolean", "true")]
    [InlineData("\"[1, 2]\"", "array", "[1,2]")]
    [InlineData("\"{}\"", "object", "{}")]
    [InlineData("42", "string", "\"42\"")]
    [InlineData("\"42\"", "string", "\"42\"")]
    [InlineData("\"42\"", null, "\"42\"")]
    [InlineData("\"42\"", "strange", "\"42\"")]
    [InlineData("null", "number", "null")]
    public void Fit_ValueThatCanBeOfTheType_IsOne(string value, string? type, string expected)
    {
        var fitted = OutputTypes.Fit(Json(value), type, out var problem);

        problem.ShouldBeNull();
        JsonElement.DeepEquals(fitted, Json(expected)).ShouldBeTrue(fitted.GetRawText());
    }

    [Theory]
    [InlineData("\"forty\"", "number", "it is a text that is no number; it must be of type number")]
    [InlineData("\"4.5\"", "integer", "it is a text that is no integer; it must be of type integer")]
    [InlineData("3", "array", "it is a number; it must be of type array")]
    public void Fit_ValueThatCannot_SaysWhatItIs(string value, string type, string expected)
    {
        OutputTypes.Fit(Json(value), type, out var problem);

        problem.ShouldBe(expected);
    }

    [Fact]
    public void WorkflowOutputs_WithTypes_AreOfThemOrNull()
    {
        var run = Run("""
            tasks: {a: {command: {executable: x}}}
            outputs:
              count: {source: {type: task_output, task: a}, type: integer}
              list: {value: "${task.a.output}", type: array}
            """);
        run.Complete("a", "42\n");

        run.State.Outputs.ShouldNotBeNull()["count"].GetInt32().ShouldBe(42);
        run.State.Outputs["list"].ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData("42", TaskRunStatus.Completed)]
    [InlineData("many", TaskRunStatus.Failed)]
    public void GroupOutputs_WithTypes_AreOfThemOrFailTheGroup(string output, TaskRunStatus expected)
    {
        var run = Run("""
            tasks:
              g:
                outputs: {count: {source: {type: task_output, task: g.a}, type: number}}
                subtasks: [{a: {command: {executable: x}}}]
            """);
        run.Complete("g.a", output);

        var group = run.Task("g");
        group.Status.ShouldBe(expected, group.Failure?.Message);
        if (expected is TaskRunStatus.Failed)
        {
            group.Failure!.Message.ShouldContain("The output 'count' could not be produced: it is a text that is no number");
        }
        else
        {
            group.Output!.Values!["count"].GetInt32().ShouldBe(42);
        }
    }

    private static MachineHarness Run(string yaml)
    {
        var parsed = WorkflowParser.Parse(Checked.Named(yaml));
        return new MachineHarness(parsed.Workflow.ShouldNotBeNull(string.Join('\n', parsed.Diagnostics)));
    }

    private static JsonElement Json(string json) => JsonSerializer.Deserialize<JsonElement>(json);
}
