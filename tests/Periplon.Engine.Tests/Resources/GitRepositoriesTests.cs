using System.Diagnostics;

namespace Periplon.Engine.Tests.Resources;

/// <summary>Real repositories, real git.</summary>
public sealed class GitRepositoriesTests : IDisposable
{
    private readonly ResolverFixture _repository = new();
    private readonly ResolverFixture _local = new() { TrustsAuthor = true };
    private readonly ResolverFixture _server = new();
    private readonly string _first;
    private readonly string _second;

    public GitRepositoriesTests()
    {
        Git("init", "--quiet", "--initial-branch=main");
        _repository.Write("flows/a.yaml", ResolverFixture.Subflow("first"));
        _repository.Write("flows/outer.yaml", ResolverFixture.Workflow("type: file, path: a.yaml"));
        _first = Commit();
        Git("tag", "v1");
        _repository.Write("flows/a.yaml", ResolverFixture.Subflow("second"));
        File.CreateSymbolicLink(Path.Combine(_repository.Directory, "link.yaml"), "/etc/passwd");
        _second = Commit();
        Git("branch", "topic/x", _first);
    }

    [Theory]
    [InlineData("", "second")]
    [InlineData("main", "second")]
    [InlineData("v1", "first")]
    [InlineData("topic/x", "first")]
    [InlineData("refs/heads/main", "second")]
    public async Task Resolve_BranchOrTag_ReadsTheFileOfItsCommit(string reference, string executable) =>
        await ShouldReadAsync(reference, executable, executable == "first" ? _first : _second);

    [Fact]
    public async Task Resolve_Commit_ReadsTheFileAsItWas() => await ShouldReadAsync(_first, "first", _first);

    [Fact]
    public async Task Resolve_AbbreviatedCommit_ReadsTheFileAsItWas() => await ShouldReadAsync(_first[..9], "first", _first);

    [Fact]
    public async Task Resolve_FileThatNamesAFile_ReadsItFromTheSameCommit()
    {
        var bundle = await _local.ResolveAsync(ResolverFixture.Workflow(Source("flows/outer.yaml", "v1")));

        bundle.Diagnostics.ShouldBeEmpty();
        bundle.Workflow!.Subflows["s/s"].Tasks["run"].Command!.Executable.ShouldBe("first");
        bundle.Resources.Entries.Values.Select(resource => resource.Commit).ShouldAllBe(commit => commit == _first);
    }

    [Theory]
    [InlineData("flows/none.yaml", "v1", "has no file 'flows/none.yaml'")]
    [InlineData("flows", "v1", "is a directory; name a file")]
    [InlineData("link.yaml", "main", "is a symbolic link; name a file")]
    [InlineData("../a.yaml", "main", "lies outside the repository")]
    [InlineData("flows/a.yaml", "nothing", "couldn't find remote ref nothing")]
    [InlineData("flows/a.yaml", "abcdef123", "has no branch, tag or commit 'abcdef123'")]
    public async Task Resolve_WhatIsNotThere_SaysSo(string path, string reference, string reason) =>
        (await _local.ProblemAsync(Source(path, reference))).ShouldContain(reason);

    [Fact]
    public async Task Resolve_FileAboveTheBound_IsRefused()
    {
        using var small = new ResolverFixture { TrustsAuthor = true, Change = options => options with { MaxBytes = 40 } };

        (await small.ProblemAsync(Source("flows/a.yaml", "v1"))).ShouldContain("is larger than");
    }

    [Fact]
    public async Task Resolve_RepositoryOnTheMachineOfAServer_IsRefused()
    {
        (await _server.ProblemAsync(Source("flows/a.yaml", "v1"))).ShouldContain("allowed are https and ssh");
        (await _server.ProblemAsync($"type: git, url: '{_repository.Directory}', path: flows/a.yaml")).ShouldContain("allowed are https and ssh");
    }

    [Fact]
    public async Task Resolve_DocumentFromElsewhere_DoesNotReachRepositoriesOfThisMachine()
    {
        await using var web = new DocumentServer();
        await web.InitializeAsync();
        web.Documents["/a.yaml"] = ResolverFixture.Workflow(Source("flows/a.yaml", "v1"));

        (await _local.ProblemAsync($"type: http, url: '{web.Url}/a.yaml'")).ShouldContain("allowed are https and ssh");
    }

    [Theory]
    [InlineData("https://127.0.0.1/x.git")]
    [InlineData("ssh://git@127.0.0.1/x.git")]
    [InlineData("git@127.0.0.1:x.git")]
    public async Task Resolve_RepositoryAtAPrivateAddress_IsRefused(string url)
    {
        using var strict = new ResolverFixture { AllowsPrivateNetworks = false };

        (await strict.ProblemAsync($"type: git, url: '{url}', path: a.yaml")).ShouldContain("127.0.0.1, a private address");
    }

    public void Dispose()
    {
        _repository.Dispose();
        _local.Dispose();
        _server.Dispose();
    }

    private async Task ShouldReadAsync(string reference, string executable, string commit)
    {
        var bundle = await _local.ResolveAsync(ResolverFixture.Workflow(Source("flows/a.yaml", reference)));

        bundle.Diagnostics.ShouldBeEmpty();
        bundle.Workflow!.Subflows["s"].Tasks["run"].Command!.Executable.ShouldBe(executable);
        bundle.Resources.Entries.Values.Single().Commit.ShouldBe(commit);
    }

    private string Source(string path, string reference) =>
        $"type: git, url: 'file://{_repository.Directory}', path: {path}" + (reference.Length == 0 ? "" : $", reference: '{reference}'");

    private string Commit()
    {
        Git("add", "--all");
        Git("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false", "commit", "--quiet", "-m", "x");
        return Git("rev-parse", "HEAD").Trim();
    }

    private string Git(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = _repository.Directory, RedirectStandardOutput = true,
        })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, string.Join(' ', arguments));
        return output;
    }
}
