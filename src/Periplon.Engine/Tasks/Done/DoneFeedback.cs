using System.Text;
using System.Text.RegularExpressions;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks.Outputs;

namespace Periplon.Engine.Tasks.Done;

/// <summary>Says what is not met and why, for the next attempt and for people.</summary>
internal static partial class DoneFeedback
{
    /// <summary>Longest feedback, in bytes: it goes into the journal and into a prompt.</summary>
    internal const int MostBytes = 16 * 1024;

    // What says how much was cut off.
    private const int MarkerBytes = 64;

    internal static string Write(IReadOnlyList<CriterionFinding> findings, TaskContext context, string? output)
    {
        var unmet = findings.Where(finding => !finding.IsMet).ToArray();
        var text = new StringBuilder();
        text.Append($"The definition of done is not met: {unmet.Length} of {findings.Count} criteria ");
        text.Append(unmet.Length is 1 ? "fails." : "fail.");
        for (var i = 0; i < unmet.Length; i++)
        {
            text.Append($"\n\n{i + 1}. {unmet[i].Criterion.Description}\n   {unmet[i].Name}: {unmet[i].Problem}");
            if (unmet[i].Details is { Length: > 0 } details)
            {
                text.Append("\n   ").Append(details.Replace("\n", "\n   ", StringComparison.Ordinal));
            }
        }

        var hint = Hint(unmet, context, output);
        // Masked before it is cut: a secret that is torn apart would no longer be recognised.
        var whole = context.Texts.Mask(text.ToString());
        return Utf8Text.Cut(whole, MostBytes - MarkerBytes - Encoding.UTF8.GetByteCount(hint), TruncationStrategy.Head) + hint;
    }

    private static string Hint(CriterionFinding[] unmet, TaskContext context, string? output)
    {
        if (context.AgentId is null || !(unmet.Any(finding => finding.IsAboutFiles) || PermissionWords().IsMatch(output ?? "")))
        {
            return "";
        }

        return context.Task.DefinitionOfDone is { AutoElevatePermissions: true }
            ? "\n\nPermissions may have been missing. The next attempt has all of them: write the files and run the commands directly."
            : "\n\nPermissions may have been missing. Use the tools that are allowed to write the files, in the working directory or a "
                + "directory that is allowed; a description of what should be done does not count.";
    }

    [GeneratedRegex(
        "permission|denied|not allowed|unauthori[sz]ed|forbidden|read-only|EACCES|EPERM",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PermissionWords();
}
