using System.Text.Json.Nodes;
using Periplon.Commands;

namespace Periplon.Tests.Commands;

/// <summary>Workflows with agents and models, run from a file of answers.</summary>
public sealed class ModelScriptTests : IDisposable
{
    private const string Workflow = """
        name: papers
        version: "1"
        model: claude-x
        agents:
          writer: {description: Writes}
        tasks:
          draft:
            description: Write about ${workflow.topic}
            agent: writer
            output: draft.txt
            definition_of_done:
              criteria: [{type: file_contains, path: notes.txt, pattern: "^bees$", description: the notes are written}]
          sum:
            depends_on: [draft]
            llm: {provider: openai, model: gpt-x, prompt: "Sum up: ${task.draft.output}"}
        inputs:
          topic: {type: string, default: bees}
        outputs:
          sum: "${task.sum.output}"
          score: "${task.draft.outputs.score}"
        """;

    private readonly CommandFixture _fixture = new();

    public ModelScriptTests() => _fixture.Write("flow.yaml", Workflow);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Run_WithAScript_AnswersEveryProvider()
    {
        _fixture.Write("answers.yaml", """
            rules:
              - {match: draft, answer: "Bees!", files: {notes.txt: bees}, outputs: {score: 9}}
            default: "${prompt}, says ${model} of ${provider}"
            """);

        (await _fixture.RunAsync("run", "flow.yaml", "--ai-script", "answers.yaml", "--clean", "--json")).ShouldBe(
            ExitCode.Ok, $"{_fixture.Out}{_fixture.Error}");

        var outputs = JsonNode.Parse(_fixture.Out.ToString())!["outputs"]!;
        ((string)outputs["sum"]!).ShouldBe("Sum up: Bees!, says gpt-x of openai");
        ((int)outputs["score"]!).ShouldBe(9);
        (await File.ReadAllTextAsync(Path.Combine(_fixture.Directory, "draft.txt"), TestContext.Current.CancellationToken)).ShouldBe("Bees!");
    }

    [Fact]
    public async Task Run_NoRuleForAPrompt_FailsAndNamesTheTask()
    {
        _fixture.Write("answers.yaml", "rules: [{match: other, answer: x}]");

        (await _fixture.RunAsync("run", "flow.yaml", "--ai-script", "answers.yaml")).ShouldBe(ExitCode.Failure);

        _fixture.Out.ToString().ShouldContain("No rule of the script of answers is for the prompt of task 'draft' (attempt 1, agent 'writer'");
    }

    [Fact]
    public async Task Run_WithoutAScript_IsRefusedWithAHint()
    {
        (await _fixture.RunAsync("run", "flow.yaml")).ShouldBe(ExitCode.Failure);

        var error = _fixture.Error.ToString();
        error.ShouldContain("error PPL404: Task 'draft' needs agent 'writer' with the provider 'claude'");
        error.ShouldContain("error PPL426: Task 'sum' needs llm with the provider 'openai'");
        error.ShouldContain("--ai-script FILE");
    }

    [Fact]
    public async Task Run_DryRunWithAScript_IsValid()
    {
        _fixture.Write("answers.yaml", "default: x");

        (await _fixture.RunAsync("run", "flow.yaml", "--dry-run", "--ai-script", "answers.yaml")).ShouldBe(ExitCode.Ok);
    }

    [Fact]
    public async Task Run_ScriptWithMistakes_NamesAllWithTheirPlaces()
    {
        var file = Path.Combine(_fixture.Directory, _fixture.Write("answers.yaml", "rules:\n  - {anser: x}\n  - {answer: '${promt}'}\n"));

        (await _fixture.RunAsync("run", "flow.yaml", "--ai-script", "answers.yaml")).ShouldBe(ExitCode.Configuration);

        var error = _fixture.Error.ToString();
        error.ShouldContain($"ai.script: {file}:2:6: 'rules[0]' has no field 'anser'; it is ignored. Did you mean 'answer'?");
        error.ShouldContain($"ai.script: {file}:3:14: 'rules[1].answer' holds '${{promt}}', which is no placeholder");
    }

    [Fact]
    public async Task Run_ScriptThatDoesNotExist_SaysSo()
    {
        (await _fixture.RunAsync("run", "flow.yaml", "--ai-script", "gone.yaml")).ShouldBe(ExitCode.Configuration);

        _fixture.Error.ToString().ShouldContain($"ai.script: the file {Path.Combine(_fixture.Directory, "gone.yaml")} does not exist");
    }

    [Fact]
    public async Task Run_ScriptOfTheConfiguration_IsTaken()
    {
        _fixture.Write("answers.yaml", "default: {answer: hello, files: {notes.txt: bees}, outputs: {score: 1}}");
        _fixture.Variables["PERIPLON__AI__SCRIPT"] = "answers.yaml";

        (await _fixture.RunAsync("run", "flow.yaml")).ShouldBe(ExitCode.Ok, $"{_fixture.Out}{_fixture.Error}");
    }
}
