using System.Text.Json;
using Periplon.Commands;
using Periplon.Core.Reuse;

namespace Periplon.Tests.Commands;

public sealed class GroupCommandTests : IDisposable
{
    private readonly CommandFixture _fixture = new();
    private readonly string _home = Directory.CreateTempSubdirectory("periplon-home-").FullName;

    public GroupCommandTests() => _fixture.Variables["HOME"] = _home;

    public void Dispose()
    {
        _fixture.Dispose();
        Directory.Delete(_home, recursive: true);
    }

    [Fact]
    public async Task List_Groups_KeepsTheShape()
    {
        WriteGroup("1.0.0", "{name: tidy, version: ^1}");
        Write(Path.Combine(_home, ".claude", "task-groups", "broken.taskgroup.yaml"), "kind: TaskGroup\n");

        var json = await JsonAsync(ExitCode.Ok, "group", "list", "-j");

        json.EnumerateObject().Select(each => each.Name).ShouldBe(["search_paths", "groups", "total"]);
        json.GetProperty("search_paths").EnumerateArray().Select(path => path.GetString())
            .ShouldContain(Path.Combine(_fixture.Directory, ".claude", "task-groups"));
        json.GetProperty("total").GetInt32().ShouldBe(1);
        var group = json.GetProperty("groups")[0];
        group.EnumerateObject().Select(each => each.Name)
            .ShouldBe(["name", "version", "reference", "description", "tasks_count", "source_path"]);
        group.GetProperty("reference").GetString().ShouldBe("tools@1.0.0");
        json.GetProperty("groups")[1].GetProperty("error").GetString()!.ShouldContain("needs the field 'spec'");
    }

    [Fact]
    public async Task Install_GroupOfTheUser_IsCopiedAndLocked()
    {
        WriteGroup("1.0.0", "{name: tidy, version: ^1}", "  hooks: {post_install: [{type: command, command: touch ran}]}\n");
        WriteTask("tidy", "1.2.0", "  dependencies: [{name: sort, version: \"*\"}]\n");
        WriteTask("sort", "0.3.0");

        (await _fixture.RunAsync("group", "install", "tools@^1.0.0")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());

        _fixture.Out.ToString().ShouldBe("""
            Installed tools@1.0.0 with 2 tasks; 3 files were written.
            The group has hooks. They were not run; read them, and run what you want:
              post_install: run 'touch ran'

            """);
        File.Exists(Path.Combine(_fixture.Directory, "ran")).ShouldBeFalse();
        File.ReadAllText(Installed("tasks", "tidy.task.yaml")).ShouldContain("version: 1.2.0");
        File.Exists(Installed("task-groups", "tools.taskgroup.yaml")).ShouldBeTrue();
        var lockfile = ManifestParser.ParseLockfile(ReadLock()).Value!;
        lockfile.GeneratedAt.ShouldBe(_fixture.Time.GetUtcNow());
        lockfile.Tasks["tidy"].ShouldSatisfyAllConditions(
            task => task.Version.ToString().ShouldBe("1.2.0"),
            task => task.Checksum.ShouldBe(ManifestChecksum.Of(File.ReadAllText(Installed("tasks", "tidy.task.yaml")))),
            task => task.Source.ShouldBe(new LockSource.Local(TaskFile("tidy", "1.2.0"))),
            task => task.Dependencies["sort"].ShouldBe("0.3.0"));
    }

    [Fact]
    public async Task Install_Again_ChangesNothing()
    {
        WriteGroup("1.0.0", "{name: tidy, version: ^1}");
        WriteTask("tidy", "1.2.0");
        await _fixture.RunAsync("group", "install", "tools@1.0.0");
        var before = ReadLock();
        _fixture.Time.Advance(TimeSpan.FromDays(1));

        var json = await JsonAsync(ExitCode.Ok, "group", "install", "tools@1.0.0", "-j");

        ReadLock().ShouldBe(before);
        json.EnumerateObject().Select(each => each.Name).ShouldBe(
            ["success", "group_reference", "name", "version", "tasks_count", "message", "files", "lockfile", "hooks"]);
        json.GetProperty("files").EnumerateArray().ShouldAllBe(file => file.GetProperty("state").GetString() == "unchanged");
    }

