using System.Diagnostics;

namespace Periplon.Engine.Tests.Reuse;

/// <summary>A directory with a project, a home and whatever else a test needs.</summary>
internal sealed class ReuseDirectory : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("periplon-reuse-").FullName;
    public string Project => Path.Combine(Root, "project");
    public string Home => Path.Combine(Root, "home");
    public Dictionary<string, string> Variables { get; } = [];

    public ReuseDirectory()
    {
        Directory.CreateDirectory(Project);
        Directory.CreateDirectory(Home);
        Variables["HOME"] = Home;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public static string Task(string name, string version, string agent = "{description: Do it}", string rest = "") =>
        $"apiVersion: task/v1\nkind: PredefinedTask\nmetadata: {{name: {name}, version: {version}}}\n"
        + $"spec:\n  agent_template: {agent}\n{rest}";

    public static string Group(string name, string version, string tasks) =>
        $"apiVersion: taskgroup/v1\nkind: TaskGroup\nmetadata: {{name: {name}, version: {version}}}\nspec:\n  tasks: [{tasks}]\n";

    public string Write(string path, string text)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        return full;
    }

    /// <summary>Commits all that is in a directory; makes a repository of it first, where it is none.</summary>
    public void Commit(string directory, string message, string? tag = null)
    {
        var path = Path.Combine(Root, directory);
        if (!Directory.Exists(Path.Combine(path, ".git")))
        {
            Git(path, "init", "--quiet", "--initial-branch=main");
        }

        Git(path, "add", "-A");
        Git(path, "-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "--quiet", "-m", message);
        if (tag is not null)
        {
            Git(path, "tag", tag);
        }
    }

    private static void Git(string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = directory, RedirectStandardError = true };
        using var git = Process.Start(start)!;
        var error = git.StandardError.ReadToEnd();
        git.WaitForExit();
        git.ExitCode.ShouldBe(0, error);
    }
}
