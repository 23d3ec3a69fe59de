namespace Periplon.Core.Tests.Validation;

public sealed class InputDeclarationRulesTests
{
    [Theory]
    [InlineData("type: string, default: x")]
    [InlineData("type: string, default: 3", "PPL314")]
    [InlineData("type: number, default: 3.5")]
    [InlineData("type: number, default: \"3\"", "PPL314")]
    [InlineData("type: integer, default: 3")]
    [InlineData("type: integer, default: 3.5", "PPL314")]
    [InlineData("type: boolean, default: true")]
    [InlineData("type: boolean, default: maybe", "PPL314")]
    [InlineData("type: object, default: {a: 1}")]
    [InlineData("type: object, default: [1]", "PPL314")]
    [InlineData("type: array, default: [1]")]
    [InlineData("type: array, default: {a: 1}", "PPL314")]
    [InlineData("type: secret, default: x")]
    [InlineData("type: number, default: null")]
    [InlineData("type: number, default: \"${env.COUNT}\"", "PPL314")]
    [InlineData("type: text, default: 3", "PPL313")]
    [InlineData("type: String", "PPL313")]
    [InlineData("type: string, enum: [a, b], default: b")]
    [InlineData("type: string, enum: [a, b], default: c", "PPL315")]
    [InlineData("type: string, pattern: \"^[a-z]+$\", default: abc")]
    [InlineData("type: string, pattern: \"^[a-z]+$\", default: ABC", "PPL315")]
    [InlineData("type: string, pattern: \"(?=abc)a\", default: abc")]
    [InlineData("type: string, pattern: \"(a\"", "PPL316")]
    [InlineData("type: number, min: 1, max: 3, default: 1")]
    [InlineData("type: number, min: 1, max: 3, default: 3")]
    [InlineData("type: number, min: 1, max: 3, default: 0.9", "PPL315")]
    [InlineData("type: number, min: 1, max: 3, default: 3.1", "PPL315")]
    [InlineData("type: number, min: 3, max: 3")]
    [InlineData("type: number, min: 3.1, max: 3", "PPL323")]
    [InlineData("type: string, min_length: 2, max_length: 3, default: ab")]
    [InlineData("type: string, min_length: 2, max_length: 3, default: a", "PPL315")]
    [InlineData("type: string, min_length: 2, max_length: 3, default: abcd", "PPL315")]
    [InlineData("type: array, max_length: 1, default: [1, 2]", "PPL315")]
    [InlineData("type: string, min_length: 3, max_length: 2", "PPL323")]
    public void Defaults_fit_their_declaration(string input, params string[] codes)
    {
        Checked.Codes($"inputs: {{i: {{{input}}}}}").ShouldBe(codes);
        Checked.Codes($"subflows: {{s: {{inputs: {{i: {{{input}}}}}, tasks: {{a: {{command: {{executable: x}}}}}}}}}}").ShouldBe(codes);
    }

    [Fact]
    public Task A_pattern_that_backtracks_for_ever_does_not_hold_up_the_validator() => Watchdog.RunAsync(() =>
        // The look-ahead keeps the expression from the engine that does not backtrack.
        Checked.Codes($"inputs: {{i: {{type: string, pattern: \"(?=a)(a+)+b$\", default: {new string('a', 60)}}}}}").ShouldBe(["PPL315"]));
}
