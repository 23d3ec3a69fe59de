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

    private CheckedWorkflow? BeforeRefusals { get; init; }

    public static WorkflowSource Read(CommandShell shell, string file, Func<string, CheckedWorkflow> check)
    {
        var name = WorkflowFile.NameOf(file);
        return WorkflowText.TryDecode(WorkflowFile.Read(shell, file), out var text, out var problem)
            ? new WorkflowSource(name, text, check(text))
            : new WorkflowSource(name, "", new CheckedWorkflow(null, [problem]));
    }

    /// <summary>The same with the files and predefined tasks that it takes from outside.</summary>
    public async Task<WorkflowSource> ResolveAsync(
        CommandShell shell, ResolveWorkflow? resolve, CancellationToken cancellationToken) =>
        resolve is null || Checked.Workflow is null
            ? this
            : this with { Checked = await resolve(shell, Text, shell.PathOf(File), cancellationToken) };

    /// <summary>The same with what keeps it from being started: parts of the language that this version loads but does not run.</summary>
    public WorkflowSource WithRunnable(RunnableOptions options) => Checked.IsValid
        ? this with
        {
            Checked = Checked with { Diagnostics = [.. Checked.Diagnostics, .. RunnableCheck.Check(Checked.Workflow!, options)] },
            Refusal = "cannot be run",
            BeforeRefusals = Checked,
        }
        : this;

    /// <summary>The same without what <see cref="WithRunnable"/> added.</summary>
    public WorkflowSource WithoutRefusals() => BeforeRefusals is { } before ? this with { Checked = before } : this;

    public int Count(DiagnosticSeverity severity) => Checked.Diagnostics.Count(each => each.Severity == severity);

    /// <summary>Ends the command when there are errors, which are printed first.</summary>
    public void RequireValid(CommandShell shell)
    {
        if (!Checked.IsValid)
        {
            DiagnosticReport.Write(shell.ForErrors(), this, DiagnosticSeverity.Error);
            throw new CommandException(Summary);
        }
    }

    public string Summary => $"{File} {Refusal}: {Counted.Of(Count(DiagnosticSeverity.Error), "error")}{Warnings}";

    /// <summary>How many warnings there are, to be put behind other text; empty for none.</summary>
    public string Warnings =>
        Count(DiagnosticSeverity.Warning) is > 0 and var count ? $", {Counted.Of(count, "warning")}" : "";
}
