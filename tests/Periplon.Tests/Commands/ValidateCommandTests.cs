using System.Text;
using System.Text.Json;
using Periplon.Commands;
using Periplon.Tests.Configuration;

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

        _fixture.Error.ToString().ShouldContain("is larger than 64 MiB, which no workflow is");
    }

    [Theory]
    [InlineData("unknown-dependency")]
    [InlineData("not-yaml")]
    [InlineData("warnings")]
    [InlineData("wide-and-tabs")]
    [InlineData("long-line")]
    public async Task Validate_GoldenFile_PrintsWhatACompilerWould(string name)
    {
        _fixture.Write("flow.yaml", await File.ReadAllTextAsync(Repository.PathOf($"tests/Periplon.Tests/Commands/Golden/{name}.yaml"), _fixture.Cancel));

        var exit = await _fixture.RunAsync("validate", "flow.yaml");

        $"{_fixture.Out}{_fixture.Error}exit {exit}\n".ShouldBeGolden($"Commands/Golden/{name}.expected.txt");
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
    public async Task Validate_StandardInput_IsReadAndNamed()
    {
        _fixture.Input = Encoding.UTF8.GetBytes("name: demo\nversion: '1'\ntasks: {a: {command: {executable: x}, depends_on: [b]}}\n");

        (await _fixture.RunAsync("validate", "-")).ShouldBe(ExitCode.Failure);

        _fixture.Out.ToString().ShouldStartWith("<stdin>:3:52: error PPL103: ");
        _fixture.Error.ToString().ShouldBe("Error: <stdin> is not valid: 1 error\n");
    }

    [Fact]
    public async Task Validate_SeveralFiles_ChecksEachAndCounts()
    {
        _fixture.Write("good.yaml", Good);
        _fixture.Write("bad.yaml", "name: demo\nversion: '1'\ntasks: {a: {command: {executable: x}, depends_on: [b]}}\n");

        (await _fixture.RunAsync("validate", "good.yaml", "gone.yaml", "bad.yaml")).ShouldBe(ExitCode.Failure);

        _fixture.Out.ToString().ShouldStartWith("good.yaml is valid: demo 1.0");
        _fixture.Out.ToString().ShouldContain("bad.yaml:3:52: error PPL103");
        _fixture.Out.ToString().ShouldEndWith("3 files: 1 valid, 2 not; 1 error, 0 warnings\n");
        _fixture.Error.ToString().ShouldContain("Error: there is no file ");
    }

    [Fact]
    public async Task Validate_SeveralFilesAsJson_IsOneDocument()
    {
        _fixture.Write("good.yaml", Good);

        (await _fixture.RunAsync("validate", "good.yaml", "gone.yaml", "--json")).ShouldBe(ExitCode.Failure);

        var json = JsonDocument.Parse(_fixture.Out.ToString()).RootElement;
        json.GetProperty("valid").GetBoolean().ShouldBeFalse();
        var files = json.GetProperty("files").EnumerateArray().ToArray();
        files.Select(each => each.GetProperty("file").GetString()).ShouldBe(["good.yaml", "gone.yaml"]);
        files.Select(each => each.GetProperty("valid").GetBoolean()).ShouldBe([true, false]);
        files[1].GetProperty("error").GetString().ShouldStartWith("there is no file ");
        _fixture.Error.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task Validate_NoFileNamed_IsWrongUsage() =>
        (await _fixture.RunAsync("validate")).ShouldBe(ExitCode.Usage);

    public static TheoryData<byte[], string> Unreadable => new()
    {
        { [0x6e, 0x0a, 0x61, 0xff, 0x0a], "flow.yaml:2:2: error PPL001: The file is not UTF-8: the byte 0xFF at offset 3" },
        { [.. "a: "u8, 0xc3], "flow.yaml:1:4: error PPL001: The file is not UTF-8: the byte 0xC3 at offset 3" },
        { [0x61, 0x0a, 0x00], "flow.yaml:2:1: error PPL001: The text is not valid YAML: it holds the character U+0000" },
        { [0xff, 0xfe, 0x61, 0x00, 0x00, 0xd8], "flow.yaml:1:3: error PPL001: The file is not UTF-16: " },
    };

    [Theory]
    [InlineData("")]
    [InlineData(" \n\t\n")]
    public async Task Validate_EmptyFile_SaysWhatToBeginWith(string text)
    {
        _fixture.Write("flow.yaml", text);

        (await _fixture.RunAsync("validate", "flow.yaml")).ShouldBe(ExitCode.Failure);

        _fixture.Error.ToString().ShouldBe("Error: flow.yaml is empty; 'periplon template' prints a workflow to begin with\n");
        _fixture.Out.ToString().ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Unreadable))]
    public async Task Validate_NoText_SaysWhatIsWrong(byte[] bytes, string expected)
    {
        _fixture.Write("flow.yaml", bytes);

        (await _fixture.RunAsync("validate", "flow.yaml")).ShouldBe(ExitCode.Failure);

        _fixture.Out.ToString().ShouldStartWith(expected);
        _fixture.Error.ToString().ShouldBe("Error: flow.yaml is not valid: 1 error\n");
    }

    [Fact]
    public async Task Validate_Utf16WithAMark_IsText()
    {
        _fixture.Write("flow.yaml", [0xff, 0xfe, .. Encoding.Unicode.GetBytes(Good)]);

        (await _fixture.RunAsync("validate", "flow.yaml")).ShouldBe(ExitCode.Ok);
    }

    [Fact]
    public async Task Validate_Directory_SaysSo()
    {
        Directory.CreateDirectory(Path.Combine(_fixture.Directory, "flows"));

        (await _fixture.RunAsync("validate", "flows")).ShouldBe(ExitCode.Failure);

        _fixture.Error.ToString().ShouldBe("Error: flows is a directory; name a workflow file\n");
    }

    [Fact]
    public async Task Validate_ByteOrderMark_IsNoPartOfTheText()
    {
        _fixture.Write("flow.yaml", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Good)]);

        (await _fixture.RunAsync("validate", "flow.yaml")).ShouldBe(ExitCode.Ok);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Validate_ControlCharactersOfTheFile_NeverReachTheScreen(bool terminal)
    {
        _fixture.IsTerminal = terminal;
        _fixture.Write("flow.yaml", "name: demo\nversion: '1'\ntasks: {a: {command: {executable: x}, depends_on: [\"\\e[2Jb\"]}}\n");

        (await _fixture.RunAsync("validate", "flow.yaml")).ShouldBe(ExitCode.Failure);

        _fixture.Out.ToString().ShouldNotContain("\e[2J");
    }

    private static string Compact(string json) => JsonSerializer.Serialize(JsonDocument.Parse(json));
}
