using System.Text.Json.Nodes;
using Periplon.Commands;
using Periplon.Hosting;
using Periplon.Tests.Configuration;

namespace Periplon.Tests.Documentation;

/// <summary>Runs every example of <c>docs/language.md</c> with <c>periplon run</c> to the end that the document declares.</summary>
public sealed class LanguageExampleRunTests(EchoServer server) : IClassFixture<EchoServer>, IDisposable
{
    // No measurement: an example takes a second, and a run that waits for ever must not keep the other tests waiting.
    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly string _directory = Directory.CreateTempSubdirectory("periplon-doc-").FullName;

    public static TheoryData<string> Names =>
        [.. LanguageExample.All.Where(example => example.Status is not null).Select(example => example.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Run_ExampleOfTheDocument_EndsAsDeclared(string name)
    {
        var example = LanguageExample.Find(name);
        await File.WriteAllTextAsync(Path.Combine(_directory, "flow.yaml"), example.Text, TestContext.Current.CancellationToken);
        CopyDirectory(Repository.PathOf("examples/.periplon"), Path.Combine(_directory, ".periplon"));
        using StringWriter output = new(), error = new();
        _limit.CancelAfter(TimeSpan.FromMinutes(1));

        var code = await PeriplonCommand.RunAsync(
            ["run", "flow.yaml", "--json", .. Inputs(example)], Shell(output, error), ProgramModes.Create())
            .WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        output.ToString().ShouldNotBeEmpty(error.ToString());
        var report = JsonNode.Parse(output.ToString())!;
        var end = $"{name}: {output}\n{error}";
        ((string)report["status"]!).ShouldBe(example.Status, end);
        JsonNode.DeepEquals(report["outputs"], example.Outputs).ShouldBeTrue(end);
        code.ShouldBe(example.Status == "completed" ? ExitCode.Ok : ExitCode.Failure);
    }

    public void Dispose()
    {
        _limit.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static void CopyDirectory(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private IEnumerable<string> Inputs(LanguageExample example)
    {
        var given = example.Inputs.ToDictionary(
            input => input.Key,
            input => input.Value is JsonValue value && value.TryGetValue(out string? text) ? text : input.Value!.ToJsonString());
        foreach (var (name, value) in new[] { ("server", server.Address), ("host", new Uri(server.Address).Authority) })
        {
            if (example.Text.Contains($"${{workflow.{name}}}", StringComparison.Ordinal))
            {
                given[name] = value;
            }
        }

        return given.SelectMany(input => new[] { "--input", $"{input.Key}={input.Value}" });
    }

    private CommandShell Shell(TextWriter output, TextWriter error) => new()
    {
        Out = output, Error = error, Variables = new Dictionary<string, string>(), Directory = _directory, Time = TimeProvider.System,
        Cancel = _limit.Token,
    };
}
