using System.Runtime.CompilerServices;
using System.Text;
using Periplon.Core.Reuse;
using Periplon.Core.Tests.Yaml;

namespace Periplon.Core.Tests.Reuse;

/// <summary>Workflows of several files, and what becomes of them.</summary>
public sealed class SubflowExpanderGoldenTests
{
    public static TheoryData<string> Files() =>
        [.. Directory.EnumerateFiles(Folder(), "*.yaml").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_SeveralFiles_MatchesTheGoldenFile(string file)
    {
        var (main, resources) = SeveralFiles.Split(File.ReadAllText(Path.Combine(Folder(), file)));
        var bundle = WorkflowBundle.Read(main, resources);

        var text = new StringBuilder();
        foreach (var found in bundle.Diagnostics)
        {
            text.Append(found).Append('\n').Append("    at ").Append(found.Path).Append('\n');
        }

        foreach (var (id, subflow) in bundle.Workflow?.Subflows ?? new Dictionary<string, Core.Workflows.SubflowDefinition>())
        {
            text.Append("== ").Append(id).Append('\n').Append(DefinitionText.Of(subflow));
        }

        Golden.Matches(Folder(), file, text.ToString());
    }

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "expansions");
}
