using System.Net;
using System.Net.Sockets;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Tests.Recovery;

/// <summary>What the real program says when it cannot start, or not yet.</summary>
public sealed class ServerStartTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_OnADirectoryInUse_RefusesAndNamesTheHolder()
    {
        await using var work = await Workspace.CreateAsync();
        await using var first = await work.ServeAsync();
        await using var second = PeriplonProcess.Start(work.Home, ["server", "--port", "0"]);
        (await second.ExitAsync(Ct)).ShouldBe(1);
        second.Output.ShouldContain($"Another process uses the data directory {work.PathOf("data")} (process {first.Process.Id})");
        second.Output.ShouldNotContain("   at ");

        await first.Process.KillAsync();
        await using var third = await work.ServeAsync();
        (await third.Http.GetAsync(new Uri("/ready", UriKind.Relative), Ct)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Server_OnAPortInUse_SaysSo()
    {
        await using var work = await Workspace.CreateAsync();
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        await using var server = PeriplonProcess.Start(work.Home, ["server", "--port", $"{port}"]);
        (await server.ExitAsync(Ct)).ShouldBe(1, server.Output);
        server.Output.ShouldContain($"Port {port} on 127.0.0.1 is in use by another program");
        server.Output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Server_DatabaseThatIsNotThereYet_IsAliveButNotReadyAndThenStarts()
    {
        await using var work = await Workspace.CreateAsync(DatabaseKind.Postgres);
        var real = work.Connection;
        using var proxy = new Forwarder(real.Host!, real.Port);
        var connection = new Npgsql.NpgsqlConnectionStringBuilder(real.ConnectionString) { Port = proxy.Port };
        var port = Ports.Free();
        await using var server = PeriplonProcess.Start(work.Home, ["server", "--port", $"{port}"], ("DATABASE_URL", connection.ConnectionString));
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

        await Eventually.TrueAsync("the server is alive", async () => await StatusAsync(http, "/live") == 200, 60);
        (await StatusAsync(http, "/ready")).ShouldBe(503);
        (await StatusAsync(http, "/api/v1/workflows")).ShouldBe(503);

        proxy.Open();
        await server.LineAsync("Periplon listens on");
        await Eventually.TrueAsync("the server is ready", async () => await StatusAsync(http, "/ready") == 200, 60);
    }

    [Fact]
    public async Task Server_TerminatedWhileItWaitsForTheDatabase_EndsCleanly()
    {
        await using var work = await Workspace.CreateAsync();
        await using var server = PeriplonProcess.Start(
            work.Home, ["server", "--port", "0"], ("DATABASE_URL", $"Host=127.0.0.1;Port={Ports.Free()};Username=u;Password=p;Database=d"));
        await server.LineAsync("cannot be reached");
        server.Terminate();
        (await server.ExitAsync(Ct)).ShouldBe(0, server.Output);
    }

    [Fact]
    public async Task Server_SettingsAtTheirBounds_Start()
    {
        await using var work = await Workspace.CreateAsync();
        await using var server = await work.ServeAsync(
            ("PERIPLON__QUEUE__PARTITIONS", "300"), ("PERIPLON__QUEUE__SWEEP_INTERVAL_SECS", "0.1"), ("PERIPLON__WORKER__DRAIN_SECS", "86400"));
        (await server.EndAsync(await server.StartExecutionAsync("demo"))).ShouldBe("completed");
    }

    private static async Task<int> StatusAsync(HttpClient http, string path)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), Ct);
            return (int)answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    /// <summary>A port that refuses until it is opened, and then leads to the database.</summary>
    private sealed class Forwarder(string host, int port) : IDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private TcpListener? _listener;

        public int Port { get; } = Ports.Free();

        public void Open()
        {
            _listener = new TcpListener(IPAddress.Loopback, Port);
            _listener.Start();
            _ = AcceptAsync();
        }

        public void Dispose()
        {
            _end.Cancel();
            _listener?.Dispose();
            _end.Dispose();
        }

        private async Task AcceptAsync()
        {
            while (true)
            {
                var client = await _listener!.AcceptTcpClientAsync(_end.Token);
                _ = ForwardAsync(client, _end.Token);
            }
        }

        private async Task ForwardAsync(TcpClient client, CancellationToken end)
        {
            using var server = new TcpClient();
            using (client)
            {
                await server.ConnectAsync(host, port, end);
                await Task.WhenAny(
                    client.GetStream().CopyToAsync(server.GetStream(), end), server.GetStream().CopyToAsync(client.GetStream(), end));
            }
        }
    }
}
