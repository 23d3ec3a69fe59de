using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Done;

/// <summary>Fills in the texts of criteria.</summary>
internal static class DoneTexts
{
    /// <summary>The criteria with all references filled in.</summary>
    /// <exception cref="TemplateException">A path refers to what does not exist.</exception>
    internal static IReadOnlyList<DoneCriterion> Fill(DefinitionOfDone done, ITaskTexts texts) =>
        [.. done.Criteria.Select(criterion => Fill(criterion, texts) with { Description = OrAsWritten(criterion.Description, texts) })];

    private static DoneCriterion Fill(DoneCriterion criterion, ITaskTexts texts) => criterion switch
    {
        DoneCriterion.FileExists file => file with { Path = texts.Strict(file.Path) },
        DoneCriterion.DirectoryExists directory => directory with { Path = texts.Strict(directory.Path) },
        DoneCriterion.FileContains file => file with { Path = texts.Strict(file.Path), Pattern = OrAsWritten(file.Pattern, texts) },
        DoneCriterion.FileNotContains file => file with { Path = texts.Strict(file.Path), Pattern = OrAsWritten(file.Pattern, texts) },
        DoneCriterion.CommandSucceeds run => run with
        {
            Command = OfCommand(run.Command, texts),
            Args = [.. run.Args.Select(argument => OfCommand(argument, texts))],
            WorkingDir = run.WorkingDir is null ? null : texts.Strict(run.WorkingDir),
        },
        DoneCriterion.TestsPassed run => run with
        {
            Command = OfCommand(run.Command, texts),
            Args = [.. run.Args.Select(argument => OfCommand(argument, texts))],
        },
        DoneCriterion.OutputMatches match => match with
        {
            File = match.File is null ? null : texts.Strict(match.File), Pattern = OrAsWritten(match.Pattern, texts),
        },
        _ => criterion,
    };

    // No shell is involved, so that ${name} is an input like anywhere else; what is written for a shell of its own stays.
    private static string OfCommand(string text, ITaskTexts texts)
    {
        try
        {
            return texts.Strict(text);
        }
        catch (TemplateException)
        {
            return texts.Lenient(text);
        }
    }

    // Files that are searched hold braces of their own, ${name} in templates and {{ name }} in pages; and words never fail an attempt.
    private static string OrAsWritten(string text, ITaskTexts texts)
    {
        try
        {
            return texts.Strict(text);
        }
        catch (TemplateException)
        {
            return text;
        }
    }
}
