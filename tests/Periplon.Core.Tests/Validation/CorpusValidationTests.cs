using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Validation;

/// <summary>Workflows written for the earlier implementation.</summary>
public sealed class CorpusValidationTests
{
    public static TheoryData<string> Files() =>
        [.. Directory.EnumerateFiles(Folder, "*.yaml", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Folder, file)).Order(StringComparer.Ordinal)];

    private static string Folder => Yaml.WorkflowParserCorpusTests.Folder();

    [Theory]
    [MemberData(nameof(Files))]
    public void Real_files_validate_without_errors(string file)
    {
        var found = Checked.File(File.ReadAllText(Path.Combine(Folder, file)));

        found.Where(d => d.Severity is DiagnosticSeverity.Error).ShouldBeEmpty();
    }
}
