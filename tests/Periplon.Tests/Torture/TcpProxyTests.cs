using System.Net;
using System.Net.Sockets;
using System.Text;
using Periplon.Engine.Tests.Storage;
using Periplon.Torture.Network;

namespace Periplon.Tests.Torture;

public sealed class TcpProxyTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cut_OneDirection_HoldsWhatComesThereUntilItIsMended()
    {
        var (to, back) = (new Wire("a", "b"), new Wire("b", "a"));
        using var target = new TcpListener(IPAddress.Loopback, 0);
        target.Start();
        var port = Ports.Free();
        using var proxy = TcpProxy.Open(port, ((IPEndPoint)target.LocalEndpoint).Port, _ => (to, back));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, Ct);
        using var server = await target.AcceptTcpClientAsync(Ct);
        await SendAsync(client, "one");
        (await ReceiveAsync(server)).ShouldBe("one");

        to.Cut();
        await SendAsync(client, "two");
        await SendAsync(server, "three");
        (await ReceiveAsync(client)).ShouldBe("three");
        var held = ReceiveAsync(server);
        held.IsCompleted.ShouldBeFalse();

        to.Mend();
        (await held).ShouldBe("two");
    }

    [Fact]
    public async Task Reset_Wire_EndsItsConnectionsAtBothEnds()
    {
        var (to, back) = (new Wire("a", "b"), new Wire("b", "a"));
        using var target = new TcpListener(IPAddress.Loopback, 0);
        target.Start();
        var port = Ports.Free();
        using var proxy = TcpProxy.Open(port, ((IPEndPoint)target.LocalEndpoint).Port, _ => (to, back));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, Ct);
        using var server = await target.AcceptTcpClientAsync(Ct);
        await SendAsync(client, "one");
        await ReceiveAsync(server);

        proxy.Reset(to);

        await Should.ThrowAsync<IOException>(() => ReceiveAsync(client));
        await Should.ThrowAsync<IOException>(() => ReceiveAsync(server));
    }

    [Fact]
    public async Task Find_ConnectionOfThisProcess_NamesIt()
    {
        using var target = new TcpListener(IPAddress.Loopback, 0);
        target.Start();
        var port = ((IPEndPoint)target.LocalEndpoint).Port;
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, Ct);
        var from = ((IPEndPoint)client.Client.LocalEndPoint!).Port;

        SocketOwners.Find(from, port, [1, Environment.ProcessId]).ShouldBe(Environment.ProcessId);
        SocketOwners.Find(from, port, []).ShouldBeNull();
    }

    private static async Task SendAsync(TcpClient client, string text) =>
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text), Ct);

    private static async Task<string> ReceiveAsync(TcpClient client)
    {
        var buffer = new byte[16];
        var count = await client.GetStream().ReadAsync(buffer, Ct);
        return Encoding.ASCII.GetString(buffer, 0, count);
    }
}
