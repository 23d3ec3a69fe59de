using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Periplon.Configuration;

namespace Periplon.Hosting;

/// <summary>
/// The ports of a silo. Those that the configuration does not name are looked for, and another program may take one between the look and
/// the start: the start is then tried again with other ones.
/// </summary>
internal static class SiloPorts
{
    // Ports that other installations of Orleans use too; a restart on the same port is known to the cluster at once. A server that is alone
    // has no use for that.
    private const int UsualSiloPort = 11111;
    private const int UsualGatewayPort = 30000;
    private const int MaxStarts = 5;

    /// <summary>Runs a silo, again when its ports were taken before it could have them.</summary>
    public static async Task RunAsync(PeriplonConfig config, Func<Task> run)
    {
        for (var start = 1; ; start++)
        {
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
        foreach (var port in usual == 0 ? [0] : new[] { usual, 0 })
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Any, port));
                return ((IPEndPoint)probe.LocalEndPoint!).Port;
            }
            catch (SocketException) when (port != 0)
            {
                // Somebody else has the usual one.
            }
        }

        throw new InvalidOperationException("No TCP port is free");
    }
}
