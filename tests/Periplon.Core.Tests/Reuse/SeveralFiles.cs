using System.Text.RegularExpressions;
using Periplon.Core.Reuse;

namespace Periplon.Core.Tests.Reuse;

/// <summary>A workflow and the texts around it in one text: a line such as <c># file:lib/a.yaml</c> begins the text of that
/// reference.</summary>
internal static partial class SeveralFiles
{
    /// <summary>Takes the files apart. A name and a version are added to those that have none.</summary>
    /// <param name="text">The files.</param>
    /// <param name="keepLines">Whether the lines of the later files keep their numbers within the whole text.</param>
    internal static (string Main, WorkflowResources Resources) Split(string text, bool keepLines = false)
    {
        var starts = Separator().Matches(text).ToArray();
        var resources = WorkflowResources.None;
        for (var i = 0; i < starts.Length; i++)
        {
            var start = starts[i].Index + starts[i].Length;
            var end = i + 1 < starts.Length ? starts[i + 1].Index : text.Length;
            var padding = keepLines ? new string('\n', text.AsSpan(0, start).Count('\n')) : "";
            resources = resources.With(starts[i].Groups["reference"].Value, WorkflowResource.Of(padding + Named(text[start..end])));
        }

        return (Named(starts.Length == 0 ? text : text[..starts[0].Index]), resources);
    }

    private static string Named(string text) =>
        text.Contains("name:", StringComparison.Ordinal) && text.Contains("version:", StringComparison.Ordinal)
            ? text
            : text.TrimEnd() + "\nname: example\nversion: \"1\"\n";

    [GeneratedRegex(@"^# (?<reference>(file|git|http):\S+)\n", RegexOptions.Multiline)]
    private static partial Regex Separator();
}