    [Theory]
    [InlineData("other@1.0.0", "there is no group 'other@1.0.0'")]
    [InlineData("tools@^2.0.0", "found are tools@1.0.0")]
    [InlineData("tools@1.0.0", "There is no predefined task 'gone'")]
    [InlineData("tools@1.0.0#clean", "the group tools@1.0.0 has no workflow 'clean'")]
    public async Task Install_WhatIsNotThere_SaysSoAndWritesNothing(string reference, string expected)
    {
        WriteGroup("1.0.0", "{name: gone, version: ^1}");

        (await _fixture.RunAsync("group", "install", reference)).ShouldBe(ExitCode.Failure);

        _fixture.Error.ToString().ShouldContain(expected);
        Directory.EnumerateFileSystemEntries(_fixture.Directory).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("patch_only", "1.2.4")]
    [InlineData("minor_and_patch", "1.3.0")]
    [InlineData("all", "2.0.0")]
    [InlineData("manual", "1.2.3")]
    public async Task Update_Policy_GoesSoFar(string policy, string expected)
    {
        WriteGroup("1.0.0", "{name: tidy, version: \">=1.0.0\"}");
        WriteTask("tidy", "1.2.3");
        await _fixture.RunAsync("group", "install", "tools@1.0.0");
        foreach (var version in new[] { "1.2.4", "1.3.0", "2.0.0" })
        {
            WriteTask("tidy", version);
        }

        var json = await JsonAsync(ExitCode.Ok, "group", "update", "--policy", policy, "-j");

        json.EnumerateObject().Select(each => each.Name).ShouldBe(["success", "updated_count", "groups", "message"]);
        json.GetProperty("updated_count").GetInt32().ShouldBe(policy == "manual" ? 0 : 1);
        json.GetProperty("groups")[0].GetProperty("tasks")[0].GetProperty("from").GetString().ShouldBe("1.2.3");
        ManifestParser.ParseLockfile(ReadLock()).Value!.Tasks["tidy"].Version.ToString().ShouldBe(expected);
        File.ReadAllText(Installed("tasks", "tidy.task.yaml")).ShouldContain($"version: {expected}}}");
    }

    [Fact]
    public async Task Update_NewGroupWithATaskThatIsMissing_FailsAndKeepsTheOldOne()
    {
        WriteGroup("1.0.0", "{name: tidy, version: ^1}");
        WriteTask("tidy", "1.0.0");
        await _fixture.RunAsync("group", "install", "tools@1.0.0");
        WriteGroup("1.1.0", "{name: gone, version: ^1}");

        (await _fixture.RunAsync("group", "update", "tools")).ShouldBe(ExitCode.Failure);

        _fixture.Error.ToString().ShouldContain("the group 'tools' cannot be updated to 1.1.0");
        File.ReadAllText(Installed("task-groups", "tools.taskgroup.yaml")).ShouldContain("version: 1.0.0");
    }

    [Fact]
    public async Task Validate_MissingTask_IsNamedAndExitsWith1()
    {
        WriteTask("tidy", "1.0.0");
        var file = Write(
            Path.Combine(_fixture.Directory, "tools.taskgroup.yaml"),
            Group("1.0.0", "{name: tidy, version: 1.0.0}, {name: gone, version: ^2}, {name: extra, version: 1.0.0, required: false}"));

        var json = await JsonAsync(ExitCode.Failure, "group", "validate", file, "-v", "-j");

        json.EnumerateObject().Select(each => each.Name)
            .ShouldBe(["valid", "group_name", "group_version", "tasks_count", "tasks", "errors"]);
        json.GetProperty("valid").GetBoolean().ShouldBeFalse();
        JsonSerializer.Serialize(json.GetProperty("tasks")[1]).ShouldBe("""{"name":"gone","version":"^2","required":true,"found":false}""");
        json.GetProperty("errors").EnumerateArray().Single().GetString()!.ShouldStartWith("There is no predefined task 'gone'");
    }

