using System.Text.Json;
using Periplon.Core.Inputs;
using Periplon.Core.Tests.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Tests.Inputs;

public sealed class InputBinderTests
{
    [Theory]
    [InlineData("string", "\"5\"")]
    [InlineData("string", "\"\"")]
    [InlineData("secret", "\"s\"")]
    [InlineData("number", "5")]
    [InlineData("number", "-2.5e3")]
    [InlineData("integer", "5")]
    [InlineData("integer", "5.0")]
    [InlineData("integer", "1e3")]
    [InlineData("integer", "123456789012345678901234567890")]
    [InlineData("boolean", "false")]
    [InlineData("object", "{}")]
    [InlineData("array", "[1]")]
    [InlineData("anything-else", "[1]")]
    public void A_value_of_the_declared_type_is_taken(string type, string json)
    {
        var binding = Bind(new InputDefinition { Type = type }, json);
        binding.IsValid.ShouldBeTrue();
        binding.Values["x"].GetRawText().ShouldBe(json);
    }

    [Theory]
    [InlineData("number", "\"5\"", "Input 'x' is the string \"5\"; it must be of type number.")]
    [InlineData("string", "5", "Input 'x' is the number 5; it must be of type string.")]
    [InlineData("integer", "5.5", "Input 'x' is the number 5.5; it must be of type integer.")]
    [InlineData("boolean", "\"true\"", "Input 'x' is the string \"true\"; it must be of type boolean.")]
    [InlineData("boolean", "1", "Input 'x' is the number 1; it must be of type boolean.")]
    [InlineData("object", "[1,2]", "Input 'x' is an array of 2 items; it must be of type object.")]
    [InlineData("array", "{}", "Input 'x' is an object; it must be of type array.")]
    [InlineData("secret", "12345", "Input 'x' is a number; it must be of type secret.")]
    public void A_value_of_another_type_is_a_problem_that_names_both(string type, string json, string message)
    {
        var binding = Bind(new InputDefinition { Type = type }, json);
        binding.Problems.ShouldHaveSingleItem().ShouldBe(new InputProblem("inputs.x", message));
        binding.Values.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("number", "1", "Input 'x' is the number 1; it must be from 2 to 4.")]
    [InlineData("number", "4.1", "Input 'x' is the number 4.1; it must be from 2 to 4.")]
    [InlineData("string", "\"a\"", "Input 'x' has 1 characters; it must have from 2 to 4.")]
    [InlineData("string", "\"abcde\"", "Input 'x' has 5 characters; it must have from 2 to 4.")]
    [InlineData("array", "[1]", "Input 'x' has 1 items; it must have from 2 to 4.")]
    [InlineData("number", "2", null)]
    [InlineData("number", "4", null)]
    [InlineData("string", "\"😀😀😀😀\"", null)]
    [InlineData("array", "[1,2,3,4]", null)]
    public void Ranges_and_lengths_include_their_ends(string type, string json, string? message) =>
        Bind(new InputDefinition { Type = type, Min = 2, Max = 4, MinLength = 2, MaxLength = 4 }, json)
            .Problems.Select(problem => problem.Message).SingleOrDefault().ShouldBe(message);

    [Fact]
    public void One_sided_bounds_say_so()
    {
        Message(new InputDefinition { Type = "integer", Min = 3 }, "2").ShouldEndWith("at least 3.");
        Message(new InputDefinition { Type = "integer", Max = 3 }, "4").ShouldEndWith("at most 3.");
    }

    [Fact]
    public void Allowed_values_are_compared_as_JSON_and_listed()
    {
        var declared = new InputDefinition { Type = "number", Enum = [FixedScope.Json("1"), FixedScope.Json("2")] };
        Bind(declared, "2.0").IsValid.ShouldBeTrue();
        Message(declared, "3").ShouldBe("Input 'x' is the number 3; allowed are 1, 2.");
    }

    [Theory]
    [InlineData("^v\\d+$", "v12", true)]
    [InlineData("b", "abc", true)]
    [InlineData("^b", "abc", false)]
    [InlineData("(a)\\1", "aa", true)]
    [InlineData("^(?!x)", "x", false)]
    public void A_pattern_matches_somewhere_in_the_text(string pattern, string text, bool isValid) =>
        Bind(new InputDefinition { Type = "string", Pattern = pattern }, JsonSerializer.Serialize(text)).IsValid.ShouldBe(isValid);

    [Fact]
    public void A_pattern_that_explodes_or_is_broken_is_a_problem_and_not_a_hang()
    {
        var bomb = JsonSerializer.Serialize(new string('a', 40) + "!");
        Message(new InputDefinition { Type = "string", Pattern = "^(a+)+$" }, bomb).ShouldContain("must match the pattern");
        Message(new InputDefinition { Type = "string", Pattern = "^(a+)+\\1$" }, bomb).ShouldContain("took longer than");
        Message(new InputDefinition { Type = "string", Pattern = "(" }, bomb).ShouldContain("not a regular expression");
    }

    [Fact]
    public void A_value_nested_too_deep_is_a_problem_that_names_both_depths()
    {
        var declared = new InputDefinition { Type = "array" };
        Bind(declared, new string('[', 32) + new string(']', 32)).IsValid.ShouldBeTrue();
        Message(declared, new string('[', 62) + new string(']', 62)).ShouldBe("Input 'x' is nested 62 levels deep; allowed are 32.");
        BindText(declared, new string('[', 33) + new string(']', 33)).Problems.ShouldHaveSingleItem().Message
            .ShouldBe("Input 'x' is nested 33 levels deep; allowed are 32.");
    }

