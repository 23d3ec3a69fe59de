using Periplon.Core.Reuse;

namespace Periplon.Core.Tests.Reuse;

public sealed class TaskLockfileTests
{
    private static readonly DateTimeOffset Then = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Write_ReadAgain_IsTheSame()
    {
        var lockfile = TaskLockfiles.Lock(null, [Task("1.0.0", "Do \"it\": ${now}\n# twice"), Needing("tidy")], Then, "periplon 1.0");

        var read = ManifestParser.ParseLockfile(TaskLockfiles.Write(lockfile));

        read.Diagnostics.ShouldBeEmpty();
        TaskLockfiles.Write(read.Value!).ShouldBe(TaskLockfiles.Write(lockfile));
        read.Value!.Tasks["tidy"].ShouldBe(lockfile.Tasks["tidy"] with { Dependencies = read.Value.Tasks["tidy"].Dependencies });
        read.Value!.Tasks["clean"].Dependencies.ShouldBe(new Dictionary<string, string> { ["tidy"] = "1.0.0" });
    }

    [Fact]
    public void Lock_NothingChanged_KeepsTimeAndSourceAndOtherTasks()
    {
        var before = TaskLockfiles.Lock(null, [Task("1.0.0"), Needing("tidy")], Then, "periplon 1.0");

        var after = TaskLockfiles.Lock(before, [Task("1.0.0")], Then.AddDays(3), "periplon 1.0");

        after.Tasks.Keys.ShouldBe(["clean", "tidy"]);
        after.Tasks["tidy"].ResolvedAt.ShouldBe(Then);
        TaskLockfiles.Lock(before, [Task("1.0.1")], Then.AddDays(3), "").Tasks["tidy"].ResolvedAt.ShouldBe(Then.AddDays(3));
    }

    [Fact]
    public void Compare_AnyDifference_IsNamed()
    {
        var lockfile = TaskLockfiles.Lock(null, [Task("1.0.0"), Needing("tidy")], Then, "periplon 1.0");

        Compare(lockfile, Task("1.0.0"), Needing("tidy")).ShouldBeEmpty();
        Compare(lockfile, Task("1.0.1"), Needing("tidy")).ShouldBe(
        [
            "The task 'tidy' is locked at 1.0.0, but 1.0.1 was found.",
            "The task 'clean' is locked with 'tidy' at 1.0.0, but 1.0.1 was found.",
        ]);
        Compare(lockfile, Task("1.0.0", "something else"), Needing("tidy")).Single().ShouldContain("with the checksum sha256:");
        Compare(lockfile, Task("1.0.0")).ShouldBe(["The task 'clean' is locked at 1.0.0, but it was not found."]);
        Compare(lockfile with { Tasks = new Dictionary<string, LockedTask>() }, Task("1.0.0"))
            .ShouldBe(["The task 'tidy' is used at 1.0.0, but it is not in the lockfile."]);
    }

    [Fact]
    public void Expand_LockedVersion_IsTakenThoughThereIsAHigherOne()
    {
        var lockfile = TaskLockfiles.Write(TaskLockfiles.Lock(null, [Task("1.0.0", "Tidy up")], Then, "periplon 1.0"));
        var text = PredefinedTasksTests.Tidy("1.0.0") + PredefinedTasksTests.Tidy("1.5.0") + "# file: tasks.lock.yaml\n" + lockfile;

        Library.ExpandWell("tasks: {a: {uses: tidy@^1}}\n" + text).Tasks.Single().Version.ToString().ShouldBe("1.0.0");
        var refused = Library.Expand("tasks: {a: {uses: tidy@^1.2}}\n" + text).Diagnostics.Single();
        refused.Code.ShouldBe("PPL522");
        refused.Hint.ShouldBe("The lockfile holds it at 1.0.0.");
    }

    [Theory]
    [InlineData(UpdatePolicy.PatchOnly, "1.2.3", "1.2.3 1.2.4")]
    [InlineData(UpdatePolicy.MinorAndPatch, "1.2.3", "1.2.3 1.2.4 1.3.0")]
    [InlineData(UpdatePolicy.All, "1.2.3", "1.2.3 1.2.4 1.3.0 2.0.0")]
    [InlineData(UpdatePolicy.Manual, "1.3.0", "1.3.0 2.0.0")]
    [InlineData(UpdatePolicy.All, "3.0.0-a", "3.0.0-a 3.0.0-b")]
    public void Allows_Policy_GoesSoFar(UpdatePolicy policy, string from, string expected) =>
        new[] { "1.2.2", "1.2.3", "1.2.4", "1.3.0", "2.0.0", "3.0.0-a", "3.0.0-b" }
            .Where(to => policy.Allows(SemanticVersion.Parse(from), SemanticVersion.Parse(to))).ShouldBe(expected.Split(' '));

    private static IEnumerable<string> Compare(TaskLockfile lockfile, params LibraryTask[] tasks) =>
        LockComparison.Compare(lockfile, tasks).Select(difference => difference.Message);

    private static LibraryTask Task(string version, string description = "Do it") => Parse(
        "apiVersion: task/v1\nkind: PredefinedTask\n"
        + $"metadata: {{name: tidy, version: {version}}}\nspec:\n  agent_template: {{description: {Quoted(description)}}}\n");

    private static LibraryTask Needing(string other) => Parse(
        "apiVersion: task/v1\nkind: PredefinedTask\nmetadata: {name: clean, version: 1.0.0}\n"
        + "spec:\n  agent_template: {description: Clean}\n"
        + $"  dependencies: [{{name: {other}, version: ^1}}]\n");

    private static string Quoted(string text) => System.Text.Json.JsonSerializer.Serialize(text);

    private static LibraryTask Parse(string text) => new(ManifestParser.ParseTask(text).Value!, text, new LibraryOrigin("somewhere"));
}
