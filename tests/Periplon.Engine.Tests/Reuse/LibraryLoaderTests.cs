using Microsoft.Extensions.Time.Testing;
using Periplon.Core.Reuse;
using Periplon.Core.Yaml;
using Periplon.Engine.Reuse;
using static Periplon.Engine.Tests.Reuse.ReuseDirectory;

namespace Periplon.Engine.Tests.Reuse;

public sealed class LibraryLoaderTests : IDisposable
{
    private readonly ReuseDirectory _files = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Load_SameVersionInProjectAndHome_TakesTheProjects()
    {
        _files.Write("home/.claude/tasks/tidy.task.yaml", Task("tidy", "1.0.0", "{description: of home}"));
        _files.Write("home/.claude/tasks/newer.task.yaml", Task("tidy", "2.0.0", "{description: of home}"));
        _files.Write("project/.periplon/tasks/tidy.task.yaml", Task("tidy", "1.0.0", "{description: of the project}"));

        var (library, problems) = await LoadAsync();

        problems.ShouldBeEmpty();
        library.Problems.ShouldBeEmpty();
        library.FindTasks("tidy").OrderBy(task => task.Version).Select(task => task.Manifest.AgentTemplate.Description)
            .ShouldBe(["of the project", "of home"]);
    }

    [Fact]
    public async Task Load_WorkflowInAnotherDirectory_ItsTasksAndLockfileComeFirst()
    {
        _files.Write("project/.claude/tasks/tidy.task.yaml", Task("tidy", "1.0.0", "{description: of the project}"));
        _files.Write("project/.claude/tasks/sort.task.yaml", Task("sort", "1.0.0"));
        _files.Write("project/tasks.lock.yaml", "version: 1.0.0\ntasks: {}\n");
        _files.Write("flows/.periplon/tasks/tidy.task.yaml", Task("tidy", "1.0.0", "{description: of the workflow}"));
        _files.Write(
            "flows/tasks.lock.yaml",
            "version: 1.0.0\ntasks:\n  tidy:\n    version: 1.0.0\n    source: {type: local, path: a}\n"
            + $"    checksum: \"sha256:{new string('0', 64)}\"\n");

        var (library, _) = await new LibraryLoader(_files.Project, _files.Variables, _time)
        {
            WorkflowDirectory = Path.Combine(_files.Root, "flows"),
        }.LoadAsync(null, refresh: false, Ct);

        library.FindTasks("tidy").Single().Manifest.AgentTemplate.Description.ShouldBe("of the workflow");
        library.FindTasks("sort").Count.ShouldBe(1);
        library.Lockfile!.Tasks.Keys.ShouldBe(["tidy"]);
    }

    [Fact]
    public async Task Load_DirectoryBelowTasks_IsSearchedForSourcesOnly()
    {
        _files.Write("project/.claude/tasks/deep/tidy.task.yaml", Task("tidy", "1.0.0"));
        _files.Write("shared/a/b/sort.task.yaml", Task("sort", "1.0.0"));
        _files.Write("home/.claude/task-sources.yaml", "sources:\n  - {type: local, name: shared, path: \"${SHARED}/a\", priority: 20}\n");
        _files.Variables["SHARED"] = Path.Combine(_files.Root, "shared");

        var (library, _) = await LoadAsync();

        library.FindTasks("tidy").ShouldBeEmpty();
        library.FindTasks("sort").Count.ShouldBe(1);
    }

    [Fact]
    public async Task Load_FilesThatCannotBeUsed_AreNamedAndLeftOut()
    {
        var broken = _files.Write("project/.claude/tasks/broken.task.yaml", "kind: Other\n");
        _files.Write("project/.claude/tasks/one.task.yaml", Task("tidy", "1.0.0"));
        var second = _files.Write("project/.claude/tasks/two.task.yaml", Task("tidy", "1.0.0"));
        var package = _files.Write(
            "project/.claude/tasks/package.yaml",
            "kind: TaskPackage\nmetadata: {name: p, version: 1.0.0}\ntasks: [{path: one.task.yaml, name: tidy, version: 1.1.0}]\n");

        var (library, _) = await LoadAsync();

        library.Problems.Select(problem => problem.Path).ShouldBe([broken, second, package], ignoreOrder: true);
        library.Problems.Single(problem => problem.Path == second).Message.ShouldContain("in another file of the same place");
        library.Problems.Single(problem => problem.Path == package).Message.ShouldContain("but the file holds 'tidy@1.0.0'");
        library.FindTasks("tidy").Single().Origin.Place.ShouldEndWith("one.task.yaml");
    }

    [Fact]
    public async Task Load_PipesAndDevices_AreNamedAndLeftOut()
    {
        var tasks = Path.Combine(_files.Project, ".claude", "tasks");
        _files.Write("project/.claude/tasks/one.task.yaml", Task("tidy", "1.0.0"));
        _files.Write("project/.claude/tasks/package.yaml",
            "kind: TaskPackage\nmetadata: {name: p, version: 1.0.0}\ntasks: [{path: pipe, name: tidy, version: 1.0.0}]\n");
        var pipe = Files.RegularFileTests.MakePipe(tasks);
        var device = Path.Combine(tasks, "zero.task.yaml");
        File.CreateSymbolicLink(device, "/dev/zero");

        var (library, _) = await LoadAsync();

        library.Problems.Single(problem => problem.Path == pipe).Message.ShouldContain("is a pipe");
        library.Problems.Single(problem => problem.Path == device).Message.ShouldContain("is a device");
        library.FindTasks("tidy").Count.ShouldBe(1);
    }

