using Periplon.Core.Executions;

namespace Periplon.Core.Tests.Executions;

public sealed class OutputTextTests
{
    private static readonly TaskOutput Output = new()
    {
        Text = "part", Truncated = true, Artifact = new("file:whole", 9, "aa"),
        ValueArtifacts = new Dictionary<string, ArtifactReference> { ["report"] = new("file:report", 8, "bb") },
    };

    [Theory]
    [InlineData("task.a.output", "artifact:task.a.output", "file:whole")]
    [InlineData("task.a.output.items[0].id", "artifact:task.a.output", "file:whole")]
    [InlineData("task.a.outputs.report", "artifact:task.a.outputs.report", "file:report")]
    [InlineData("task.a.outputs.report.x", "artifact:task.a.outputs.report", "file:report")]
    [InlineData("task.a.report", "artifact:task.a.report", "file:report")]
    public void FindArtifact_ReferenceToAPart_NamesTheWhole(string reference, string name, string uri)
    {
        var found = OutputText.FindArtifact(reference, task => task is "a" ? Output : null).ShouldNotBeNull();

        found.Name.ShouldBe(name);
        found.Value.GetRawText().ShouldContain(uri);
        OutputText.ReferenceOf(found.Name).ShouldBe(name["artifact:".Length..]);
    }

    [Theory]
    [InlineData("task.b.output")]
    [InlineData("task.a.status")]
    [InlineData("task.a.outputs.other")]
    [InlineData("task.a")]
    [InlineData("workflow.a.output")]
    [InlineData("not a reference")]
    public void FindArtifact_AnyOtherReference_FindsNone(string reference) =>
        OutputText.FindArtifact(reference, task => task is "a" ? Output : null).ShouldBeNull();

    [Fact]
    public void FindArtifact_TextThatIsWhole_NeedsNone() =>
        OutputText.FindArtifact("task.a.output", _ => Output with { Truncated = false }).ShouldBeNull();
}
