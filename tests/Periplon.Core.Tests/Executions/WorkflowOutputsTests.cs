using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using static Periplon.Core.Tests.Executions.MachineHarness;

namespace Periplon.Core.Tests.Executions;

public sealed class WorkflowOutputsTests
{
    [Fact]
    public void A_file_is_found_behind_a_task_whose_own_path_cannot_be_filled_in()
    {
        var workflow = Workflow(
            NewTask("a") with { Output = "${task.b.nothing}.txt" },
            NewTask("b") with { Output = "report.txt" });
        var machine = new MachineHarness(workflow with
        {
            Outputs = new Dictionary<string, OutputDefinition> { ["report"] = new() { Source = new OutputSource.File("report.txt") } },
        });
        machine.Complete("a", "first");
        machine.Complete("b", "second");
        machine.State.Outputs.ShouldNotBeNull()["report"].GetString().ShouldBe("second");
    }

    [Fact]
    public void A_value_of_the_greatest_depth_survives_the_journal()
    {
        var deep = JsonSerializer.Deserialize<JsonElement>(new string('[', 32) + new string(']', 32));
        var workflow = Workflow(NewTask("a")) with
        {
            Outputs = new Dictionary<string, OutputDefinition> { ["deep"] = new() { Source = new OutputSource.State("deep") } },
        };
        var machine = new MachineHarness(workflow, new Dictionary<string, JsonElement> { ["x"] = deep });
        var output = new TaskOutput { Text = "", State = new Dictionary<string, JsonElement> { ["deep"] = deep } };
        machine.Report("a", machine.Claim("a"), TaskOutcome.Completed(output)).ShouldBeTrue();
        machine.Replayed().Outputs.ShouldNotBeNull()["deep"].GetRawText().ShouldBe(deep.GetRawText());
    }

    [Fact]
    public void Values_of_secret_inputs_are_masked_alone_and_inside_other_texts()
    {
        static JsonElement Json(string json) => JsonSerializer.Deserialize<JsonElement>(json);
        var workflow = Workflow(NewTask("a")) with
        {
            Inputs = new Dictionary<string, InputDefinition>
            {
                ["pin"] = new() { Type = "secret" }, ["cred"] = new() { Type = "object", Secret = true }, ["who"] = new() { Type = "string" },
            },
            Outputs = new Dictionary<string, OutputDefinition>
            {
                ["pin"] = new() { Value = Json("\"${workflow.pin}\"") },
                ["url"] = new() { Value = Json("{\"u\": [\"https://${workflow.cred.user}:${workflow.cred.password}@host\", \"${workflow.who}\"]}") },
                ["whole"] = new() { Value = Json("\"${workflow.cred}\"") },
            },
        };
        var inputs = new Dictionary<string, JsonElement>
        {
            ["pin"] = Json("\"123\""), ["cred"] = Json("""{"user": "root", "password": "hunter2"}"""), ["who"] = Json("\"world\""),
        };
        var machine = new MachineHarness(workflow, inputs);
        machine.Complete("a");
        var outputs = machine.State.Outputs.ShouldNotBeNull();
        outputs["pin"].GetString().ShouldBe("***");
        outputs["url"].GetRawText().ShouldBe("""{"u":["https://***:***@host","world"]}""");
        outputs["whole"].GetRawText().ShouldBe("""{"user":"***","password":"***"}""");
    }
}
