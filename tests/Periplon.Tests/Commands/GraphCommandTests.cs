using Periplon.Commands;

namespace Periplon.Tests.Commands;

public sealed class GraphCommandTests : IDisposable
{
    private const string Flow = "name: demo\nversion: '1'\ntasks: {a: {command: {executable: x}}, b: {depends_on: [a], command: {executable: y}}}\n";

    private readonly CommandFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Graph_File_PrintsMermaid()
    {
        _fixture.Write("flow.yaml", Flow);

        (await _fixture.RunAsync("graph", "flow.yaml")).ShouldBe(ExitCode.Ok);

        _fixture.Out.ToString().ShouldBe("""
            flowchart TD
              n1["a<br/>command"]
              n2["b<br/>command"]
              n1 --> n2

            """);
    }

    [Fact]
    public async Task Graph_ToAFileAsDot_WritesIt()
    {
        _fixture.Write("flow.yaml", Flow);

        (await _fixture.RunAsync("graph", "flow.yaml", "--format", "dot", "-o", "flow.dot")).ShouldBe(ExitCode.Ok);

        (await File.ReadAllTextAsync(Path.Combine(_fixture.Directory, "flow.dot"), _fixture.Cancel)).ShouldStartWith("digraph \"demo 1\" {\n");
    }

    [Fact]
    public async Task Graph_FileWithMistakes_ReportsThem()
    {
        _fixture.Write("flow.yaml", Flow.Replace("[a]", "[c]", StringComparison.Ordinal));

        (await _fixture.RunAsync("graph", "flow.yaml")).ShouldBe(ExitCode.Failure);

        _fixture.Out.ToString().ShouldBeEmpty();
        _fixture.Error.ToString().ShouldContain("error PPL103");
    }

    [Fact]
    public async Task Graph_UnknownFormat_SaysWhatIsAllowed()
    {
        (await _fixture.RunAsync("graph", "flow.yaml", "--format", "png")).ShouldBe(ExitCode.Usage);

        _fixture.Error.ToString().ShouldStartWith("Error: Argument 'png' not recognized. Must be one of 'mermaid', 'dot'");
    }
}
