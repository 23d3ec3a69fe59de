namespace Periplon.Core.Tests.Validation;

public sealed class LabelRulesTests
{
    [Theory]
    [InlineData("team: data")]
    [InlineData("note: \"two\\n\\tlines\\r\\n\"")]
    [InlineData("team: \"a\\ab\"", "PPL332")]
    [InlineData("team: \"a\\x1Bb\"", "PPL332")]
    [InlineData("\"a\\ab\": data", "PPL332")]
    [InlineData("\"a\\tb\": data", "PPL332")]
    public void A_label_holds_no_control_character_but_tabs_and_line_breaks_in_its_value(string label, params string[] codes) =>
        Checked.Codes($"labels: {{{label}}}").ShouldBe(codes);
}
