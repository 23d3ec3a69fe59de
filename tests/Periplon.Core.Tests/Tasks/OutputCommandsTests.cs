using CsCheck;
using Periplon.Core.Tasks;

namespace Periplon.Core.Tests.Tasks;

public sealed class OutputCommandsTests
{
    [Theory]
    [InlineData("text", "\"text\"")]
    [InlineData("", "\"\"")]
    [InlineData("  a b  ", "\"a b\"")]
    [InlineData("a=b", "\"a=b\"")]
    [InlineData("5", "5")]
    [InlineData("-1.50", "-1.50")]
    [InlineData("true", "true")]
    [InlineData("True", "\"True\"")]
    [InlineData("null", "\"null\"")]
    [InlineData("{\"a\":[1]}", "{\"a\":[1]}")]
    [InlineData("[1,2]", "[1,2]")]
    [InlineData("[info] ok", "\"[info] ok\"")]
    [InlineData("2026-11-23", "\"2026-11-23\"")]
    [InlineData("007", "\"007\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    public void A_value_has_its_JSON_type_or_is_text(string value, string json)
    {
        OutputCommands.Read($"::set-output x={value}").Outputs["x"].GetRawText().ShouldBe(json);
        OutputCommands.Read($"::set-state x={value}").State["x"].GetRawText().ShouldBe(json);
    }

    [Fact]
    public void Quotes_around_a_text_stay() =>
        OutputCommands.Read("::set-output x=\"a\"").Outputs["x"].GetString().ShouldBe("\"a\"");

    [Fact]
    public void Commands_are_found_on_any_line_and_the_last_for_a_name_counts()
    {
        var result = OutputCommands.Read("start\n::set-output a=1\r\nmiddle\n::set-state a=2\n::set-output a=3\n::set-output b.c=x\nend");
        result.Outputs.Select(pair => $"{pair.Key}={pair.Value}").ShouldBe(["a=3", "b.c=x"]);
        result.State.Select(pair => $"{pair.Key}={pair.Value}").ShouldBe(["a=2"]);
        result.Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(" ::set-output a=1")]
    [InlineData("echo ::set-output a=1")]
    [InlineData("::set-outputs a=1")]
    [InlineData("::set-output")]
    [InlineData("::SET-OUTPUT a=1")]
    [InlineData("")]
    public void Other_lines_are_text(string line)
    {
        var result = OutputCommands.Read(line);
        result.Outputs.ShouldBeEmpty();
        result.State.ShouldBeEmpty();
        result.Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("::set-output a")]
    [InlineData("::set-output =1")]
    [InlineData("::set-state a b=1")]
    public void A_command_without_name_and_value_is_reported(string line)
    {
        var result = OutputCommands.Read(line);
        result.Outputs.ShouldBeEmpty();
        result.State.ShouldBeEmpty();
        result.Problems.ShouldHaveSingleItem().ShouldContain(line);
    }

    [Fact]
    public void A_value_nested_too_deep_is_reported_and_not_set()
    {
        static string Nested(int depth) => new string('[', depth) + new string(']', depth);
        OutputCommands.Read($"::set-output a={Nested(32)}").Outputs["a"].GetArrayLength().ShouldBe(1);
        foreach (var depth in (int[])[33, 61, 64, 200])
        {
            var result = OutputCommands.Read($"::set-output a={Nested(depth)}\n::set-state b={Nested(depth)}");
            (result.Outputs.Count, result.State.Count).ShouldBe((0, 0));
            result.Problems.Count.ShouldBe(2);
            result.Problems[0].ShouldEndWith($"the value of 'a' is nested {depth} levels deep; allowed are 32.");
        }
    }

    [Theory]
    [InlineData("""{"k":"\ud800"}""")]
    [InlineData("""{"\udc00":1}""")]
    [InlineData("""[["a\ud800\ud800"]]""")]
    public void A_value_with_half_a_character_is_reported_and_not_set(string value)
    {
        var result = OutputCommands.Read($"::set-output a={value}");
        result.Outputs.ShouldBeEmpty();
        result.Problems.ShouldHaveSingleItem().ShouldContain("the value of 'a' holds a string that is no text");
        OutputCommands.Read("""::set-output a={"k":"\ud83d\ude00"}""").Outputs.Count.ShouldBe(1);
    }

    [Fact]
    public void A_flood_of_commands_is_bounded()
    {
        var text = string.Join('\n', Enumerable.Range(0, 5_000).Select(i => $"::set-output n{i}={i}"));
        var result = OutputCommands.Read(text);
        result.Outputs.Count.ShouldBe(OutputCommands.MaxCommands);
        result.Problems.ShouldHaveSingleItem().ShouldContain("1000");
        OutputCommands.Read(string.Concat(Enumerable.Repeat("::set-output x\n", 5_000))).Problems.Count.ShouldBeLessThan(50);
    }

    [Fact]
    public void Any_text_can_be_read() =>
        Gen.String.Sample(text => OutputCommands.Read("::set-output x=" + text) is not null);
}
