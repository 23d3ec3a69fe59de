using System.Text.Json.Nodes;
using Periplon.Commands;
using Periplon.Tests.Hosting;

namespace Periplon.Tests.Examples;

/// <summary>Runs every example with <c>periplon run</c> to the end that it declares; the server is there for those that call one.</summary>
public sealed class ExampleRunTests(SqliteServer fixture) : IClassFixture<SqliteServer>, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("periplon-run-").FullName;

    public static TheoryData<string> Names => [.. Example.Names];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Run_AnExample_EndsAsDeclared(string name)
    {
        var example = Example.Read(name);
        string[] inputs = example.NeedsServer ? ["--input", $"server={fixture.Server.Address}"] : [];
        using StringWriter output = new(), error = new();

        var code = await PeriplonCommand.RunAsync(["run", example.Path, "--json", .. inputs], Shell(output, error), ProgramModes.Create());

        output.ToString().ShouldNotBeEmpty(error.ToString());
        var report = JsonNode.Parse(output.ToString())!;
        example.ShouldHaveEnded((string)report["status"]!, (string?)report["error"], report["outputs"]);
        code.ShouldBe(example.Status == "completed" ? ExitCode.Ok : ExitCode.Failure, error.ToString());
        $"{output}{error}".ShouldNotContain(Example.Token);
    }

    [Fact]
    public async Task Run_WithVerbose_ShowsMaskedLines()
    {
        using StringWriter output = new(), error = new();

        var code = await PeriplonCommand.RunAsync(["run", Example.Read("secrets").Path, "--verbose"], Shell(output, error), ProgramModes.Create());

        code.ShouldBe(ExitCode.Ok, error.ToString());
        $"{output}{error}".ShouldContain("the token is ***");
        $"{output}{error}".ShouldNotContain(Example.Token);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private CommandShell Shell(TextWriter output, TextWriter error) => new()
    {
        Out = output, Error = error, Variables = new Dictionary<string, string>(), Directory = _directory, Time = TimeProvider.System, Cancel = Ct,
    };
}
