using Periplon.Core.Validation;
using Periplon.Core.Yaml;

namespace Periplon.Commands;

/// <summary>A workflow file that was read, parsed and validated.</summary>
/// <param name="File">The file, as it was named.</param>
/// <param name="Text">Its text.</param>
/// <param name="Checked">What parser and validator said.</param>
internal sealed record WorkflowSource(string File, string Text, CheckedWorkflow Checked)
{
    private string Refusal { get; init; } = "is not valid";

    public static WorkflowSource Read(CommandShell shell, string file, Func<string, CheckedWorkflow> check)
    {
        var path = shell.PathOf(file);
        if (!System.IO.File.Exists(path))
        {
            throw new CommandException(
                Directory.Exists(path) ? $"{file} is a directory; name a workflow file" : $"there is no file {path}");
        }

        var text = System.IO.File.ReadAllText(path);
        return new WorkflowSource(file, text, check(text));
    }

    /// <summary>The same with the files that it takes from outside.</summary>
    public async Task<WorkflowSource> ResolveAsync(
        CommandShell shell, Func<string, string, CancellationToken, Task<CheckedWorkflow>>? resolve, CancellationToken cancellationToken) =>
        resolve is null ? this : this with { Checked = await resolve(Text, shell.PathOf(File), cancellationToken) };

    /// <summary>The same with what keeps it from being started: parts of the language that this version loads but does not run.</summary>
    public WorkflowSource WithRunnable(RunnableOptions options) => Checked.IsValid
        ? this with
        {
            Checked = Checked with { Diagnostics = [.. Checked.Diagnostics, .. RunnableCheck.Check(Checked.Workflow!, options)] },
            Refusal = "cannot be run",
        }
        : this;

    public int Count(DiagnosticSeverity severity) => Checked.Diagnostics.Count(each => each.Severity == severity);

    /// <summary>Ends the command when there are errors, which are printed first.</summary>
    public void RequireValid(CommandShell shell)
    {
        if (!Checked.IsValid)
        {
            DiagnosticReport.Write(shell with { Out = shell.Error }, this, DiagnosticSeverity.Error);
            throw new CommandException(Summary);
        }
    }

    public string Summary => $"{File} {Refusal}: {Counts(DiagnosticSeverity.Error, "error")}" +
        (Count(DiagnosticSeverity.Warning) == 0 ? "" : $", {Counts(DiagnosticSeverity.Warning, "warning")}");

    private string Counts(DiagnosticSeverity severity, string word) =>
        Count(severity) is var count && count == 1 ? $"1 {word}" : $"{count} {word}s";
}
