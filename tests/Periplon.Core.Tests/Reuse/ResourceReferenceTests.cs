using Periplon.Core.Reuse;
using Periplon.Core.Workflows;

namespace Periplon.Core.Tests.Reuse;

public sealed class ResourceReferenceTests
{
    private static readonly ResourceReference Git = new ResourceReference.Git("https://host/x.git", "v1", "flows/main.yaml");
    private static readonly ResourceReference Http = new ResourceReference.Http("https://host/flows/main.yaml?token=1");

    [Theory]
    [InlineData("a.yaml", "file:a.yaml")]
    [InlineData("./lib//b/../a.yaml", "file:lib/a.yaml")]
    [InlineData("../a.yaml", "file:../a.yaml")]
    [InlineData("../../a.yaml", "file:../../a.yaml")]
    [InlineData("lib\\a.yaml", "file:lib/a.yaml")]
    [InlineData("/srv/./a.yaml", "file:/srv/a.yaml")]
    public void Of_FileNamedByTheMainFile_IsRelativeToIt(string path, string expected) =>
        ResourceReference.Of(new SubflowSource.File(path), null).ToString().ShouldBe(expected);

    [Theory]
    [InlineData("a.yaml", "file:lib/a.yaml")]
    [InlineData("../a.yaml", "file:a.yaml")]
    [InlineData("../../a.yaml", "file:../a.yaml")]
    [InlineData("/srv/a.yaml", "file:/srv/a.yaml")]
    public void Of_FileNamedByAFile_IsBesideThatFile(string path, string expected) =>
        ResourceReference.Of(new SubflowSource.File(path), new ResourceReference.File("lib/b.yaml")).ToString().ShouldBe(expected);

    [Theory]
    [InlineData("a.yaml", "git:https://host/x.git#v1:flows/a.yaml")]
    [InlineData("../a.yaml", "git:https://host/x.git#v1:a.yaml")]
    [InlineData("/etc/passwd", "git:https://host/x.git#v1:etc/passwd")]
    [InlineData("../../a.yaml", "git:https://host/x.git#v1:../a.yaml")]
    public void Of_FileNamedByAFileInARepository_IsInThatRepository(string path, string expected) =>
        ResourceReference.Of(new SubflowSource.File(path), Git).ToString().ShouldBe(expected);

    [Theory]
    [InlineData("a.yaml", "http:https://host/flows/a.yaml")]
    [InlineData("../../../a.yaml", "http:https://host/a.yaml")]
    [InlineData("/a b.yaml", "http:https://host/a%20b.yaml")]
    [InlineData("//other/a.yaml", "http:https://host/other/a.yaml")]
    [InlineData("http://other/a.yaml", "http:https://host/flows/http%3A/other/a.yaml")]
    public void Of_FileNamedByADocument_IsOnThatServer(string path, string expected) =>
        ResourceReference.Of(new SubflowSource.File(path), Http).ToString().ShouldBe(expected);

    [Fact]
    public void Of_GitAndHttp_AreWhatTheyAreWhoeverNamesThem()
    {
        ResourceReference.Of(new SubflowSource.Git("https://host/y", "/a/b.yaml", null), Http).ToString().ShouldBe("git:https://host/y#:a/b.yaml");
        ResourceReference.Of(new SubflowSource.Http("https://other/a", null), Git).ToString().ShouldBe("http:https://other/a");
    }

    [Theory]
    [InlineData("https://user:secret@host/x", "https://host/x")]
    [InlineData("https://token@host", "https://host")]
    [InlineData("https://host/a@b", "https://host/a@b")]
    [InlineData("https://host", "https://host")]
    public void DisplayName_AddressWithCredentials_DoesNotShowThem(string url, string expected) =>
        new ResourceReference.Http(url).DisplayName.ShouldBe(expected);
}
