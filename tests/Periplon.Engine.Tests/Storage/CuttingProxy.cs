using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Periplon.Engine.Tests.Storage;

/// <summary>What the proxy does with a connection that carries something.</summary>
internal enum Cut
{
    None,

    /// <summary>The server gets the bytes, its answer is swallowed, and then the connection breaks.</summary>
    AfterTheServerAnswered,
}

/// <summary>
/// A network between a program and a server that fails on command: new connections are refused, open ones break, or break exactly between
/// the server's answer and its arrival.
/// </summary>
internal sealed class CuttingProxy : IDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<TcpClient, bool> _connections = new();
    private readonly int _target;
    private TcpListener? _listener;
    private Func<ReadOnlyMemory<byte>, Cut> _decide = static _ => Cut.None;
    private int _cuts;

    public CuttingProxy(int target)
    {
        _target = target;
        Open();
    }

    public int Port { get; } = Ports.Free();

    /// <summary>Number of answers that were swallowed.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>Looks at everything that goes to the server; the answer to what it picks is lost.</summary>
    public void Decide(Func<ReadOnlyMemory<byte>, Cut> decide) => _decide = decide;

    /// <summary>Lets connections in.</summary>
    public void Open()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _ = AcceptAsync(_listener);
    }

    /// <summary>Refuses new connections and breaks those that are open.</summary>
    public void Close()
    {
        _listener!.Stop();
        foreach (var connection in _connections.Keys)
        {
            Break(connection);
        }
    }

    public void Dispose()
    {
        _end.Cancel();
        Close();
        _end.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(_end.Token);
                _ = ForwardAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Closed.
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        _connections[client] = true;
        var lost = new StrongBox<bool>();
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target, _end.Token);
            await Task.WhenAny(
                CopyAsync(client, server, bytes => lost.Value |= _decide(bytes) is Cut.AfterTheServerAnswered),
                CopyAsync(server, client, _ =>
                {
                    if (lost.Value)
                    {
                        // The server has answered, so it has committed; nobody will hear of it.
                        Interlocked.Increment(ref _cuts);
                        throw new IOException("cut");
                    }
                }));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The server is away; the client is told by the end of its connection.
        }
        finally
        {
            _connections.TryRemove(client, out _);
            Break(client);
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, Action<ReadOnlyMemory<byte>> look)
    {
        var buffer = new byte[64 * 1024];
        while (await from.GetStream().ReadAsync(buffer, _end.Token) is > 0 and var read)
        {
            look(buffer.AsMemory(0, read));
            await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _end.Token);
        }
    }

    private static void Break(TcpClient connection)
    {
        try
        {
            // One that is closed already has no socket any more.
            connection.Client?.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is broken already.
        }

        connection.Dispose();
    }

    private sealed class StrongBox<T>
    {
        public T? Value { get; set; }
    }
}
