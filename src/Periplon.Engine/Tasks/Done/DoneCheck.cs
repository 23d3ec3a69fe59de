using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Tasks.Outputs;
using Periplon.Engine.Tasks.Processes;

namespace Periplon.Engine.Tasks.Done;

/// <summary>
/// Checks the definition of done of an attempt that ended well (reference §9). Whether another attempt follows is the execution's matter.
/// </summary>
internal sealed class DoneCheck(ProcessRunner processes, TaskOptions options, IArtifactStore artifacts)
{
    private readonly CommandCriteria _commands = new(processes, options, artifacts);

    /// <summary>Checks all criteria, in order; completed when all are met, unmet with the feedback otherwise.</summary>
    internal async Task<TaskOutcome> CheckAsync(
        TaskContext context, IReadOnlyList<DoneCriterion> criteria, TaskOutput output, CancellationToken cancellationToken)
    {
        if (criteria.Count is 0)
        {
            return TaskOutcome.Completed(output);
        }

        if (WorkingDirectory.Find(context, out var failure) is not { } directory)
        {
            return failure!;
        }

        List<CriterionFinding> findings = [];
        foreach (var criterion in criteria)
        {
            cancellationToken.ThrowIfCancellationRequested();
            findings.Add(await CheckAsync(context, criterion, output, directory, cancellationToken));
        }

        Say(context, findings);
        return findings.TrueForAll(finding => finding.IsMet)
            ? TaskOutcome.Completed(output)
            : TaskOutcome.Unmet(output, DoneFeedback.Write(findings, context, output.Text));
    }

    private async Task<CriterionFinding> CheckAsync(
        TaskContext context, DoneCriterion criterion, TaskOutput output, string directory, CancellationToken cancellationToken)
    {
        try
        {
            return criterion switch
            {
                DoneCriterion.CommandSucceeds run =>
                    await RunAsync(run, run.Command, run.Args, Path.GetFullPath(run.WorkingDir ?? "", directory)),
                DoneCriterion.TestsPassed run => await RunAsync(run, run.Command, run.Args, directory),
                DoneCriterion.OutputMatches { File: null } match => new(match, await OutputHoldsAsync(match, output, cancellationToken)),
                // On a thread that may wait: a path may lead to a slow disk, or to a pipe nobody writes into.
                _ => new(criterion, await Task.Run(() => CheckFile(criterion, directory), cancellationToken)
                    .WaitAsync(options.DoneCommandTimeout, cancellationToken)),
            };
        }
        catch (ArgumentException exception)
        {
            return new CriterionFinding(criterion, $"its path cannot be one: {exception.Message}");
        }
        catch (TimeoutException)
        {
            return new CriterionFinding(criterion, $"its file could not be read within {options.DoneCommandTimeout.TotalSeconds} s");
        }

        async Task<CriterionFinding> RunAsync(DoneCriterion run, string command, IReadOnlyList<string> arguments, string where)
        {
            var (problem, details) = await _commands.RunAsync(context, command, arguments, where, cancellationToken);
            return new CriterionFinding(run, problem, details);
        }
    }

    private static string? CheckFile(DoneCriterion criterion, string directory) => criterion switch
    {
        DoneCriterion.FileExists file => FileCriteria.Exists(file.Path, directory),
        DoneCriterion.DirectoryExists wanted => FileCriteria.IsDirectory(wanted.Path, directory),
        DoneCriterion.FileContains file => FileCriteria.Contains(file, directory),
        DoneCriterion.FileNotContains file => FileCriteria.DoesNotContain(file, directory),
        DoneCriterion.OutputMatches { File: { } file } match => FileCriteria.FileHolds(file, match.Pattern, directory),
        _ => throw new InvalidOperationException($"Unknown criterion {criterion}"),
    };

    private async Task<string?> OutputHoldsAsync(DoneCriterion.OutputMatches match, TaskOutput output, CancellationToken cancellationToken)
    {
        var text = output.Text ?? "";
        if (output is { Truncated: true, Artifact: { Size: <= FileCriteria.MostBytes } artifact })
        {
            await using var whole = await artifacts.OpenAsync(artifact, cancellationToken);
            using var reader = new StreamReader(whole);
            text = await reader.ReadToEndAsync(cancellationToken);
        }

        return text.Contains(match.Pattern, StringComparison.Ordinal) ? null : $"the output does not hold the text '{match.Pattern}'";
    }

    private static void Say(TaskContext context, List<CriterionFinding> findings)
    {
        context.Log.Write("engine", $"Definition of done: {findings.Count(finding => finding.IsMet)} of {findings.Count} criteria are met");
        foreach (var unmet in findings.Where(finding => !finding.IsMet))
        {
            context.Log.Write("engine", context.Texts.Mask($"Not met: {unmet.Criterion.Description} ({unmet.Name}: {unmet.Problem})"));
        }
    }
}
