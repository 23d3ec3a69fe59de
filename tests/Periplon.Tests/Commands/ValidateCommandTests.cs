using System.Text.Json;
using Periplon.Commands;
using Periplon.Core.Validation;
using Periplon.Core.Yaml;

namespace Periplon.Tests.Commands;

public sealed class ValidateCommandTests : IDisposable
{
    private const string Good = """
        name: demo
        version: "1.0"
        agents:
          writer: {description: Writes, tools: [Read, Write]}
        tasks:
          build:
            description: Build it
            command: {executable: make}
          write:
            description: Write about it
            agent: writer
            depends_on: [build]
        """;

    private readonly CommandFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Validate_FileThatIsNoText_SaysWhereItIsNot()
    {
        await File.WriteAllBytesAsync(
            Path.Combine(_fixture.Directory, "flow.yaml"), [.. "name: w\nversion: "u8, 0xE4, (byte)'\n'], _fixture.Cancel);

        (await _fixture.RunAsync("validate", "flow.yaml")).ShouldBe(ExitCode.Failure);

        $"{_fixture.Out}{_fixture.Error}".ShouldContain("The file is not UTF-8: the byte 0xE4 at offset 17 belongs to no character.");
    }

    [Fact]
    public async Task Validate_EndlessFile_IsRefusedAtABound()
    {
        (await _fixture.RunAsync("validate", "/dev/zero")).ShouldBe(ExitCode.Failure);

        _fixture.Error.ToString().ShouldContain($"larger than {WorkflowText.MaxBytes} bytes");
    }

    [Theory]
    [InlineData("unknown-dependency")]
    [InlineData("not-yaml")]
    [InlineData("warnings")]
    public async Task Validate_GoldenFile_PrintsWhatACompilerWould(string name)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Commands", "Golden");
        _fixture.Write("flow.yaml", await File.ReadAllTextAsync(Path.Combine(folder, name + ".yaml"), _fixture.Cancel));

        var exit = await _fixture.RunAsync("validate", "flow.yaml");

        var actual = $"{_fixture.Out}{_fixture.Error}exit {exit}\n";
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            await File.WriteAllTextAsync(Repositories.Source($"Commands/Golden/{name}.expected.txt"), actual, _fixture.Cancel);
        }

        actual.ShouldBe(await File.ReadAllTextAsync(Path.Combine(folder, name + ".expected.txt"), _fixture.Cancel));
    }

    [Fact]
    public async Task Validate_Good_SaysWhatItHolds()
    {
        _fixture.Write("flow.yaml", Good);

        (await _fixture.RunAsync("validate", "flow.yaml", "-v")).ShouldBe(ExitCode.Ok);

        _fixture.Out.ToString().ShouldBe("""
            flow.yaml is valid: demo 1.0, 1 agent, 2 tasks
            AGENT   DESCRIPTION  TOOLS
            writer  Writes       Read, Write
            TASK   KIND     DESCRIPTION     DEPENDS ON
            build  command  Build it
            write  agent    Write about it  build

            """);
    }

    [Fact]
    public async Task Validate_Json_KeepsTheShape()
    {
        _fixture.Write("flow.yaml", Good);

        (await _fixture.RunAsync("validate", "flow.yaml", "-v", "-j")).ShouldBe(ExitCode.Ok);

        Compact(_fixture.Out.ToString()).ShouldBe(Compact("""
            {
              "valid": true, "workflow_name": "demo", "workflow_version": "1.0", "agents_count": 1, "tasks_count": 2,
              "agents": [{"name": "writer", "description": "Writes", "tools": ["Read", "Write"]}],
              "tasks": [
                {"name": "build", "description": "Build it", "depends_on": []},
                {"name": "write", "description": "Write about it", "depends_on": ["build"]}
              ],
              "diagnostics": []
            }
            """));
    }

    [Fact]
    public async Task Validate_JsonOfABadFile_HoldsTheDiagnosticsAndFails()
    {
        _fixture.Write("flow.yaml", "name: demo\ntasks: {a: {command: {executable: x}, depends_on: [b]}}\n");

        (await _fixture.RunAsync("validate", "flow.yaml", "-j")).ShouldBe(ExitCode.Failure);

        var json = JsonDocument.Parse(_fixture.Out.ToString()).RootElement;
        json.GetProperty("valid").GetBoolean().ShouldBeFalse();
        var found = json.GetProperty("diagnostics")[0];
        found.GetProperty("severity").GetString().ShouldBe("error");
        found.GetProperty("line").GetInt32().ShouldBeGreaterThan(0);
        found.EnumerateObject().Select(each => each.Name).ShouldBe(["code", "severity", "message", "line", "column", "path", "hint"]);
    }

    [Fact]
    public async Task Validate_NoFile_SaysSo()
    {
        (await _fixture.RunAsync("validate", "gone.yaml")).ShouldBe(ExitCode.Failure);

        _fixture.Error.ToString().ShouldBe($"Error: there is no file {Path.Combine(_fixture.Directory, "gone.yaml")}\n");
    }

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

    private static string Compact(string json) => JsonSerializer.Serialize(JsonDocument.Parse(json));
}

internal static class Repositories
{
    /// <summary>A file of this test project's sources, for updating golden files.</summary>
    public static string Source(string name) => Configuration.Repository.PathOf("tests/Periplon.Tests/" + name);
}
