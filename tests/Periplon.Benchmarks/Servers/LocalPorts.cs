using Periplon.Torture.Cluster;

namespace Periplon.Benchmarks.Servers;

/// <summary>Ports that nobody else has, and that no two programs which measure at the same time look for in the same order.</summary>
internal static class LocalPorts
{
    private static readonly Ports Free = new(new Random(Environment.ProcessId));

    public static int Next() => Free.Next();
}
