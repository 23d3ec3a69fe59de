using System.Text.Json;
using Periplon.Commands;
using Periplon.Configuration;

namespace Periplon.Tests.Commands;

public sealed class UsageTests : IDisposable
{
    private readonly CommandFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("sever", "Error: 'periplon' has no command 'sever'")]
    [InlineData("validat x", "Error: 'periplon' has no command 'validat'; did you mean 'validate'?")]
    [InlineData("config show --orgins", "Error: 'show' has no option '--orgins'; did you mean '--origins'?")]
    [InlineData("config show extra", "Error: 'show' has no argument 'extra'")]
    [InlineData("workflows", "Error: 'workflows' needs a command: list, get, delete, impact, migrate, apply")]
    [InlineData("executions get", "Error: Required argument 'id' missing for command: 'get'")]
    [InlineData("executions list --limit x", "Error: Cannot parse argument 'x' for option '--limit' as a whole number")]
    [InlineData("executions logs 1 --level bad", "Error: Argument 'bad' not recognized. Must be one of 'debug', 'info', 'warning', 'error'")]
    [InlineData("start flow -i noequals", "Error: --input 'noequals' is not KEY=VALUE")]
    [InlineData("migrate --steps 0", "Error: --steps must be at least 1, found 0")]
    [InlineData("queue --server nowhere", "Error: 'nowhere' is no address of a server; expected one such as http://127.0.0.1:8080")]
    public async Task Run_WrongUsage_SaysWhatIsAllowedAndExitsWith2(string line, string expected)
    {
        (await _fixture.RunAsync(line.Split(' '))).ShouldBe(ExitCode.Usage);

        _fixture.Out.ToString().ShouldBeEmpty();
        _fixture.Error.ToString().ShouldStartWith(expected);
    }

    [Fact]
    public async Task Run_UnknownOption_PointsAtTheHelpOfItsCommand()
    {
        await _fixture.RunAsync("config", "show", "--orgins");

        _fixture.Error.ToString().ShouldEndWith("\nRun 'periplon config show --help' for what is allowed.\n");
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("config --help")]
    [InlineData("start -h")]
    public async Task Run_Help_IsPrintedAndGood(string line)
    {
        (await _fixture.RunAsync(line.Split(' '))).ShouldBe(ExitCode.Ok);

        _fixture.Out.ToString().ShouldContain("Usage:");
    }

    [Fact]
    public async Task Version_Json_NamesProgramAndGrammar()
    {
        (await _fixture.RunAsync("version", "-j")).ShouldBe(ExitCode.Ok);

        var json = JsonDocument.Parse(_fixture.Out.ToString()).RootElement;
        json.GetProperty("name").GetString().ShouldBe("periplon");
        json.GetProperty("dsl_version").GetString().ShouldBe("1.0.0");
    }

    [Fact]
    public async Task ConfigShow_Mistakes_AreListedAndExitWith78()
    {
        var file = _fixture.Write(ConfigSources.DefaultFile, """{"server": {"prot": 1, "port": "x"}}""");

        (await _fixture.RunAsync("config", "show")).ShouldBe(ExitCode.Configuration);

        _fixture.Out.ToString().ShouldBeEmpty();
        _fixture.Error.ToString().ShouldBe($"""
            Error: the configuration has 2 mistakes ({Path.Combine(_fixture.Directory, file)})
              server.prot: is not a known key; did you mean 'port'?
              server.port: expected a whole number from 0 to 65535, found "x"

            """);
    }

    [Fact]
    public async Task ConfigShow_Good_PrintsJson()
    {
        _fixture.Variables["DATABASE_URL"] = "postgres://u:secret@h/d";

        (await _fixture.RunAsync("config", "show")).ShouldBe(ExitCode.Ok);

        JsonDocument.Parse(_fixture.Out.ToString()).RootElement.GetProperty("storage").GetProperty("url").GetString().ShouldBe("postgres://u:***@h/d");
    }

    [Fact]
    public async Task Schema_ToAFile_WritesItOnce()
    {
        (await _fixture.RunAsync("schema", "-o", "schema.json")).ShouldBe(ExitCode.Ok);
        JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_fixture.Directory, "schema.json"), _fixture.Cancel)).ShouldNotBeNull();

        (await _fixture.RunAsync("schema", "-o", "schema.json")).ShouldBe(ExitCode.Failure);
        _fixture.Error.ToString().ShouldContain("exists already");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Schema_Strict_RefusesUnknownKeys(bool isStrict)
    {
        (await _fixture.RunAsync(isStrict ? ["schema", "--strict"] : ["schema"])).ShouldBe(ExitCode.Ok);

        var workflow = JsonDocument.Parse(_fixture.Out.ToString()).RootElement.GetProperty("definitions").GetProperty("Workflow");
        workflow.TryGetProperty("additionalProperties", out _).ShouldBe(isStrict);
    }

}
