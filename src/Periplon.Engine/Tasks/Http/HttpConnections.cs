using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Periplon.Engine.Tasks.Http;

/// <summary>
/// The connections of all HTTP tasks of a worker: one pool that checks certificates and one that does not. Redirects are followed by the
/// runner, which knows what must not go to another host; hence no pool per redirect setting. Proxies of the environment are not used:
/// behind one, the address that is connected to could not be checked.
/// </summary>
internal sealed class HttpConnections : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(30);

    // Names are resolved again at least this often, because they move.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    private readonly IHttpTargetPolicy _policy;
    private readonly Lazy<HttpMessageInvoker> _checked;
    private readonly Lazy<HttpMessageInvoker> _unchecked;

    public HttpConnections(IHttpTargetPolicy policy)
    {
        _policy = policy;
        _checked = new Lazy<HttpMessageInvoker>(() => Create(verifyTls: true));
        _unchecked = new Lazy<HttpMessageInvoker>(() => Create(verifyTls: false));
    }

    internal HttpMessageInvoker For(bool verifyTls) => (verifyTls ? _checked : _unchecked).Value;

    public void Dispose()
    {
        foreach (var pool in (Lazy<HttpMessageInvoker>[])[_checked, _unchecked])
        {
            if (pool.IsValueCreated)
            {
                pool.Value.Dispose();
            }
        }
    }

    private HttpMessageInvoker Create(bool verifyTls)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectCallback = ConnectAsync,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = ConnectionLifetime,
            UseCookies = false,
            UseProxy = false,
        };
        if (!verifyTls)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                // The workflow says verify_tls: false, for servers with certificates of their own making.
#pragma warning disable CA5359
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
            };
        }

        return new HttpMessageInvoker(handler);
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        Exception? last = null;
        foreach (var address in addresses)
        {
            if (_policy.Refuse(host, address) is { } refusal)
            {
                // One forbidden address makes the name suspicious; trying the next would let it choose.
                throw new HttpTargetRefusedException(refusal);
            }
        }

        foreach (var address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(address, context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException exception)
            {
                socket.Dispose();
                last = exception;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }
}

/// <summary>The policy refuses the address of a request.</summary>
internal sealed class HttpTargetRefusedException(string message) : Exception(message);
