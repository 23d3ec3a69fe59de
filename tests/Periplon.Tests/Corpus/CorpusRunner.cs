using System.Text.RegularExpressions;
using Periplon.Commands;
using Periplon.Hosting;
using Periplon.Tests.Configuration;

namespace Periplon.Tests.Corpus;

/// <summary>Runs a workflow file with <c>periplon run</c> in a directory of its own, with stand-ins for what it expects outside.</summary>
internal static partial class CorpusRunner
{
    /// <summary>A variable of the environment that stands in for the keys of services.</summary>
    public const string KeyVariable = "PERIPLON_CORPUS_KEY";

    private static readonly Lazy<string> StandIns = new(MakeStandIns);

    /// <summary>The folder of the corpus.</summary>
    public static string Folder { get; } = Repository.PathOf("tests/Periplon.Core.Tests/Corpus");

    /// <summary>Runs a file of the corpus.</summary>
    public static Task<CorpusRun> RunAsync(CorpusRow row, string server, string root, CancellationToken cancellationToken)
    {
        var folder = string.Concat(row.Name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));
        var directory = Directory.CreateDirectory(Path.Combine(root, folder)).FullName;
        CopyBeside(Path.GetDirectoryName(Path.Combine(Folder, row.File))!, directory);
        var text = AbsolutePath().Replace(File.ReadAllText(Path.Combine(Folder, row.File)), match => directory + match.Value);
        foreach (var (from, to) in row.Edits)
        {
            var filled = to.Replace("SERVER", server, StringComparison.Ordinal).Replace("DIRECTORY", directory, StringComparison.Ordinal);
            text = text.Replace(from, filled, StringComparison.Ordinal);
        }

        foreach (var (path, content) in row.Files)
        {
            Write(Path.Combine(directory, path), content);
        }

        return RunAsync(
            directory, Path.GetFileName(row.File), text, row.Answers,
            row.Inputs.Select(input => input.Replace("SERVER", server, StringComparison.Ordinal)), cancellationToken);
    }

    /// <summary>Runs a text in a directory.</summary>
    public static async Task<CorpusRun> RunAsync(
        string directory, string file, string text, string answers, IEnumerable<string> inputs, CancellationToken cancellationToken)
    {
        _ = StandIns.Value;
        Write(Path.Combine(directory, file), text);
        Write(Path.Combine(directory, "answers.yaml"), answers);
        using StringWriter output = new(), error = new();
        var code = await PeriplonCommand.RunAsync(
            ["run", file, "--json", "--ai-script", "answers.yaml", .. inputs.SelectMany(input => new[] { "--input", input })],
            new CommandShell
            {
                Out = output, Error = error, Variables = new Dictionary<string, string>(), Directory = directory,
                Time = TimeProvider.System, Cancel = cancellationToken,
            },
            ProgramModes.Create());
        return new CorpusRun(WorkflowReader.Read(text).Workflow, directory, code, output.ToString(), error.ToString());
    }

    // A file may name others beside it; the directories inside are not its own.
    private static void CopyBeside(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private static void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    // Programs that the files call, before any that is installed: they say how they were called, and succeed.
    private static string MakeStandIns()
    {
        var directory = Directory.CreateTempSubdirectory("periplon-programs-").FullName;
        foreach (var program in new[] { "cargo", "docker", "npm", "pandoc", "pytest" })
        {
            var path = Path.Combine(directory, program);
            File.WriteAllText(path, "#!/bin/sh\necho \"$(basename \"$0\") $*\"\n");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        Environment.SetEnvironmentVariable("PATH", $"{directory}:{Environment.GetEnvironmentVariable("PATH")}");
        Environment.SetEnvironmentVariable(KeyVariable, "key-of-the-corpus");
        return directory;
    }

    // Folders at the root of the machine, which the files make for themselves.
    [GeneratedRegex("""(?<![\w./])/(?=(?:tmp|ci|deploy|backups|recovery|test|hipaa|security|experiment)[/\s"])""")]
    private static partial Regex AbsolutePath();
}
