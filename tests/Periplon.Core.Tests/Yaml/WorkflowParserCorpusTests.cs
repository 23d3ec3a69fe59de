using System.Runtime.CompilerServices;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Yaml;

/// <summary>Real workflow files of the language load without a finding.</summary>
public sealed class WorkflowParserCorpusTests
{
    public static TheoryData<string> Files() =>
        [.. Directory.EnumerateFiles(Folder(), "*.yaml", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Folder(), file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Parse_RealFile_Loads(string file)
    {
        var result = WorkflowParser.Parse(File.ReadAllText(Path.Combine(Folder(), file)));
        result.Diagnostics.ShouldBeEmpty();
        result.Workflow.ShouldNotBeNull();
    }

    internal static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "Corpus");
}
