using System.Text;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Yaml;

/// <summary>Whole files beside what they must give: the definition, or the findings.</summary>
public sealed class WorkflowParserGoldenTests
{
    public static TheoryData<string> Valid() => Golden.Cases("valid");

    public static TheoryData<string> Invalid() => Golden.Cases("invalid");

    [Theory]
    [MemberData(nameof(Valid))]
    public void Parse_ValidFile_GivesTheExpectedDefinition(string file)
    {
        var result = WorkflowParser.Parse(Golden.Read("valid", file));
        result.Workflow.ShouldNotBeNull(Findings(result));
        Golden.Matches("valid", file, Findings(result) + DefinitionText.Of(result.Workflow));
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Parse_InvalidFile_GivesTheExpectedFindings(string file)
    {
        var result = WorkflowParser.Parse(Golden.Read("invalid", file));
        result.Workflow.ShouldBeNull();
        Golden.Matches("invalid", file, Findings(result));
    }

    private static string Findings(ParseResult result)
    {
        var text = new StringBuilder();
        foreach (var found in result.Diagnostics)
        {
            text.Append(found).Append("  [").Append(found.Path).Append("]\n");
            if (found.Hint is { } hint)
            {
                text.Append("    ").Append(hint).Append('\n');
            }
        }

        return text.ToString();
    }
}