    [Theory]
    [InlineData("string", "\"\\ud800\"")]
    [InlineData("number", "\"\\ud800\"")]
    [InlineData("object", "{\"\\udfff\": 1}")]
    [InlineData("array", "[{\"a\": \"\\ud800x\"}]")]
    public void Half_a_character_in_a_value_is_a_problem(string type, string json) =>
        Message(new InputDefinition { Type = type }, json).ShouldStartWith("Input 'x' holds a string that is no text: one half of a surrogate pair");

    [Fact]
    public void Every_problem_is_reported_at_once_and_in_order()
    {
        var binding = InputBinder.Bind(
            new Dictionary<string, InputDefinition>
            {
                ["a"] = new() { Type = "string", MinLength = 3, Pattern = "^z", Enum = [FixedScope.Json("\"zzz\"")] },
                ["b"] = new() { Type = "number", Required = true },
                ["c"] = new() { Type = "number", Default = FixedScope.Json("\"1\"") },
                ["region"] = new() { Type = "string" },
            },
            new Dictionary<string, JsonElement> { ["a"] = FixedScope.Json("\"y\""), ["regoin"] = FixedScope.Json("1") });
        binding.Problems.Select(problem => problem.Path).ShouldBe(
            ["inputs.a", "inputs.a", "inputs.a", "inputs.b", "inputs.c", "inputs.regoin"]);
        binding.Problems[3].Message.ShouldBe("Input 'b' is required and has no default; give a value of type number.");
        binding.Problems[4].Message.ShouldStartWith("The default of input 'c' is the string");
        binding.Problems[5].Message.ShouldBe("The workflow has no input 'regoin'. Did you mean 'region'? Declared are a, b, c, region.");
        binding.IsValid.ShouldBeFalse();
    }

    [Fact]
    public void Defaults_fill_in_and_null_counts_as_not_supplied()
    {
        var declared = new Dictionary<string, InputDefinition>
        {
            ["a"] = new() { Type = "integer", Required = true, Default = FixedScope.Json("7") },
            ["b"] = new() { Type = "string" },
        };
        var binding = InputBinder.Bind(declared, new Dictionary<string, JsonElement> { ["a"] = FixedScope.Json("null") });
        binding.IsValid.ShouldBeTrue();
        binding.Values.Keys.ShouldBe(["a"]);
        binding.Values["a"].GetInt32().ShouldBe(7);
    }

    [Fact]
    public void The_value_of_a_secret_is_never_in_a_message()
    {
        Message(new InputDefinition { Type = "secret", Pattern = "^x" }, "\"hunter2\"").ShouldNotContain("hunter2");
        Message(new InputDefinition { Type = "string", Secret = true, Enum = [FixedScope.Json("\"x\"")] }, "\"hunter2\"")
            .ShouldNotContain("hunter2");
        Message(new InputDefinition { Type = "number", Secret = true, Max = 1 }, "424242").ShouldNotContain("424242");
        BindText(new InputDefinition { Type = "number", Secret = true }, "hunter2").Problems.Single().Message.ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("string", "5", "\"5\"")]
    [InlineData("string", "true", "\"true\"")]
    [InlineData("string", "{\"a\":1}", "\"{\\\"a\\\":1}\"")]
    [InlineData("secret", "123", "\"123\"")]
    [InlineData("number", "2.5", "2.5")]
    [InlineData("integer", "5", "5")]
    [InlineData("boolean", "true", "true")]
    [InlineData("object", "{\"a\":1}", "{\"a\":1}")]
    [InlineData("array", "[1,\"b\"]", "[1,\"b\"]")]
    [InlineData("anything-else", "word", "\"word\"")]
    [InlineData("anything-else", "5", "5")]
    public void Text_of_the_command_line_becomes_the_declared_type(string type, string text, string json)
    {
        var binding = BindText(new InputDefinition { Type = type, Required = true }, text);
        binding.Problems.ShouldBeEmpty();
        JsonElement.DeepEquals(binding.Values["x"], FixedScope.Json(json)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("number", "five", "Input 'x' is the text \"five\", which is not JSON; it must be of type number, such as 2.5.")]
    [InlineData("boolean", "yes", "Input 'x' is the text \"yes\", which is not JSON; it must be of type boolean, such as true or false.")]
    [InlineData("array", "a,b", "Input 'x' is the text \"a,b\", which is not JSON; it must be of type array, such as [\"a\", \"b\"].")]
    [InlineData("number", "", "Input 'x' is the text \"\", which is not JSON; it must be of type number, such as 2.5.")]
    [InlineData("integer", "1.5", "Input 'x' is the number 1.5; it must be of type integer.")]
    [InlineData("number", "\"5\"", "Input 'x' is the string \"5\"; it must be of type number.")]
    public void Text_that_cannot_become_the_declared_type_is_one_problem(string type, string text, string message) =>
        BindText(new InputDefinition { Type = type, Required = true }, text).Problems.ShouldHaveSingleItem().Message.ShouldBe(message);

    [Fact]
    public void An_undeclared_name_on_the_command_line_is_a_problem() =>
        InputBinder.BindText(new Dictionary<string, InputDefinition>(), new Dictionary<string, string> { ["x"] = "1" })
            .Problems.ShouldHaveSingleItem().Message.ShouldBe("The workflow has no input 'x'. It declares no inputs.");

    private static InputBinding Bind(InputDefinition declared, string json) => InputBinder.Bind(
        new Dictionary<string, InputDefinition> { ["x"] = declared },
        new Dictionary<string, JsonElement> { ["x"] = FixedScope.Json(json) });

    private static InputBinding BindText(InputDefinition declared, string text) => InputBinder.BindText(
        new Dictionary<string, InputDefinition> { ["x"] = declared }, new Dictionary<string, string> { ["x"] = text });

    private static string Message(InputDefinition declared, string json) => Bind(declared, json).Problems.ShouldHaveSingleItem().Message;
}
