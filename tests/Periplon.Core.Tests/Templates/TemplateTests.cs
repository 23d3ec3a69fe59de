using System.Text.Json;
using CsCheck;
using Periplon.Core.Templates;

namespace Periplon.Core.Tests.Templates;

public sealed class TemplateTests
{
    private static readonly string[] Pieces =
        ["${", "{{", "}", "}}", "\\", "a", "a.b", "[0]", "[\"k\"]", "$", "{", " ", "ß", ".", "-", "x[", "'"];

    private static readonly FixedScope Scope = new FixedScope()
        .With("workflow.name", "\"nightly\"")
        .With("workflow.count", "3")
        .With("workflow.ratio", "1.50")
        .With("workflow.on", "true")
        .With("workflow.none", "null")
        .With("workflow.list", """[ 1, "zwölf", {"a": "<b>"} ]""")
        .With("task.fetch.output", "\" {\\\"items\\\":[{\\\"id\\\":7}]}\"")
        .With("task.build-app.status", "\"completed\"")
        .With("file", "{\"path\":\"a.txt\"}")
        .With("HOME", "\"ours\"");

    [Theory]
    [InlineData("run ${workflow.name}, ${HOME} and {{file.path}}", "run nightly, ours and a.txt")]
    [InlineData("keep ${workflow.nothing}, ${VAR} and {{ x.y }}", "keep ${workflow.nothing}, ${VAR} and {{ x.y }}")]
    [InlineData("\\${workflow.count} \\${VAR}", "${workflow.count} ${VAR}")]
    public void RenderKnown_FillsInWhatIsKnownAndKeepsTheRest(string text, string expected) =>
        Template.Parse(text).RenderKnown(Scope).ShouldBe(expected);

    [Theory]
    [InlineData("", "")]
    [InlineData("plain $text {with} braces", "plain $text {with} braces")]
    [InlineData("run ${workflow.name}!", "run nightly!")]
    [InlineData("run {{workflow.name}}!", "run nightly!")]
    [InlineData("${ workflow.name }-{{  workflow.count\t}}", "nightly-3")]
    [InlineData("${workflow.ratio}", "1.50")]
    [InlineData("${workflow.on}", "true")]
    [InlineData("[${workflow.none}]", "[]")]
    [InlineData("${workflow.list}", """[1,"zwölf",{"a":"<b>"}]""")]
    [InlineData("${workflow.list[1]}", "zwölf")]
    [InlineData("${workflow.list[2][\"a\"]}", "<b>")]
    [InlineData("${workflow.list[2]['a']}", "<b>")]
    [InlineData("${task.fetch.output.items[0].id}", "7")]
    [InlineData("${task.build-app.status}", "completed")]
    [InlineData("{{file.path}}", "a.txt")]
    [InlineData("${HOME}", "ours")]
    [InlineData("$${workflow.count}}", "$3}")]
    [InlineData("${${workflow.count}}", "${3}")]
    [InlineData("${{workflow.count}}", "$3")]
    [InlineData("\\${workflow.count} \\{{workflow.count}}", "${workflow.count} {{workflow.count}}")]
    [InlineData("\\${VAR:-x}", "${VAR:-x}")]
    [InlineData("c:\\dir\\file", "c:\\dir\\file")]
    public void Strict_rendering_fills_in_references(string text, string expected) =>
        Template.Parse(text).Render(Scope, lenient: false).ShouldBe(expected);

    [Theory]
    [InlineData("${VAR:-x}")]
    [InlineData("${#arr[@]}")]
    [InlineData("${a + b}")]
    [InlineData("${}")]
    [InlineData("${a.}")]
    [InlineData("${a..b}")]
    [InlineData("${.a}")]
    [InlineData("${1a}")]
    [InlineData("${a[}")]
    [InlineData("${a[x]}")]
    [InlineData("${a[-1]}")]
    [InlineData("${a[12345678901]}")]
    [InlineData("${a[\"b]}")]
    [InlineData("${a")]
    [InlineData("{{a}")]
    [InlineData("{{ a | upper }}")]
    [InlineData("${größe}")]
    [InlineData("awk '{{print $1}}'")]
    public void Braces_that_hold_no_reference_are_plain_text(string text)
    {
        var template = Template.Parse(text);
        template.References.ShouldBeEmpty();
        template.Render(Scope, lenient: false).ShouldBe(text);
        template.Render(Scope, lenient: true).ShouldBe(text);
    }

    [Theory]
    [InlineData("echo ${HOME} ${PATH}", "echo ${HOME} ${PATH}")]
    [InlineData("echo {{HOME}} {{PATH}}", "echo ours {{PATH}}")]
    [InlineData("echo ${workflow.name} ${workflow.other}", "echo nightly ${workflow.other}")]
    [InlineData("echo \"\\${HOME} \\${user.name}\"", "echo \"\\${HOME} \\${user.name}\"")]
    [InlineData("echo \\${workflow.name}", "echo ${workflow.name}")]
    [InlineData("echo \\{{workflow.name}} \\{{x}}", "echo {{workflow.name}} \\{{x}}")]
    public void Lenient_rendering_leaves_to_the_shell_what_is_not_ours(string text, string expected) =>
        Template.Parse(text).Render(Scope, lenient: true).ShouldBe(expected);

    [Fact]
    public void An_unknown_reference_is_an_error_that_names_it_and_what_was_probably_meant()
    {
        var error = Should.Throw<TemplateException>(() => Template.Parse("a ${workflow.nmae}").Render(Scope, lenient: false));
        error.Reference.ShouldBe("${workflow.nmae}");
        error.Message.ShouldContain("'workflow.nmae'");
        error.Message.ShouldContain("Did you mean 'workflow.name'?");
    }

