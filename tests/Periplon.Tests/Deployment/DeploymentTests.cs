using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Periplon.Commands;
using Periplon.Configuration;
using Periplon.Hosting;
using Periplon.Tests.Configuration;
using Periplon.Tests.Hosting;
using YamlDotNet.RepresentationModel;

namespace Periplon.Tests.Deployment;

/// <summary>The deployment files name only what the program has: commands, options, settings, ports, probe paths.</summary>
public sealed partial class DeploymentTests(SqliteServer fixture) : IClassFixture<SqliteServer>
{
    // What the host takes beyond worker.drain_secs to stop (SiloSetup).
    private const int StopSeconds = 15;

    private static readonly Dictionary<string, string> ImageVariables = Variables().Matches(string.Join(' ', Instructions("ENV")))
        .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["value"].Value);

    public static TheoryData<string> WorkloadFiles => [.. DeploymentFiles.Workloads.Select(workload => workload.File)];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void Manifests_Folder_HasServersAndWorkers() => WorkloadFiles.Select(row => row.Data).ShouldBe(["server.yaml", "worker.yaml"]);

    [Fact]
    public void Dockerfile_Stages_BuildWithTheSdkAndRunOnAspNet()
    {
        var stages = Instructions("FROM").ToList();
        stages[0].ShouldBe("mcr.microsoft.com/dotnet/sdk:10.0 AS build");
        stages[^1].ShouldBe("mcr.microsoft.com/dotnet/aspnet:10.0");
        Instructions("USER").Last().ShouldBe("10001");
        Instructions("RUN").ShouldContain(run => run.Contains("/usr/local/bin/periplon-executor", StringComparison.Ordinal));
    }

    [Fact]
    public void Dockerfile_Copies_ExistAndPassTheIgnoreFile()
    {
        var passed = File.ReadAllLines(Repository.PathOf(".dockerignore")).Where(line => line.StartsWith('!')).Select(line => line[1..]).ToList();
        foreach (var source in Instructions("COPY").Where(copy => !copy.StartsWith("--from", StringComparison.Ordinal)).Select(copy => copy.Split(' ')[0].TrimEnd('/')))
        {
            Path.Exists(Repository.PathOf(source)).ShouldBeTrue(source);
            passed.ShouldContain(source);
        }
    }

    [Fact]
    public void Dockerfile_Interpreters_AreAllThatScriptsCanName()
    {
        var install = Instructions("RUN").Single(run => run.Contains("apt-get install", StringComparison.Ordinal)).Split(' ');
        string[] needed = ["bash", "nodejs", "perl", "python3", "ruby", "curl", "util-linux"];
        needed.ShouldBeSubsetOf(install);
    }

    [Fact]
    public void Dockerfile_Ports_AreThoseOfItsSettings()
    {
        string[] settings = ["PERIPLON__SERVER__PORT", "PERIPLON__CLUSTER__SILO_PORT", "PERIPLON__CLUSTER__GATEWAY_PORT"];
        Instructions("EXPOSE").Single().Split(' ').ShouldBe(settings.Select(setting => ImageVariables[setting]));
        ShouldLoad(ImageVariables);
    }

    [Fact]
    public async Task Dockerfile_Command_IsOneOfTheProgram()
    {
        var entry = JsonSerializer.Deserialize<string[]>(Instructions("ENTRYPOINT").Single())!;
        entry[^1].ShouldBe("periplon");
        await ShouldParseAsync(JsonSerializer.Deserialize<string[]>(Instructions("CMD").Single())!);
    }

    [Fact]
    public async Task Dockerfile_HealthCheck_AsksAnAddressThatAnswers() => await ShouldAnswerAsync(Instructions("HEALTHCHECK").Single(), "/live");

    [Theory]
    [MemberData(nameof(WorkloadFiles))]
    public async Task Workload_Arguments_AreOptionsOfTheProgram(string file) => await ShouldParseAsync([.. Container(file).Texts("args")]);

    [Theory]
    [MemberData(nameof(WorkloadFiles))]
    public void Workload_Variables_AreSettingsWithGoodValues(string file)
    {
        var container = Container(file);
        var variables = container.Variables().ToDictionary(pair => pair.Key, pair => pair.Value.Replace("$(POD_IP)", "10.1.2.3", StringComparison.Ordinal));
        variables["PERIPLON__CLUSTER__ADVERTISED_IP"].ShouldBe("10.1.2.3");
        FieldPath(container, "POD_IP").ShouldBe("status.podIP");
        var secret = container.List("envFrom").Cast<YamlMappingNode>().Single().Map("secretRef").Text("name");
        var given = DeploymentFiles.Manifests.Select(manifest => manifest.Document).Single(document => document.Text("kind") == "Secret");
        given.Map("metadata").Text("name").ShouldBe(secret);
        variables["DATABASE_URL"] = given.Map("stringData").Text("DATABASE_URL")!;

        var config = ShouldLoad(ImageVariables.Concat(variables).ToDictionary());

        config.Storage.IsPostgres.ShouldBeTrue();
        var grace = int.Parse(Workload(file).Pod.Text("terminationGracePeriodSeconds")!, CultureInfo.InvariantCulture);
        ((double)grace).ShouldBeGreaterThan(config.Worker.DrainSecs + StopSeconds);
    }

    [Theory]
    [MemberData(nameof(WorkloadFiles))]
    public void Workload_Ports_AreThoseOfTheImage(string file)
    {
        var exposed = Instructions("EXPOSE").Single().Split(' ');
        Container(file).List("ports").Cast<YamlMappingNode>().Select(port => port.Text("containerPort")!).ShouldBeSubsetOf(exposed);
    }

    [Fact]
    public async Task Server_Probes_AskAddressesThatAnswerFromInsideThePod()
    {
        var container = Container("server.yaml");
        await ShouldAnswerAsync(Probe("startupProbe"), "/live");
        await ShouldAnswerAsync(Probe("livenessProbe"), "/live");
        await ShouldAnswerAsync(Probe("readinessProbe"), "/ready");

        string Probe(string name) => string.Join(' ', container.Map(name).Map("exec").Texts("command"));
    }

    [Fact]
    public void Manifests_Services_OfferNoHttp()
    {
        // Nobody signs in yet and the server listens on loopback only: a service for its port could not work, and must not.
        foreach (var service in DeploymentFiles.Manifests.Select(m => m.Document).Where(d => d.Text("kind") is "Service" or "Ingress"))
        {
            service.Map("spec").List("ports").Cast<YamlMappingNode>().Select(port => port.Text("port")).ShouldNotContain("8080");
        }
    }

    private static IEnumerable<string> Instructions(string name) =>
        DeploymentFiles.Dockerfile.Where(instruction => instruction.Name == name).Select(instruction => instruction.Arguments);

    private static (string File, YamlMappingNode Pod, YamlMappingNode Container) Workload(string file) =>
        DeploymentFiles.Workloads.Single(workload => workload.File == file);

    private static YamlMappingNode Container(string file) => Workload(file).Container;

    private static string? FieldPath(YamlMappingNode container, string name) => container.List("env").Cast<YamlMappingNode>()
        .Single(variable => variable.Text("name") == name).Map("valueFrom").Map("fieldRef").Text("fieldPath");

    private static PeriplonConfig ShouldLoad(Dictionary<string, string> variables)
    {
        var result = ConfigLoader.Load(new ConfigSources { Directory = Path.GetTempPath(), Variables = variables });
        result.Problems.ShouldBeEmpty();
        return result.Config!;
    }

    // Runs the command line with a server and a worker that only say that they were called.
    private static async Task ShouldParseAsync(string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var called = false;
        var modes = new CommandModes { Server = (_, _, _) => Called(), Worker = (_, _, _) => Called(), Check = WorkflowReader.Read };
        var shell = new CommandShell
        {
            Out = output, Error = error, Variables = new Dictionary<string, string>(), Directory = Path.GetTempPath(), Time = TimeProvider.System,
        };

        (await PeriplonCommand.RunAsync(arguments, shell, modes)).ShouldBe(ExitCode.Ok, error.ToString());
        called.ShouldBeTrue();

        Task<int> Called()
        {
            called = true;
            return Task.FromResult(ExitCode.Ok);
        }
    }

    private async Task ShouldAnswerAsync(string command, string path)
    {
        var address = new Uri(HttpAddress().Match(command).Value);
        address.IsLoopback.ShouldBeTrue();
        address.Port.ToString(CultureInfo.InvariantCulture).ShouldBe(ImageVariables["PERIPLON__SERVER__PORT"]);
        address.AbsolutePath.ShouldBe(path);
        using var answer = await fixture.Server.Http.GetAsync(path, Ct);
        answer.IsSuccessStatusCode.ShouldBeTrue();
    }

    [GeneratedRegex("(?<name>[A-Z_]+)=(?<value>[^ ]+)")]
    private static partial Regex Variables();

    [GeneratedRegex("http://[^\"' ]+")]
    private static partial Regex HttpAddress();
}
