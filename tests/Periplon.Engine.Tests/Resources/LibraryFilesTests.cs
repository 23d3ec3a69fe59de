namespace Periplon.Engine.Tests.Resources;

public sealed class LibraryFilesTests : IDisposable
{
    private readonly ResolverFixture _server = new();
    private readonly ResolverFixture _local = new() { TrustsAuthor = true };

    [Fact]
    public async Task Resolve_FilesThatNameFiles_FindsEachBesideTheOneThatNamesIt()
    {
        _server.Write("lib/a.yaml", ResolverFixture.Workflow("type: file, path: parts/b.yaml"));
        _server.Write("lib/parts/b.yaml", ResolverFixture.Workflow("type: file, path: ../../c.yaml"));
        _server.Write("c.yaml", ResolverFixture.Subflow("make"));

        var bundle = await _server.ResolveAsync(ResolverFixture.Workflow("type: file, path: ./lib/a.yaml"));

        bundle.Diagnostics.ShouldBeEmpty();
        bundle.Resources.Entries.Keys.ShouldBe(["file:c.yaml", "file:lib/a.yaml", "file:lib/parts/b.yaml"]);
        bundle.Workflow!.Subflows["s/s/s"].Tasks["run"].Command!.Executable.ShouldBe("make");
    }

    [Fact]
    public async Task Resolve_FileThatIsNotThere_SaysWhereItWasLookedFor() =>
        (await _server.ProblemAsync("type: file, path: lib/none.yaml"))
            .ShouldBe($"There is no file {Path.Combine(_server.Directory, "lib", "none.yaml")}.");

    [Theory]
    [InlineData("../secret.yaml")]
    [InlineData("lib/../../secret.yaml")]
    [InlineData("/etc/passwd")]
    public async Task Resolve_FileOutsideTheLibraryOfAServer_IsRefused(string path) =>
        (await _server.ProblemAsync($"type: file, path: {path}")).ShouldContain($"lies outside {_server.Directory}");

    [Theory]
    [InlineData("link.yaml")]
    [InlineData("linked/a.yaml")]
    public async Task Resolve_SymbolicLinkOnAServer_IsRefused(string path)
    {
        _local.Write("a.yaml", ResolverFixture.Subflow("make"));
        File.CreateSymbolicLink(Path.Combine(_server.Directory, "link.yaml"), Path.Combine(_local.Directory, "a.yaml"));
        Directory.CreateSymbolicLink(Path.Combine(_server.Directory, "linked"), _local.Directory);

        (await _server.ProblemAsync($"type: file, path: {path}")).ShouldContain("is a symbolic link");
    }

    [Fact]
    public async Task Resolve_DirectoryInsteadOfAFile_IsRefused()
    {
        _server.Write("lib/a.yaml", "x");

        (await _server.ProblemAsync("type: file, path: lib")).ShouldContain("is a directory");
    }

    [Fact]
    public async Task Resolve_FileAboveTheWorkflowOfALocalRun_IsRead()
    {
        _server.Write("shared.yaml", ResolverFixture.Subflow("make"));

        var bundle = await _local.ResolveAsync(
            ResolverFixture.Workflow($"type: file, path: ../{Path.GetFileName(_server.Directory)}/shared.yaml"));

        bundle.IsValid.ShouldBeTrue(string.Join('\n', bundle.Diagnostics));
    }

    [Fact]
    public async Task Resolve_FileAboveTheBound_IsRefused()
    {
        using var small = new ResolverFixture { Change = options => options with { MaxBytes = 1024 } };
        small.Write("a.yaml", new string('#', 1025));
        small.Write("b.yaml", ResolverFixture.Subflow("make").PadRight(1024));

        (await small.ProblemAsync("type: file, path: a.yaml")).ShouldBe("a.yaml is larger than 1 KiB, the most a text of a workflow may have.");
        (await small.ResolveAsync(ResolverFixture.Workflow("type: file, path: b.yaml"))).IsValid.ShouldBeTrue();
    }

    [Fact]
    public async Task Resolve_MoreTextsThanAllowed_SaysSo()
    {
        using var few = new ResolverFixture { Change = options => options with { MaxCount = 1 } };
        few.Write("a.yaml", ResolverFixture.Workflow("type: file, path: b.yaml"));
        few.Write("b.yaml", ResolverFixture.Subflow("make"));

        (await few.ProblemAsync("type: file, path: a.yaml")).ShouldContain("at most 1 texts");
    }

    public void Dispose()
    {
        _server.Dispose();
        _local.Dispose();
    }
}
