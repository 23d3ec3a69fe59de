using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Yaml.Language;

/// <summary>Scripts and commands (reference §5.2, §5.3).</summary>
internal static class ProgramLanguage
{
    private static readonly ChoiceShape<ScriptLanguage> Language = new(
        ("python", ScriptLanguage.Python), ("javascript", ScriptLanguage.Javascript), ("bash", ScriptLanguage.Bash),
        ("ruby", ScriptLanguage.Ruby), ("perl", ScriptLanguage.Perl), ("csharp", ScriptLanguage.Csharp));

    internal static readonly Shape<ScriptDefinition> Script = new StructShape<ScriptDefinition>("Script", f =>
    {
        var language = f.OptionalValue("language", Language, "Interpreter.");
        var content = f.Text("content", "Source text; wins over file.");
        var file = f.Text("file", "Path of the source, read when the task runs.");
        return new ScriptDefinition
        {
            Language = language ?? Infer(file, f.At),
            Content = content,
            File = file,
            WorkingDir = f.Text("working_dir", "Working directory."),
            Env = f.Map("env", Scalars.Text, "Environment variables; values may hold references."),
            TimeoutSecs = f.Seconds("timeout_secs", "Longest time of one attempt, in seconds.", "timeout"),
        };
    })
    { Hint = "Write 'language' and 'content', or 'file'." };

    internal static readonly Shape<CommandDefinition> Command = new StructShape<CommandDefinition>("Command", f => new CommandDefinition
    {
        Executable = f.Required("executable", Scalars.Text, "Program, found on PATH or by path; no shell is involved."),
        Args = f.List("args", Scalars.Text, "Arguments, each passed as it is."),
        WorkingDir = f.Text("working_dir", "Working directory."),
        Env = f.Map("env", Scalars.Text, "Environment variables; values may hold references."),
        TimeoutSecs = f.Seconds("timeout_secs", "Longest time of one attempt, in seconds.", "timeout"),
        CaptureStdout = f.Or("capture_stdout", Scalars.Bool, true, "Whether standard output belongs to the task's output."),
        CaptureStderr = f.Or("capture_stderr", Scalars.Bool, true, "Whether standard error belongs to the task's output."),
    })
    { Hint = "Write 'executable' and 'args'; for a line of shell use 'script'." };

    private static ScriptLanguage Infer(string? file, Cursor? at)
    {
        var (language, name) = Path.GetExtension(file) switch
        {
            ".py" => (ScriptLanguage.Python, "python"),
            ".js" or ".mjs" or ".cjs" => (ScriptLanguage.Javascript, "javascript"),
            ".rb" => (ScriptLanguage.Ruby, "ruby"),
            ".pl" => (ScriptLanguage.Perl, "perl"),
            ".cs" => (ScriptLanguage.Csharp, "csharp"),
            _ => (ScriptLanguage.Bash, "bash"),
        };
        at?.Reading.Warn(DiagnosticCodes.LanguageInferred, $"{at.Name} names no language; {name} is assumed.", at.KeyAt, at.Path,
            $"Add 'language: {name}'.");
        return language;
    }
}
