using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;

namespace Periplon.Benchmarks.Load;

/// <summary>A connection that stays open and sends requests that were written out beforehand, one at a time.</summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket;

    private HttpConnection(Socket socket) => _socket = socket;

    /// <summary>The answer to the last request; the next one overwrites it.</summary>
    public ResponseReader Response { get; } = new();

    public static async Task<HttpConnection> OpenAsync(Uri address, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(address.Host), address.Port), cancellationToken);
            return new HttpConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The bytes of a POST of JSON.</summary>
    public static byte[] Post(Uri address, string path, ReadOnlySpan<byte> json) =>
    [
        .. Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {json.Length}\r\n\r\n"),
        .. json,
    ];

    /// <summary>Sends a request and returns when its answer is complete.</summary>
    /// <exception cref="SocketException">The connection is lost.</exception>
    /// <exception cref="InvalidDataException">What came is not an answer.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ExchangeAsync(ReadOnlyMemory<byte> request)
    {
        for (var sent = 0; sent < request.Length;)
        {
            sent += await _socket.SendAsync(request[sent..], SocketFlags.None);
        }

        Response.Reset();
        int received;
        do
        {
            received = await _socket.ReceiveAsync(Response.Free, SocketFlags.None);
            if (received == 0)
            {
                throw new SocketException((int)SocketError.ConnectionReset);
            }
        }
        while (!Response.Advance(received));
    }

    public void Dispose() => _socket.Dispose();
}
