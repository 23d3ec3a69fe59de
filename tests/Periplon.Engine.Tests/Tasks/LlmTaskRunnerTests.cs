using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using static Periplon.Engine.Tests.Tasks.TaskFixture;

namespace Periplon.Engine.Tests.Tasks;

public sealed class LlmTaskRunnerTests : TaskRunnerConformance
{
    // Streamed, because the log of an echo that is not holds nothing.
    private protected override TaskDefinition Says(string text)
    {
        var task = Llm(ModelProvider.Echo, text);
        return task with { Llm = task.Llm! with { Stream = true } };
    }

    private protected override TaskDefinition? SaysAttemptKey() => null;

    // The echo model ends at once; what hangs is a model of the test's.
    private protected override TaskDefinition Hangs() => Llm(ModelProvider.Ollama, "x");

    private protected override TaskDefinition RefersToNothing() => new()
    {
        Id = "job", Llm = new LlmDefinition { Provider = ModelProvider.Echo, Prompt = "x", Endpoint = "${workflow.nothing}" },
    };

    [Fact]
    public async Task Run_ReferenceThatNobodyKnows_StaysInThePrompt() =>
        (await Worker.RunAsync(Llm(ModelProvider.Echo, "review ${workflow.nothing}"), Ct)).Output!.Text.ShouldBe("review ${workflow.nothing}");

    [Fact]
    public async Task Run_UnknownProvider_FailsWithModel()
    {
        var outcome = await Worker.RunAsync(Llm(ModelProvider.Openai, "x"), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Model);
        outcome.Failure.Message.ShouldContain("'openai' is not in this version");
    }

    [Fact]
    public async Task Run_ScriptWithoutAFile_SaysHowToNameOne() =>
        (await Worker.RunAsync(Llm(ModelProvider.Script, "x"), Ct)).Failure!.Message.ShouldContain("--ai-script");

    [Fact]
    public async Task Run_AllSettings_ReachTheModelFilledIn()
    {
        var task = new TaskDefinition
        {
            Id = "job",
            Llm = new LlmDefinition
            {
                Provider = ModelProvider.Codex, Model = "m-1", Prompt = "about ${workflow.topic}", SystemPrompt = "be ${workflow.topic}",
                Endpoint = "http://${workflow.topic}", ApiKey = "key-${workflow.topic}",
                ExtraParams = new Dictionary<string, System.Text.Json.JsonElement> { ["n"] = Json("\"${workflow.count}\"") },
            },
        };
        var outcome = await Worker.RunAsync(Worker.Request(task) with
        {
            Values = new Dictionary<string, System.Text.Json.JsonElement> { ["workflow.topic"] = Json("\"bees\""), ["workflow.count"] = Json("3") },
        }, Ct);

        outcome.Output!.Text.ShouldBe("recorded");
        var asked = Worker.Recording.Asked.ShouldHaveSingleItem();
        (asked.System, asked.Prompt).ShouldBe(("be bees", "about bees"));
        asked.Origin.Target.ShouldBe(new() { Provider = ModelProvider.Codex, Model = "m-1", Endpoint = "http://bees", ApiKey = "key-bees" });
        asked.Origin.ExtraParams["n"].GetInt32().ShouldBe(3);
        asked.Origin.AttemptKey.ShouldBe($"{Worker.ExecutionId}/job/1");
    }

    [Fact]
    public async Task Run_Stream_ShowsTheAnswerAsItComesAndKeepsTheWhole()
    {
        var task = Llm(ModelProvider.Google, "x");
        var outcome = await Worker.RunAsync(task with { Llm = task.Llm! with { Stream = true } }, Ct);

        outcome.Output.ShouldNotBeNull(outcome.Failure?.Message).Text.ShouldBe("first\nsecond");
        Worker.Log.Stdout.ShouldBe(["first", "second"]);
        (await Worker.RunAsync(task, Ct)).Failure!.Message.ShouldContain("only streams");
    }

    [Theory]
    [InlineData("42", true)]
    [InlineData("forty", false)]
    public async Task Run_OutputWithAType_IsOfItOrFails(string said, bool fits)
    {
        var outputs = new Dictionary<string, OutputDefinition>
        {
            ["count"] = new() { Source = new OutputSource.TaskOutput("job"), Type = "integer" },
        };
        var outcome = await Worker.RunAsync(Llm(ModelProvider.Echo, said) with { Outputs = outputs }, Ct);

        outcome.IsFailed.ShouldBe(!fits, outcome.Failure?.Message);
        if (fits)
        {
            outcome.Output!.Values!["count"].GetInt32().ShouldBe(42);
        }
        else
        {
            outcome.Failure!.Message.ShouldContain("The output 'count' could not be produced: it is a text that is no integer");
        }
    }

    [Fact]
    public async Task Run_WithProgress_PutsItBeforeThePrompt()
    {
        var outcome = await Worker.RunAsync(Worker.Request(Llm(ModelProvider.Echo, "ask\n")) with { Context = "half done" }, Ct);

        outcome.Output!.Text.ShouldBe("half done\n\nask");
    }

    private static TaskDefinition Llm(ModelProvider provider, string prompt) =>
        new() { Id = "job", Llm = new LlmDefinition { Provider = provider, Prompt = prompt } };
}