    [Theory]
    [InlineData("${workflow.count}", "3")]
    [InlineData("{{ workflow.list }}", """[1,"zwölf",{"a":"<b>"}]""")]
    [InlineData("${workflow.none}", "null")]
    [InlineData(" ${workflow.count}", "\" 3\"")]
    [InlineData("${workflow.count}${workflow.count}", "\"33\"")]
    [InlineData("\\${workflow.count}", "\"${workflow.count}\"")]
    [InlineData("text", "\"text\"")]
    [InlineData("", "\"\"")]
    public void A_text_that_is_exactly_one_reference_keeps_its_type(string text, string json) =>
        JsonElement.DeepEquals(Template.Parse(text).Evaluate(Scope), FixedScope.Json(json)).ShouldBeTrue();

    [Fact]
    public void References_are_listed_once_as_written_without_escaped_ones()
    {
        var template = Template.Parse("${ a.b } {{a.b}} ${HOME} {{x[0]}} \\${c.d} ${a[\"b\"]}");
        template.References.ShouldBe(["a.b", "HOME", "x[0]", "a[\"b\"]"]);
        template.LenientReferences.ShouldBe(["a.b", "x[0]", "a[\"b\"]"]);
    }

    [Fact]
    public void A_value_is_rendered_at_every_depth_and_keeps_types()
    {
        var value = FixedScope.Json(
            """{"n":"${workflow.count}","t":"n=${workflow.count}","l":[{"x":"{{workflow.list}}"},1,null],"e":"\\${a.b}","${k.k}":1}""");
        var expected = FixedScope.Json(
            """{"n":3,"t":"n=3","l":[{"x":[1,"zwölf",{"a":"<b>"}]},1,null],"e":"${a.b}","${k.k}":1}""");
        JsonElement.DeepEquals(TemplateValues.Render(value, Scope), expected).ShouldBeTrue();
        TemplateValues.ListReferences(value).ShouldBe(["workflow.count", "workflow.list"]);
    }

    [Fact]
    public void A_value_without_references_is_returned_as_it_is() =>
        TemplateValues.Render(FixedScope.Json("""{ "a" : [1, "b"] }"""), Scope).GetRawText().ShouldBe("""{ "a" : [1, "b"] }""");

    [Fact]
    public void A_rendered_text_is_bounded()
    {
        var scope = new FixedScope().With("task.a.output", $"\"{new string('x', 1_000_000)}\"");
        var template = Template.Parse(string.Concat(Enumerable.Repeat("${task.a.output}", 100)));
        Should.Throw<TemplateException>(() => template.Render(scope, lenient: true)).Message.ShouldContain("longer than");
    }

    [Fact]
    public void A_rendered_value_is_bounded_in_size_and_depth()
    {
        var scope = new FixedScope()
            .With("task.a.output", $"\"{new string('x', 1_000_000)}\"")
            .With("task.b.output", new string('[', 40) + new string(']', 40));
        var large = JsonSerializer.SerializeToElement(Enumerable.Repeat("${task.a.output}", 100));
        var deep = FixedScope.Json(new string('[', 40) + "\"${task.b.output}\"" + new string(']', 40));
        Should.Throw<TemplateException>(() => TemplateValues.Render(large, scope)).Message.ShouldContain("larger than");
        Should.Throw<TemplateException>(() => TemplateValues.Render(deep, scope)).Message.ShouldContain("too deep");
    }

    [Fact]
    public void A_value_deeper_than_values_may_be_is_refused_after_rendering()
    {
        var scope = new FixedScope().With("workflow.x", new string('[', 32) + new string(']', 32));
        TemplateValues.Render(FixedScope.Json("\"${workflow.x}\""), scope).GetArrayLength().ShouldBe(1);
        Should.Throw<TemplateException>(() => TemplateValues.Render(FixedScope.Json("[\"${workflow.x}\"]"), scope))
            .Message.ShouldContain("is nested 33 levels deep; allowed are 32");
    }

    [Fact]
    public void A_text_with_half_a_character_is_not_walked_into()
    {
        var scope = new FixedScope().With("task.a.output", JsonSerializer.Serialize("""{"v":"\ud800"}"""));
        Should.Throw<TemplateException>(() => TemplateValues.Render(FixedScope.Json("\"${task.a.output.v}\""), scope));
    }

    [Fact]
    public void Text_without_references_renders_unchanged() =>
        Texts.Where(text => !text.Contains('\\')).Sample(text =>
        {
            var template = Template.Parse(text);
            return template.References.Count > 0 || template.Render(new FixedScope(), lenient: false) == text;
        });

    [Fact]
    public void Any_text_renders_leniently_and_unchanged_when_nothing_is_known() =>
        Texts.Sample(text => Template.Parse(text).Render(new FixedScope(), lenient: true) == text);

    [Fact]
    public void An_escaped_text_renders_to_the_text() =>
        Texts.Sample(text => Template.Parse(Template.Escape(text)).Render(new FixedScope(), lenient: false) == text);

    [Theory]
    [InlineData("${")]
    [InlineData("{{")]
    [InlineData("\\${")]
    [InlineData("${a['${b[\"")]
    [InlineData("${    ")]
    [InlineData("${a.a.a.a.a.a.a")]
    [InlineData("[[[[${a[0][")]
    public async Task Parsing_ends_also_for_hostile_texts(string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, 300_000));
        // It takes well under a second; quadratic work on two million characters would not end before the watchdog.
        (await Watchdog.RunAsync(() => Template.Parse(text).Render(new FixedScope(), lenient: true) == text)).ShouldBeTrue();
    }

    private static readonly Gen<string> Texts =
        Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i]).Array[0, 14]
            .Select(pieces => string.Concat(pieces));
}
