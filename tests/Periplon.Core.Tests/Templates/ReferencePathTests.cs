using Periplon.Core.Templates;

namespace Periplon.Core.Tests.Templates;

public sealed class ReferencePathTests
{
    [Theory]
    [InlineData("a", 1)]
    [InlineData("_a-b", 1)]
    [InlineData("task.fetch.output.items[0].id", 6)]
    [InlineData("a[\"any key.at [all]\"]", 2)]
    [InlineData("a['k'][10]", 3)]
    public void A_reference_is_cut_into_its_steps(string text, int steps)
    {
        ReferencePath.TryParse(text, out var path).ShouldBeTrue();
        path!.Segments.Count.ShouldBe(steps);
        path.Text.ShouldBe(text);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" a")]
    [InlineData("a ")]
    [InlineData("-a")]
    [InlineData("0a")]
    [InlineData("a.0")]
    [InlineData("a[]")]
    [InlineData("a[\"k']")]
    [InlineData("a.b[0")]
    [InlineData("a b")]
    public void Anything_else_is_no_reference(string text) => ReferencePath.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void A_reference_built_from_steps_reads_back()
    {
        var path = ReferencePath.Of([new("a", -1), new("b c", -1), new(null, 3), new("d", -1)]);
        path.Text.ShouldBe("a[\"b c\"][3].d");
        ReferencePath.TryParse(path.Text, out var again).ShouldBeTrue();
        again!.Segments.ShouldBe(path.Segments);
    }

    [Theory]
    [InlineData("""{"a":{"b":[10,20]}}""", "x.a.b[1]", "20")]
    [InlineData("""{"a":"{\"b\":1}"}""", "x.a.b", "1")]
    [InlineData("""{"a":"[[5]]"}""", "x.a[0][0]", "5")]
    [InlineData("""{"a":"{\"b\":\"{\\\"c\\\":true}\"}"}""", "x.a.b.c", "true")]
    [InlineData("""{"a":null}""", "x.a", "null")]
    public void Members_are_found_in_values_and_in_texts_that_are_JSON(string json, string reference, string expected)
    {
        ReferencePath.TryParse(reference, out var path).ShouldBeTrue();
        ReferencePath.TryGetMember(FixedScope.Json(json), path!.From(1), out var value).ShouldBeTrue();
        value.GetRawText().ShouldBe(expected);
    }

    [Theory]
    [InlineData("""{"a":1}""", "x.b")]
    [InlineData("""{"a":1}""", "x.a.b")]
    [InlineData("""{"a":[1]}""", "x.a[1]")]
    [InlineData("""{"a":[1]}""", "x.a.b")]
    [InlineData("""{"a":{}}""", "x.a[0]")]
    [InlineData("""{"a":"text"}""", "x.a.b")]
    [InlineData("""{"a":"{broken"}""", "x.a.b")]
    [InlineData("""{"a":""}""", "x.a.b")]
    [InlineData("""{"a":null}""", "x.a.b")]
    public void A_step_that_leads_nowhere_is_no_value(string json, string reference)
    {
        ReferencePath.TryParse(reference, out var path).ShouldBeTrue();
        ReferencePath.TryGetMember(FixedScope.Json(json), path!.From(1), out _).ShouldBeFalse();
    }

    [Fact]
    public void A_text_over_the_limit_is_not_parsed()
    {
        var text = $"{{\"a\":\"{new string('x', ReferencePath.MaxParsedText)}\"}}";
        var value = System.Text.Json.JsonSerializer.SerializeToElement(text);
        ReferencePath.TryGetMember(value, [new("a", -1)], out _).ShouldBeFalse();
    }
}
