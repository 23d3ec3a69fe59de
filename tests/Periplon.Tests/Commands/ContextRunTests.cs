using System.Text.Json.Nodes;
using Periplon.Commands;

namespace Periplon.Tests.Commands;

/// <summary>What models are told of the execution before their prompts.</summary>
public sealed class ContextRunTests : IDisposable
{
    private const string Workflow = """
        name: story
        version: "1"
        provider: echo
        agents:
          writer: {description: Writes}
        tasks:
          fetch:
            command: {executable: echo, args: [raw numbers]}
          draft:
            description: Write it down
            agent: writer
            depends_on: [fetch]
            inject_context: true
            output: draft.txt
          sum:
            depends_on: [draft]
            context: {mode: manual, include_tasks: [fetch]}
            llm: {provider: echo, model: m, prompt: Sum it up}
          alone:
            depends_on: [draft]
            llm: {provider: echo, model: m, prompt: Nothing before me}
        outputs:
          draft: "${task.draft.output}"
          sum: "${task.sum.output}"
          alone: "${task.alone.output}"
        """;

    private readonly CommandFixture _fixture = new();

    public ContextRunTests() => _fixture.Write("flow.yaml", Workflow);

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_TasksThatAskForContext_GetItBeforeTheirPrompts(bool byScript)
    {
        _fixture.Write("answers.yaml", "default: \"${prompt}\"");
        string[] script = byScript ? ["--ai-script", "answers.yaml"] : [];

        (await _fixture.RunAsync(["run", "flow.yaml", "--json", .. script])).ShouldBe(ExitCode.Ok, $"{_fixture.Out}{_fixture.Error}");

        var outputs = JsonNode.Parse(_fixture.Out.ToString())!["outputs"]!;
        var draft = (string)outputs["draft"]!;
        draft.ShouldStartWith("Workflow 'story', version 1: 25 % done, 1 of 4 tasks.\nThe output of this task is written to: draft.txt\n");
        draft.ShouldContain("\nOutput of task 'fetch':\nraw numbers\n");
        draft.ShouldEndWith("\n\nWrite it down");
        var sum = (string)outputs["sum"]!;
        sum.ShouldContain("\nOutput of task 'fetch':\nraw numbers\n\nSum it up");
        sum.ShouldNotContain("task 'draft'");
        ((string)outputs["alone"]!).ShouldBe("Nothing before me");
    }
}
