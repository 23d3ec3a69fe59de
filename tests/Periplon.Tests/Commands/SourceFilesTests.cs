using System.Text.Json.Nodes;
using Periplon.Commands;
using Periplon.Run;

namespace Periplon.Tests.Commands;

/// <summary>Workflow files that take subflows from other files, on the command line.</summary>
public sealed class SourceFilesTests : IDisposable
{
    private const string Main = """
        name: main
        version: "1"
        subflows: {part: {source: {type: file, path: ../shared/part.yaml}}}
        tasks:
          a: {subflow: part}
        """;

    private const string Part = """
        name: part
        version: "1"
        inputs: {size: {type: integer, default: 2}}
        tasks: {x: {command: {executable: make}}}
        """;

    private readonly CommandFixture _fixture = new();

    public SourceFilesTests()
    {
        Directory.CreateDirectory(Path.Combine(_fixture.Directory, "flows"));
        Directory.CreateDirectory(Path.Combine(_fixture.Directory, "shared"));
        _fixture.Write("flows/main.yaml", Main);
        _fixture.Write("shared/part.yaml", Part);
    }

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Validate_FileBesideAnother_IsFoundFromTheWorkflowsOwnDirectory()
    {
        (await _fixture.RunAsync("validate", "flows/main.yaml")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());

        _fixture.Out.ToString().ShouldStartWith("flows/main.yaml is valid");
    }

    [Fact]
    public async Task Validate_FileThatIsNotThere_SaysWhereItWasLookedFor()
    {
        File.Delete(Path.Combine(_fixture.Directory, "shared/part.yaml"));

        (await _fixture.RunAsync("validate", "flows/main.yaml")).ShouldBe(ExitCode.Failure);

        _fixture.Out.ToString().ShouldContain("flows/main.yaml:3:");
        Unwrapped(_fixture.Out).ShouldContain($"There is no file {Path.Combine(_fixture.Directory, "shared", "part.yaml")}.");
    }

    [Fact]
    public async Task Validate_MistakeInTheOtherFile_NamesThatFile()
    {
        _fixture.Write("shared/part.yaml", Part + "\n  # too many\n  y: 1\n");

        (await _fixture.RunAsync("validate", "flows/main.yaml", "--json")).ShouldBe(ExitCode.Failure);

        JsonNode.Parse(_fixture.Out.ToString())!["diagnostics"]!.AsArray()
            .ShouldContain(each => (string?)each!["file"] == "../shared/part.yaml");
    }

    [Fact]
    public async Task Run_FileBesideAnother_IsHandedOverWithTheWorkflow()
    {
        LocalRunRequest? request = null;
        _fixture.Modes = _fixture.Modes with { LocalRunner = () => new Recorder(given => request = given) };
        _fixture.Write("flows/main.yaml", Main.Replace("a: {subflow: part}", "a: {command: {executable: make}}", StringComparison.Ordinal));

        await _fixture.RunAsync("run", "flows/main.yaml");

        request!.Resources.Find("file:../shared/part.yaml")!.Text.ShouldBe(Part);
        request.Workflow.Subflows["part"].Inputs.Keys.ShouldBe(["size"]);
    }

    // Long lines are wrapped for the terminal.
    private static string Unwrapped(StringWriter text) => text.ToString().Replace("\n", "", StringComparison.Ordinal);

    private sealed class Recorder(Action<LocalRunRequest> record) : ILocalRunner
    {
        public Task<LocalRunResult> ExecuteAsync(LocalRunRequest request, IRunProgress progress, CancellationToken cancellationToken)
        {
            record(request);
            throw new LocalRunException("Nothing is run here");
        }
    }
}
