using System.Net;
using System.Net.Sockets;

namespace Periplon.Torture.Cluster;

/// <summary>TCP ports that were free a moment ago, below the range from which the system takes ports for outgoing connections.</summary>
internal sealed class Ports(Random random)
{
    private readonly HashSet<int> _taken = [];

    public int Next()
    {
        while (true)
        {
            var port = random.Next(20_000, 32_000);
            if (_taken.Add(port) && IsFree(port))
            {
                return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Any, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
