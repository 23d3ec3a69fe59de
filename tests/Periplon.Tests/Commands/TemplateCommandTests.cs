using Periplon.Commands;
using Periplon.Core.Validation;
using Periplon.Core.Yaml;

namespace Periplon.Tests.Commands;

public sealed class TemplateCommandTests : IDisposable
{
    private readonly CommandFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Template_AsPrinted_IsValidAndCanRun()
    {
        (await _fixture.RunAsync("template")).ShouldBe(ExitCode.Ok);

        var parsed = WorkflowParser.Parse(_fixture.Out.ToString());
        parsed.Diagnostics.ShouldBeEmpty();
        WorkflowValidator.Validate(parsed.Workflow!).ShouldBeEmpty();
        RunnableCheck.Check(parsed.Workflow!).ShouldBeEmpty();
    }

    [Fact]
    public void Template_WithAllOfTheLanguage_IsValid()
    {
        var parsed = WorkflowParser.Parse(TemplateCommand.Text().Replace("#|", "", StringComparison.Ordinal));

        parsed.Diagnostics.ShouldBeEmpty();
        WorkflowValidator.Validate(parsed.Workflow!).Where(each => each.Severity != DiagnosticSeverity.Info).ShouldBeEmpty();
    }
}
