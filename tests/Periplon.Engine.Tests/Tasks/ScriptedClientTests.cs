using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using Periplon.Core.Models;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks.Models;

namespace Periplon.Engine.Tests.Tasks;

public sealed class ScriptedClientTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("periplon-script-").FullName;
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("review", "writer", "about bees", 1, "by task")]
    [InlineData("fix[2].test", "writer", "about bees", 1, "by glob")]
    [InlineData("fix[2].build", "helper-7", "about bees", 1, "by agent")]
    [InlineData("other", "writer", "please count", 1, "by text")]
    [InlineData("other", "writer", "order 66 now", 1, "by pattern")]
    [InlineData("other", "writer", "about bees", 3, "by attempt")]
    [InlineData("other", "writer", "about bees", 1, "other asked gpt-x of openai as writer, attempt 1: about bees")]
    public async Task Answer_TakesTheFirstRuleThatMatches(string task, string agent, string prompt, int attempt, string expected)
    {
        using var client = Client("""
            rules:
              - {match: review, answer: by task}
              - {match: {task: "fix[*].test"}, answer: by glob}
              - {match: {agent: "helper-?"}, answer: by agent}
              - {match: {provider: claude}, answer: by another provider}
              - {match: {model: "claude-*"}, answer: by another model}
              - {match: {prompt: [count, weigh]}, answer: by text}
              - {match: {prompt_pattern: 'order \d+'}, answer: by pattern}
              - {match: {attempt: [2, 3]}, answer: by attempt}
            default: "${task} asked ${model} of ${provider} as ${agent}, attempt ${attempt}: ${prompt}"
            """);

        (await AskAsync(client, prompt, task, agent, attempt)).ShouldBe(expected);
    }

    [Fact]
    public async Task Answer_RuleIsUsedUp_GoesOnToTheNext()
    {
        using var client = Client("rules: [{times: 2, answer: 'use ${use}'}]\ndefault: late");

        (await AskAsync(client)).ShouldBe("use 1");
        (await AskAsync(client)).ShouldBe("use 2");
        (await AskAsync(client)).ShouldBe("late");
    }

    [Fact]
    public async Task Answer_Files_AreWrittenBeforeIt()
    {
        using var client = Client("default: {files: {'out/${task}.md': 'on ${prompt}', b.txt: b}, answer: done}");

        (await AskAsync(client, "bees")).ShouldBe("done");
        (await File.ReadAllTextAsync(Path.Combine(_directory, "out/job.md"), Ct)).ShouldBe("on bees");
        (await File.ReadAllTextAsync(Path.Combine(_directory, "b.txt"), Ct)).ShouldBe("b");
    }

    [Fact]
    public async Task Answer_FileThatCannotBeWritten_NamesIt()
    {
        using var client = Client("default: {files: {/proc/nothing/x: b}}");

        (await Should.ThrowAsync<ModelException>(() => AskAsync(client))).Message.ShouldContain("could not write '/proc/nothing/x' for task 'job'");
    }

    [Fact]
    public async Task Answer_Fails_WithItsKindAndMessage()
    {
        using var client = Client("default: {fail: {kind: network, message: 'no way for ${task}'}}");

        var failure = await Should.ThrowAsync<ModelException>(() => AskAsync(client));
        (failure.Kind, failure.Message).ShouldBe(("network", "no way for job"));
    }

    [Fact]
    public async Task Answer_Delay_WaitsByTheClock()
    {
        using var client = Client("default: {delay_secs: 30, answer: slow}");
        var answer = AskAsync(client);

        _time.Advance(TimeSpan.FromSeconds(29));
        answer.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(1));
        (await answer).ShouldBe("slow");
    }

    [Fact]
    public async Task Answer_NoRuleMatches_NamesTheTaskAndThePrompt()
    {
        using var client = Client("rules: [{match: other, answer: x}]");

        var failure = await Should.ThrowAsync<ModelException>(() => AskAsync(client, "about bees"));
        failure.Message.ShouldContain("task 'job' (attempt 1, agent 'writer', openai gpt-x): \"about bees\"");
    }

    [Fact]
    public async Task Answer_HostilePattern_EndsAllTheSame()
    {
        using var client = Client(@"rules: [{match: {prompt_pattern: '(a+)+$'}, answer: x}]" + "\ndefault: no match");

        (await AskAsync(client, new string('a', 50_000) + "!")).ShouldBe("no match");
    }

    [Fact]
    public async Task Stream_HoldsTheWholeAnswer()
    {
        using var client = Client("default: in one piece");
        var text = "";
        await foreach (var update in client.GetStreamingResponseAsync([new ChatMessage(ChatRole.User, "x")], Options("job", "writer", 1), Ct))
        {
            text += update.Text;
        }

        text.ShouldBe("in one piece");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private ScriptedClient Client(string yaml)
    {
        var parsed = ModelScriptParser.Parse(yaml);
        parsed.Diagnostics.ShouldBeEmpty();
        return new ScriptedClient(parsed.Script!, _time);
    }

    private async Task<string> AskAsync(
        ScriptedClient client, string prompt = "x", string task = "job", string agent = "writer", int attempt = 1) =>
        (await client.GetResponseAsync([new ChatMessage(ChatRole.User, prompt)], Options(task, agent, attempt), Ct)).Text;

    private ChatOptions Options(string task, string agent, int attempt) => new PromptOrigin
    {
        TaskPath = task, Attempt = attempt, AttemptKey = $"e/{task}/{attempt}", Agent = agent, Directory = _directory,
        Target = new ModelTarget { Provider = ModelProvider.Openai, Model = "gpt-x" },
    }.AddTo(new ChatOptions());
}
