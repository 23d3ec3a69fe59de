using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Periplon.Torture.Network;

/// <summary>
/// Stands before a port and passes on what comes, by way of a pair of wires that depends on who connects. New connections too wait while
/// the wire to the target is cut.
/// </summary>
internal sealed class TcpProxy : IDisposable
{
    private readonly TcpListener _listener;
    private readonly int _target;
    private readonly Func<int, (Wire Out, Wire Back)?> _route;
    private readonly ConcurrentDictionary<Connection, byte> _connections = new();

    private TcpProxy(int port, int target, Func<int, (Wire Out, Wire Back)?> route)
    {
        (_target, _route) = (target, route);
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Opens a port.</summary>
    /// <param name="port">Port to open.</param>
    /// <param name="target">Port on this machine that what comes goes to.</param>
    /// <param name="route">The wires for who connects from a port; null refuses it.</param>
    public static TcpProxy Open(int port, int target, Func<int, (Wire Out, Wire Back)?> route) => new(port, target, route);

    /// <summary>Cuts all connections over a wire, in both directions, so that both ends notice.</summary>
    public void Reset(Wire wire)
    {
        foreach (var connection in _connections.Keys.Where(each => each.Out == wire || each.Back == wire))
        {
            connection.Reset();
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var connection in _connections.Keys)
        {
            connection.Reset();
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync();
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
                return;
            }

            _ = Task.Run(() => ServeAsync(client));
        }
    }

    private async Task ServeAsync(Socket client)
    {
        if (_route(((IPEndPoint)client.RemoteEndPoint!).Port) is not var (to, back))
        {
            client.Dispose();
            return;
        }

        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        var connection = new Connection(client, server, to, back);
        _connections[connection] = 0;
        try
        {
            await to.PassAsync();
            await server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _target));
            await Task.WhenAll(PumpAsync(client, server, to), PumpAsync(server, client, back));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other side hears of it by the reset.
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            connection.Reset();
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, Wire wire)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var count = await from.ReceiveAsync(buffer);
            await wire.PassAsync();
            if (count == 0)
            {
                to.Shutdown(SocketShutdown.Send);
                return;
            }

            for (var sent = 0; sent < count;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }
    }

    private sealed class Connection(Socket client, Socket server, Wire to, Wire back)
    {
        public Wire Out => to;

        public Wire Back => back;

        public void Reset()
        {
            Close(client);
            Close(server);
        }

        private static void Close(Socket socket)
        {
            try
            {
                // Without lingering, closing sends a reset.
                socket.LingerState = new LingerOption(true, 0);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It is closed already.
            }

            socket.Dispose();
        }
    }
}
