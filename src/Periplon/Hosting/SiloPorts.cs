using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Periplon.Configuration;

namespace Periplon.Hosting;

/// <summary>
/// The ports of a silo. Those that the configuration does not name are looked for, and another program may take one between the look and
/// the start: the start is then tried again with other ones. Another silo must not, not even for a moment: the second to enter the cluster
/// under an address declares the first dead. So each silo holds the UDP port of the same number from its look to its end.
/// </summary>
internal static class SiloPorts
{
    // Ports that other installations of Orleans use too; a restart on the same port is known to the cluster at once. A server that is alone
    // has no use for that.
    private const int UsualSiloPort = 11111;
    private const int UsualGatewayPort = 30000;
    private const int MaxStarts = 5;
    private const int MaxLooks = 20;

    private static readonly AsyncLocal<List<Socket>?> Held = new();

    /// <summary>Runs a silo, again when its ports were taken before it could have them.</summary>
    public static async Task RunAsync(PeriplonConfig config, Func<Task> run)
    {
        for (var start = 1; ; start++)
        {
            var held = Held.Value = [];
            try
            {
                await run();
                return;
            }
            catch (Exception e) when (
                start < MaxStarts && WereTaken(e) && (config.Cluster.SiloPort == 0 || config.Cluster.GatewayPort == 0))
            {
                // Whoever was faster holds them now, so that the next look finds others.
            }
            finally
            {
                held.ForEach(socket => socket.Dispose());
            }
        }
    }

    /// <summary>The ports that are configured, or free ones.</summary>
    public static (int Silo, int Gateway) Choose(PeriplonConfig config)
    {
        var (silo, gateway) = (config.Cluster.SiloPort, config.Cluster.GatewayPort);
        return (
            silo != 0 ? silo : Free(config.Storage.IsPostgres ? UsualSiloPort : 0),
            gateway != 0 ? gateway : Free(config.Storage.IsPostgres ? UsualGatewayPort : 0));
    }

    // The port of the API is reported as an IOException, and is nothing that another try would change.
    private static bool WereTaken(Exception exception) => exception switch
    {
        IOException => false,
        AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } => true,
        AggregateException many => many.InnerExceptions.Any(WereTaken),
        { InnerException: { } inner } => WereTaken(inner),
        _ => false,
    };

    private static int Free(int usual)
    {
        for (var look = usual == 0 ? 1 : 0; look < MaxLooks; look++)
        {
            if (TryHold(look == 0 ? usual : 0) is { } port)
            {
                return port;
            }
        }

        throw new InvalidOperationException("No TCP port is free");
    }

    private static int? TryHold(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var hold = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ExclusiveAddressUse = true };
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Any, port));
            hold.Bind(new IPEndPoint(IPAddress.Loopback, ((IPEndPoint)probe.LocalEndPoint!).Port));
            Held.Value?.Add(hold);
            return ((IPEndPoint)probe.LocalEndPoint!).Port;
        }
        catch (SocketException)
        {
            hold.Dispose();
            return null;
        }
    }
}
