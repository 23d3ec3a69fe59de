using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Done;

/// <summary>What was found about one criterion.</summary>
/// <param name="Criterion">The criterion, filled in.</param>
/// <param name="Problem">Why it is not met; null when it is.</param>
/// <param name="Details">What a command printed.</param>
internal sealed record CriterionFinding(DoneCriterion Criterion, string? Problem, string? Details = null)
{
    private const int MostCharacters = 300;

    internal bool IsMet => Problem is null;

    /// <summary>The criterion as the language writes it, for messages.</summary>
    internal string Name => Words.Length <= MostCharacters ? Words : Words[..MostCharacters] + "…";

    private string Words => Criterion switch
    {
        DoneCriterion.FileExists file => $"file_exists {file.Path}",
        DoneCriterion.DirectoryExists directory => $"directory_exists {directory.Path}",
        DoneCriterion.FileContains file => $"file_contains {file.Path}",
        DoneCriterion.FileNotContains file => $"file_not_contains {file.Path}",
        DoneCriterion.CommandSucceeds run => $"command_succeeds {string.Join(' ', run.Args.Prepend(run.Command))}",
        DoneCriterion.TestsPassed run => $"tests_passed {string.Join(' ', run.Args.Prepend(run.Command))}",
        DoneCriterion.OutputMatches { File: { } file } => $"output_matches {file}",
        _ => "output_matches task_output",
    };

    /// <summary>Whether it is about files, which an agent may have had no permission to write.</summary>
    internal bool IsAboutFiles => Criterion is DoneCriterion.FileExists or DoneCriterion.DirectoryExists or DoneCriterion.FileContains
        or DoneCriterion.FileNotContains or DoneCriterion.OutputMatches { File: not null };
}
