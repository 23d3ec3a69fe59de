using Periplon.Core.Reuse;
using Periplon.Core.Tests.Reuse;
using Periplon.Core.Validation;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Validation;

/// <summary>Runs parser and validator over text, as the server does.</summary>
internal static class Checked
{
    /// <summary>All findings about a file.</summary>
    internal static IReadOnlyList<Diagnostic> File(string yaml)
    {
        var parsed = WorkflowParser.Parse(yaml);
        return parsed.Workflow is null ? parsed.Diagnostics : [.. parsed.Diagnostics, .. WorkflowValidator.Validate(parsed.Workflow)];
    }

    /// <summary>All findings about files without their names and versions, the check at start included.</summary>
    internal static IReadOnlyList<Diagnostic> AtStart(string yaml)
    {
        var (main, resources) = SeveralFiles.Split(yaml, keepLines: true);
        var bundle = WorkflowBundle.Read(main, resources);
        return [.. bundle.Diagnostics, .. bundle.FindUnsupported()];
    }

    /// <summary>Findings of the validator about a file without its name and version.</summary>
    internal static IReadOnlyList<Diagnostic> Rules(string yaml)
    {
        var parsed = WorkflowParser.Parse(Named(yaml));
        parsed.Workflow.ShouldNotBeNull(string.Join('\n', parsed.Diagnostics));
        return WorkflowValidator.Validate(parsed.Workflow);
    }

    /// <summary>The codes that the validator raises, each once, in ascending order.</summary>
    internal static string[] Codes(string yaml) => [.. Rules(yaml).Select(d => d.Code).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The file with a name and a version at its end, so that its lines keep their numbers.</summary>
    internal static string Named(string yaml) => yaml.TrimEnd() + "\nname: example\nversion: \"1\"\n";
}
