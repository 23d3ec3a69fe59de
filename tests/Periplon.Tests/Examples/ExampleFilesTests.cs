namespace Periplon.Tests.Examples;

public sealed class ExampleFilesTests
{
    public static TheoryData<string> Names => [.. Example.Names];

    [Fact]
    public void Examples_Folder_HasAtLeastTen() => Example.Names.Count().ShouldBeGreaterThanOrEqualTo(10);

    [Theory]
    [MemberData(nameof(Names))]
    public void Example_File_SaysWhatItShowsAndDeclaresItsEnd(string name)
    {
        var example = Example.Read(name);
        example.Text.ShouldStartWith("# ");
        example.Workflow.Name.ShouldBe(name);
        example.Status.ShouldBeOneOf("completed", "failed");
        example.Outputs.Select(output => output.Key).Order().ShouldBe(example.Workflow.Outputs.Keys.Order());
    }

    [Fact]
    public void Readme_OfTheExamples_ListsExactlyTheFiles()
    {
        var readme = File.ReadAllText(Path.Combine(Example.Directory, "README.md"));
        var listed = readme.Split('\n').Where(line => line.StartsWith("| [", StringComparison.Ordinal)).Select(line => line[3..line.IndexOf(']', StringComparison.Ordinal)]);
        listed.Order().ShouldBe(Example.Names.Select(name => name + ".yaml").Order());
    }
}
