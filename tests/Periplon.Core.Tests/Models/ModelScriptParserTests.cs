using Periplon.Core.Models;
using Periplon.Core.Workflows;

namespace Periplon.Core.Tests.Models;

public sealed class ModelScriptParserTests
{
    [Fact]
    public void Parse_EveryField_IsRead()
    {
        var result = ModelScriptParser.Parse("""
            rules:
              - name: first review
                match:
                  task: [review, "fix[*].review"]
                  agent: reviewer
                  provider: [claude, openai]
                  model: "gpt-*"
                  prompt: please
                  prompt_pattern: "^review .+"
                  attempt: [1, 2]
                times: 2
                delay_secs: 1.5
                files:
                  out/${task}.md: "# ${prompt}"
                answer: "done by ${agent}, use ${use}"
                outputs: {score: 7}
                state: {ok: true}
              - match: {task: broken}
                fail: {kind: timeout, message: "too slow: ${task}"}
              - match: build
                fail: out of order
            default: I do not know
            """);

        result.Diagnostics.ShouldBeEmpty();
        var rules = result.Script!.Rules;
        rules[0].Name.ShouldBe("first review");
        rules[0].Match.Task.ShouldBe(["review", "fix[*].review"]);
        rules[0].Match.Provider.ShouldBe([ModelProvider.Claude, ModelProvider.Openai]);
        rules[0].Match.Attempt.ShouldBe([1, 2]);
        rules[0].Match.PromptPattern.ShouldBe("^review .+");
        (rules[0].Times, rules[0].DelaySecs).ShouldBe((2, 1.5));
        rules[0].Files["out/${task}.md"].ShouldBe("# ${prompt}");
        rules[0].Outputs["score"].GetInt32().ShouldBe(7);
        rules[0].State["ok"].GetBoolean().ShouldBeTrue();
        rules[1].Fail.ShouldBe(new ModelScriptFailure("too slow: ${task}", "timeout"));
        rules[2].Match.Task.ShouldBe(["build"]);
        rules[2].Fail.ShouldBe(new ModelScriptFailure("out of order", "model"));
        result.Script.Default!.Answer.ShouldBe("I do not know");
    }

    [Theory]
    [InlineData("", "is a mapping with 'rules' or 'default'")]
    [InlineData("- answer: x", "is a mapping with 'rules' or 'default'")]
    [InlineData("rules: []", "would answer nothing")]
    [InlineData("rules: [{match: a}]", "'rules[0]' does nothing")]
    [InlineData("rules: [{answer: a, fail: b}]", "both 'answer' and 'fail'")]
    [InlineData("rules: [{fail: b, state: {a: 1}}]", "cannot set 'outputs' or 'state'")]
    [InlineData("rules: [{anwser: a, answer: b}]", "'rules[0]' has no field 'anwser'")]
    [InlineData("rules: [{answer: 'hi ${promt}'}]", "'${promt}', which is no placeholder; allowed: prompt, system_prompt, task")]
    [InlineData("rules: [{files: {'${x}': y}}]", "'${x}', which is no placeholder")]
    [InlineData("rules: [{match: {prompt_pattern: '('}, answer: a}]", "'rules[0].match.prompt_pattern' is no regular expression")]
    [InlineData("rules: [{match: {attempt: 0}, answer: a}]", "'rules[0].match.attempt' must be between 1")]
    [InlineData("rules: [{match: {provider: gpt}, answer: a}]", "must be one of")]
    [InlineData("rules: [{fail: {kind: bad, message: m}}]", "'rules[0].fail.kind' must be one of")]
    [InlineData("default: {match: a, answer: b}", "'default' has no field 'match'")]
    [InlineData("rules: [{times: 0, answer: a}]", "'rules[0].times' must be between 1")]
    public void Parse_Mistake_IsNamedWithItsPlace(string text, string expected)
    {
        var result = ModelScriptParser.Parse(text);

        result.Script.ShouldBeNull();
        result.Diagnostics.ShouldContain(found => found.Message.Contains(expected), string.Join('\n', result.Diagnostics));
    }

    [Fact]
    public void Parse_EscapedBraces_AreText() =>
        ModelScriptParser.Parse(@"default: 'write \${HOME} or \{{ name }}'").Diagnostics.ShouldBeEmpty();
}
