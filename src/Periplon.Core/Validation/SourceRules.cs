using System.Text.RegularExpressions;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>Where the definitions of subflows are said to be. Whether something is there is found out when they are fetched.</summary>
internal static partial class SourceRules
{
    private const string GitAddresses = "https://…, ssh://… or user@host:path; where files are local, also file://… or a directory";

    internal static void Check(ValidationContext context)
    {
        foreach (var (id, subflow) in context.Workflow.Subflows)
        {
            if (subflow.Source is { } source && FindProblem(source) is var (field, problem, hint))
            {
                context.Report.Error(
                    ValidationCodes.SourceMalformed, $"subflows.{id}.source.{field}", $"The source of subflow '{id}' {problem}.", hint);
            }
        }
    }

    /// <summary>The first thing that is wrong with how a source is written; null when nothing is.</summary>
    internal static (string Field, string Problem, string Hint)? FindProblem(SubflowSource source) => source switch
    {
        SubflowSource.File file => FindPathProblem(file.Path),
        SubflowSource.Git git => FindAddressProblem(git.Url) ?? FindPathProblem(git.Path) ?? FindReferenceProblem(git.Reference),
        SubflowSource.Http http => FindProblem(http),
        _ => null,
    };

    private static (string Field, string Problem, string Hint)? FindProblem(SubflowSource.Http http) =>
        !Uri.TryCreate(http.Url.Trim(), UriKind.Absolute, out var address) || !WebAddress.IsWeb(address.AbsoluteUri) || HasReference(http.Url)
            ? ("url", $"has the address '{http.Url}', which is neither http nor https", "Write a whole address, without references.")
        : http.Checksum is { } checksum && !Sha256().IsMatch(checksum.Trim())
            ? ("checksum", $"has the checksum '{checksum}', which is not one", "Write sha256: and 64 hexadecimal digits.")
        : null;

    private static (string Field, string Problem, string Hint)? FindPathProblem(string path) =>
        string.IsNullOrWhiteSpace(path) ? ("path", "has an empty path", "Name the file.")
        : HasReference(path) ? ("path", $"has the path '{path}' with a reference, but sources are fetched before anything runs",
            "Write the path itself.")
        : path.Any(char.IsControl) || path.StartsWith('-')
            ? ("path", $"has the path '{Names.LabelCharacters.Show(path)}', which is no name of a file",
                "A path holds no control characters and does not begin with '-'.")
        : null;

    private static (string Field, string Problem, string Hint)? FindAddressProblem(string url)
    {
        url = url.Trim();
        return url.Length == 0 ? ("url", "has an empty address", $"Allowed: {GitAddresses}.")
            : url.StartsWith('-') || url.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) || HasReference(url)
                || url.Contains("::", StringComparison.Ordinal) || (url.Contains("://", StringComparison.Ordinal) && !GitScheme().IsMatch(url))
                ? ("url", $"has the address '{Names.LabelCharacters.Show(url)}', which is not that of a git repository",
                    $"Allowed: {GitAddresses}.")
            : null;
    }

    private static (string Field, string Problem, string Hint)? FindReferenceProblem(string? reference) =>
        reference is null || GitReference().IsMatch(reference.Trim())
            ? null
            : ("reference", $"has the reference '{Names.LabelCharacters.Show(reference)}', which is no name of a branch, tag or commit",
                "Write a branch, a tag or a commit hash.");

    private static bool HasReference(string text) => Template.Parse(text).References.Count > 0;

    [GeneratedRegex("^sha256:[0-9a-f]{64}$", RegexOptions.IgnoreCase)]
    private static partial Regex Sha256();

    [GeneratedRegex("^(https|ssh|file)://", RegexOptions.IgnoreCase)]
    private static partial Regex GitScheme();

    // What git itself allows in a name, less the characters that would make it a range or a command line option.
    [GeneratedRegex(@"^(?!-)(?!.*\.\.)(?!.*@\{)[^\s\p{Cc}~^:?*\[\\]+$")]
    private static partial Regex GitReference();
}
