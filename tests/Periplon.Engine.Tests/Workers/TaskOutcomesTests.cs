using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Tests.Workers;

public sealed class TaskOutcomesTests
{
    [Theory]
    [InlineData("""{"k":"\ud800"}""")]
    [InlineData("""["\udfff"]""")]
    public void Encode_ValueWithoutAFormInJson_BecomesAFailureThatSaysSo(string json)
    {
        var value = JsonDocument.Parse(json).RootElement;
        var outcome = TaskOutcome.Completed(new TaskOutput { Values = new Dictionary<string, JsonElement> { ["v"] = value } });
        var read = JsonSerializer.Deserialize(TaskOutcomes.Encode(outcome), ExecutionJson.Default.TaskOutcome).ShouldNotBeNull();
        read.Failure.ShouldNotBeNull().Kind.ShouldBe(FailureKinds.Internal);
    }

    [Fact]
    public void Encode_OrdinaryOutcome_IsReadBackAsItWas()
    {
        var outcome = TaskOutcome.Completed(new TaskOutput { Text = "done", Size = 4, ExitCode = 0 });
        var read = JsonSerializer.Deserialize(TaskOutcomes.Encode(outcome), ExecutionJson.Default.TaskOutcome).ShouldNotBeNull();
        read.Output.ShouldNotBeNull().Text.ShouldBe("done");
    }
}