    [Fact]
    public async Task Load_GitSource_IsFetchedAndRefreshedByItsPolicy()
    {
        Publish("1.0.0");
        UseRepository("update_policy: daily");
        (await VersionsAsync()).ShouldBe(["1.0.0"]);

        Publish("1.1.0");
        _time.Advance(TimeSpan.FromHours(23));
        (await VersionsAsync()).ShouldBe(["1.0.0"]);
        _time.Advance(TimeSpan.FromHours(2));
        (await VersionsAsync()).ShouldBe(["1.1.0"]);

        var (library, _) = await LoadAsync();
        var git = library.FindTasks("tidy").Single().Origin.Source.ShouldBeOfType<LockSource.Git>();
        git.Ref.Length.ShouldBe(40);
        git.Subpath.ShouldBe("tasks/tidy.task.yaml");
    }

    [Fact]
    public async Task Load_ManualGitSource_IsRefreshedOnlyWhenAskedFor()
    {
        Publish("1.0.0");
        UseRepository("update_policy: manual, branch: main");
        (await VersionsAsync()).ShouldBe(["1.0.0"]);

        Publish("1.1.0");
        _time.Advance(TimeSpan.FromDays(100));
        (await VersionsAsync()).ShouldBe(["1.0.0"]);
        (await VersionsAsync(refresh: true)).ShouldBe(["1.1.0"]);
    }

    [Fact]
    public async Task Load_TagOfAGitSource_NeverChanges()
    {
        Publish("1.0.0", tag: "first");
        UseRepository("update_policy: always, tag: first, trusted: false");
        Publish("1.1.0");

        (await VersionsAsync(refresh: true)).ShouldBe(["1.0.0"]);
        (await VersionsAsync(refresh: true)).ShouldBe(["1.0.0"]);
        (await LoadAsync()).Library.FindTasks("tidy").Single().Origin.IsTrusted.ShouldBeFalse();
    }

    [Fact]
    public async Task Load_RepositoryThatIsGone_SaysSoAndUsesTheLastCopy()
    {
        Publish("1.0.0");
        UseRepository("update_policy: always");
        await VersionsAsync();
        Directory.Move(Path.Combine(_files.Root, "repository"), Path.Combine(_files.Root, "elsewhere"));

        var (library, problems) = await LoadAsync();

        problems.Single().Message.ShouldStartWith("The source 'shared' could not be refreshed; its last copy is used: ");
        library.FindTasks("tidy").Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/tasks.git", "http")]
    [InlineData("git://127.0.0.1:9/tasks.git", "git")]
    public async Task Load_GitSourceWithoutEncryption_IsRefused(string url, string transport)
    {
        _files.Write("home/.claude/task-sources.yaml", $"sources:\n  - {{type: git, name: shared, url: \"{url}\"}}\n");

        var (_, problems) = await LoadAsync();

        problems.Single().Message.ShouldBe($"The source 'shared' could not be fetched: transport '{transport}' not allowed.");
    }

    [Fact]
    public async Task Load_Lockfile_IsFollowedByExpansions()
    {
        _files.Write("project/.claude/tasks/a.task.yaml", Task("tidy", "1.0.0"));
        var (before, _) = await LoadAsync();
        _files.Write(
            "project/tasks.lock.yaml",
            TaskLockfiles.Write(TaskLockfiles.Lock(null, before.FindTasks("tidy"), _time.GetUtcNow(), "test")));
        _files.Write("project/.claude/tasks/b.task.yaml", Task("tidy", "1.1.0"));
        var workflow = WorkflowParser.Parse("name: w\nversion: '1'\ntasks: {a: {uses: tidy@^1}}\n").Workflow!;

        PredefinedTasks.Expand(workflow, (await LoadAsync()).Library).Tasks.Single().Version.ToString().ShouldBe("1.0.0");

        _files.Write("project/.claude/tasks/a.task.yaml", Task("tidy", "1.0.0", "{description: Something else}"));
        PredefinedTasks.Expand(workflow, (await LoadAsync()).Library).Diagnostics.Single().Message
            .ShouldStartWith("The task 'tidy' is locked at 1.0.0 with the checksum sha256:");
        _files.Write("project/tasks.lock.yaml", "version: 9.0.0\n");
        (await Should.ThrowAsync<IOException>(() => LoadAsync())).Message.ShouldContain("PPL515");
    }

    private void Publish(string version, string? tag = null)
    {
        _files.Write("repository/tasks/tidy.task.yaml", Task("tidy", version));
        _files.Commit("repository", version, tag);
    }

    private void UseRepository(string settings) => _files.Write(
        "home/.claude/task-sources.yaml",
        $"sources:\n  - {{type: git, name: shared, url: \"{Path.Combine(_files.Root, "repository")}\", {settings}}}\n");

    private async Task<IEnumerable<string>> VersionsAsync(bool refresh = false)
    {
        var (library, problems) = await LoadAsync(refresh);
        problems.ShouldBeEmpty();
        return library.FindTasks("tidy").Select(task => task.Version.ToString());
    }

    private Task<(FileLibrary Library, IReadOnlyList<LibraryProblem> Problems)> LoadAsync(bool refresh = false) =>
        new LibraryLoader(_files.Project, _files.Variables, _time).LoadAsync(null, refresh, Ct);
}
