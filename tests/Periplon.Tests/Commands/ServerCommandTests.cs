using Periplon.Commands;
using Periplon.Configuration;

namespace Periplon.Tests.Commands;

public sealed class ServerCommandTests : IDisposable
{
    private readonly CommandFixture _fixture = new();
    private PeriplonConfig? _config;
    private object? _arguments;

    public ServerCommandTests()
    {
        _fixture.Modes = _fixture.Modes with
        {
            Server = (config, arguments, _) => Record(config, arguments),
            Worker = (config, arguments, _) => Record(config, arguments),
        };
    }

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Server_Options_ChangeTheConfiguration()
    {
        (await _fixture.RunAsync("server", "-p", "9001", "--data-dir", "/d", "--slots", "3", "--migrate", "--dev")).ShouldBe(7);

        (_config!.Server.Port, _config.Server.DataDir, _config.Worker.Slots, _config.Storage.AutoMigrate).ShouldBe((9001, "/d", 3, true));
        _arguments.ShouldBe(new ServerArguments(_fixture.Directory, Dev: true));
    }

    [Theory]
    [InlineData("server --workers 5", 5)]
    [InlineData("server --workers", 1000)]
    [InlineData("server --worker-concurrency 6", 6)]
    [InlineData("worker --concurrency 4", 4)]
    [InlineData("worker", 1000)]
    public async Task Slots_OlderNames_AreTaken(string line, int slots)
    {
        await _fixture.RunAsync(line.Split(' '));

        _config!.Worker.Slots.ShouldBe(slots);
    }

    [Theory]
    [InlineData("server")]
    [InlineData("worker")]
    public async Task ModelScript_OfEitherMode_BecomesASetting(string mode)
    {
        _fixture.Write("answers.yaml", "default: hello");

        (await _fixture.RunAsync(mode, "--ai-script", "answers.yaml")).ShouldBe(7);

        _config!.Ai.Script.ShouldBe("answers.yaml");
        _config.ReadModelScript(_fixture.Directory)!.Default!.Answer.ShouldBe("hello");
        UnusedSettings.In(_config).ShouldBeEmpty();
    }

    [Fact]
    public async Task Worker_Tags_ReplaceTheConfiguredOnes()
    {
        await _fixture.RunAsync("worker", "--tag", "gpu", "--tag", "linux", "--worker-id", "w1");

        _config!.Worker.Tags.ShouldBe(["gpu", "linux"]);
        _arguments.ShouldBe(new WorkerArguments(_fixture.Directory, "w1"));
    }

    [Theory]
    [InlineData("server --dev --host 0.0.0.0", "listens on the loopback address only")]
    [InlineData("server --port 70000", "--port: expected a whole number from 0 to 65535, found 70000")]
    [InlineData("server --config missing.json", "does not exist")]
    [InlineData("worker --slots 0", "a worker needs at least one slot")]
    public async Task Server_BadConfiguration_DoesNotStartAndExitsWith78(string line, string expected)
    {
        (await _fixture.RunAsync(line.Split(' '))).ShouldBe(ExitCode.Configuration);

        _config.ShouldBeNull();
        _fixture.Error.ToString().ShouldContain(expected);
    }

    private Task<int> Record(PeriplonConfig config, object arguments)
    {
        _config = config;
        _arguments = arguments;
        return Task.FromResult(7);
    }
}