    [Fact]
    public async Task Validate_FileOfAnInstalledTaskWasChanged_NamesTheDifference()
    {
        WriteGroup("1.0.0", "{name: tidy, version: ^1}");
        WriteTask("tidy", "1.0.0");
        await _fixture.RunAsync("group", "install", "tools@1.0.0");
        var group = Installed("task-groups", "tools.taskgroup.yaml");
        (await _fixture.RunAsync("group", "validate", group)).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        _fixture.Out.ToString().ShouldBe($"{group} is valid: tools@1.0.0, 1 of 1 tasks found\n");

        Write(Installed("tasks", "tidy.task.yaml"), Definition("tidy", "1.0.0", "  examples: [{name: one, inputs: {}}]\n"));

        (await _fixture.RunAsync("group", "validate", group)).ShouldBe(ExitCode.Failure);
        _fixture.Error.ToString().ShouldContain("The task 'tidy' is locked at 1.0.0 with the checksum sha256:");
    }

    [Fact]
    public async Task Validate_BrokenFile_ListsWhatIsWrong()
    {
        Write(Path.Combine(_fixture.Directory, "bad.taskgroup.yaml"), Group("1.0", "{name: Tidy, version: newest}"));

        (await _fixture.RunAsync("group", "validate", "bad.taskgroup.yaml")).ShouldBe(ExitCode.Failure);

        var error = _fixture.Error.ToString();
        error.ShouldStartWith("Error: bad.taskgroup.yaml is not valid\n  3:");
        error.ShouldContain("PPL502");
        error.ShouldContain("PPL503");
        error.ShouldContain("PPL504");
    }

    [Fact]
    public async Task Group_ReferenceWithoutVersion_IsWrongUsage()
    {
        (await _fixture.RunAsync("group", "install", "tools")).ShouldBe(ExitCode.Usage);

        _fixture.Error.ToString().ShouldStartWith("Error: 'tools' is not name@version");
    }

    private static string Definition(string name, string version, string rest = "") =>
        $"apiVersion: task/v1\nkind: PredefinedTask\nmetadata: {{name: {name}, version: {version}}}\nspec:\n"
        + $"  agent_template: {{description: Do it}}\n{rest}";

    private static string Group(string version, string tasks, string rest = "") =>
        $"apiVersion: taskgroup/v1\nkind: TaskGroup\nmetadata: {{name: tools, version: {version}}}\nspec:\n  tasks: [{tasks}]\n{rest}";

    private static string Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    private void WriteTask(string name, string version, string rest = "") =>
        Write(TaskFile(name, version), Definition(name, version, rest));

    private string TaskFile(string name, string version) => Path.Combine(_home, ".claude", "tasks", $"{name}-{version}.task.yaml");

    private void WriteGroup(string version, string tasks, string rest = "") =>
        Write(Path.Combine(_home, ".claude", "task-groups", $"tools-{version}.taskgroup.yaml"), Group(version, tasks, rest));

    private string Installed(string directory, string file) => Path.Combine(_fixture.Directory, ".claude", directory, file);

    private string ReadLock() => File.ReadAllText(Path.Combine(_fixture.Directory, "tasks.lock.yaml"));

    private async Task<JsonElement> JsonAsync(int exit, params string[] arguments)
    {
        (await _fixture.RunAsync(arguments)).ShouldBe(exit, _fixture.Error.ToString());
        return JsonDocument.Parse(_fixture.Out.ToString()).RootElement;
    }
}
