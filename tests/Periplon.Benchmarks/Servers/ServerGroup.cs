using Periplon.Benchmarks.Load;

namespace Periplon.Benchmarks.Servers;

/// <summary>The servers of a run: one, or several over the same PostgreSQL.</summary>
internal sealed class ServerGroup : IAsyncDisposable
{
    private readonly List<ServerProcess> _servers = [];
    private readonly List<ApiClient> _apis = [];

    private ServerGroup()
    {
    }

    public IReadOnlyList<ServerProcess> Servers => _servers;

    /// <summary>Clients for calls around a measurement, one for each server.</summary>
    public IReadOnlyList<ApiClient> Apis => _apis;

    public IReadOnlyList<Uri> Addresses => [.. _servers.Select(server => server.Address)];

    public static async Task<ServerGroup> StartAsync(string build, RunDatabase database, int count, CancellationToken cancellationToken)
    {
        var group = new ServerGroup();
        try
        {
            for (var i = 0; i < count; i++)
            {
                var settings = new ServerSettings { Build = build, DatabaseUrl = database.ConnectionString };
                settings = count == 1 ? settings : settings with { SiloPort = LocalPorts.Next(), GatewayPort = LocalPorts.Next() };
                var server = await ServerProcess.StartAsync(settings, cancellationToken);
                group._servers.Add(server);
                group._apis.Add(new ApiClient(server.Address));
            }

            return group;
        }
        catch
        {
            await group.DisposeAsync();
            throw;
        }
    }

    public TimeSpan ProcessorTime() => _servers.Aggregate(TimeSpan.Zero, (sum, server) => sum + server.ProcessorTime());

    public long ResidentBytes() => _servers.Sum(server => server.ResidentBytes());

    public async ValueTask DisposeAsync()
    {
        _apis.ForEach(api => api.Dispose());
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }
}
