using System.Globalization;
using Periplon.Torture.Network;

namespace Periplon.Torture.Cluster;

/// <summary>
/// The processes under torture: silos over a private PostgreSQL, with a proxy before each of them and one between each and the database;
/// or one server on SQLite. Who ends without having been told to is started again, as a supervisor would.
/// </summary>
internal sealed class TortureCluster : IAsyncDisposable
{
    private const string DatabaseName = "db";

    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<(string From, string To), Wire> _wires = [];
    private readonly List<TcpProxy> _proxies = [];
    private readonly CancellationTokenSource _ended = new();
    private readonly TimeProvider _time;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private Task _supervision = Task.CompletedTask;

    private TortureCluster(string directory, TimeProvider time) => (Directory, _time) = (directory, time);

    public string Directory { get; }

    public string LedgerFile => Path.Combine(Directory, "ledger");

    public PostgresServer? Postgres { get; private set; }

    public IReadOnlyList<Silo> Silos { get; private set; } = [];

    public IEnumerable<Silo> Servers => Silos.Where(silo => silo.Address is not null);

    /// <summary>Silos that ended by themselves, which the death of a frozen or cut one may explain, with their exit codes.</summary>
    public List<(string Life, int Code)> OwnEnds { get; } = [];

    public static async Task<TortureCluster> StartAsync(
        TortureOptions options, string directory, Random random, TimeProvider time, CancellationToken cancellationToken)
    {
        var cluster = new TortureCluster(directory, time);
        try
        {
            await File.WriteAllTextAsync(cluster.LedgerFile, "", cancellationToken);
            var ports = new Ports(random);
            if (options.IsPostgres)
            {
                cluster.Postgres = await PostgresServer.StartAsync(Path.Combine(directory, "postgres"), ports.Next(), cancellationToken);
                cluster.Silos = [.. Enumerable.Range(1, options.Silos).Select(number => cluster.Member(number, options, ports))];
            }
            else
            {
                cluster.Silos = [cluster.Alone(options, ports)];
            }

            cluster.Silos[0].Start();
            await cluster.ReadyAsync(cluster.Silos[0], ReadyPatience, cancellationToken);
            foreach (var silo in cluster.Silos.Skip(1))
            {
                silo.Start();
            }

            await cluster.AllReadyAsync(ReadyPatience, cancellationToken);
            cluster._supervision = cluster.SuperviseAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The wire between two silos, or between a silo and <c>db</c>.</summary>
    public Wire WireOf(string from, string to)
    {
        lock (_wires)
        {
            return _wires.TryGetValue((from, to), out var wire) ? wire : _wires[(from, to)] = new Wire(from, to);
        }
    }

    public (Wire Out, Wire Back) DatabaseWires(Silo silo) => (WireOf(silo.Name, DatabaseName), WireOf(DatabaseName, silo.Name));

    public void Reset(Wire wire) => _proxies.ForEach(proxy => proxy.Reset(wire));

    public void MendAll()
    {
        lock (_wires)
        {
            foreach (var wire in _wires.Values)
            {
                wire.Mend();
            }
        }
    }

    public Task AllReadyAsync(TimeSpan patience, CancellationToken cancellationToken) =>
        Task.WhenAll(Servers.Select(silo => ReadyAsync(silo, patience, cancellationToken)));

    /// <summary>The metrics of all servers that answer.</summary>
    public async Task<IReadOnlyList<(string Life, string Text)>> MetricsAsync(CancellationToken cancellationToken)
    {
        var found = new List<(string, string)>();
        foreach (var silo in Servers)
        {
            try
            {
                if (silo.Life is { IsFrozen: false } life)
                {
                    found.Add((life.Name, await _http.GetStringAsync(new Uri(silo.Address!, "/metrics"), cancellationToken)));
                }
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // It is down at the moment.
            }
        }

        return found;
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _supervision;
        foreach (var silo in Silos.Where(silo => silo.Lives.Count > 0))
        {
            silo.Thaw();
            silo.Kill();
            await silo.ExitAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
        }

        if (Postgres is not null)
        {
            await Postgres.DisposeAsync();
        }

        _proxies.ForEach(proxy => proxy.Dispose());
        _http.Dispose();
        _ended.Dispose();
    }

    private async Task ReadyAsync(Silo silo, TimeSpan patience, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (!await IsReadyAsync(silo, cancellationToken))
        {
            if (_supervision.IsCompleted && silo.NoteEnd())
            {
                throw new InvalidOperationException($"{silo.Name} ended with {silo.Lives[^1].ExitCode}:\n{File.ReadAllText(silo.Log)}");
            }

            if (_time.GetElapsedTime(began) > patience)
            {
                throw new InvalidOperationException(
                    $"{silo.Name} was not ready within {patience.TotalSeconds:F0} s; its log is {silo.Log}");
            }

            await Task.Delay(Beat, _time, cancellationToken);
        }
    }

    private async Task<bool> IsReadyAsync(Silo silo, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(silo.Address!, "/ready"), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task SuperviseAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            foreach (var silo in Silos.Where(silo => silo.IsWanted && silo.NoteEnd()))
            {
                var life = silo.Lives[^1];
                OwnEnds.Add((life.Name, life.ExitCode ?? 0));
                silo.Start();
            }

            await Task.Delay(Beat, _time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Silo Alone(TortureOptions options, Ports ports)
    {
        var http = ports.Next();
        return new Silo("s1", new SiloSettings
        {
            Program = options.Program, Directory = Directory, HttpPort = http,
            Arguments = ["server", "--port", Text(http)], Environment = Environment("s1"),
        }, _time);
    }

    private Silo Member(int number, TortureOptions options, Ports ports)
    {
        var name = $"s{number}";
        var (silo, listen, gateway, database) = (ports.Next(), ports.Next(), ports.Next(), ports.Next());
        int? http = number % 3 == 0 ? null : ports.Next();
        var wires = (WireOf(name, DatabaseName), WireOf(DatabaseName, name));
        _proxies.Add(TcpProxy.Open(database, Postgres!.Port, _ => wires));
        _proxies.Add(TcpProxy.Open(silo, listen, port => Route(name, port, silo)));
        var environment = Environment(name);
        environment["DATABASE_URL"] = Postgres.ConnectionString(database);
        environment["PERIPLON__CLUSTER__ADVERTISED_IP"] = "127.0.0.1";
        environment["PERIPLON__CLUSTER__SILO_PORT"] = Text(silo);
        environment["PERIPLON__CLUSTER__SILO_LISTEN_PORT"] = Text(listen);
        environment["PERIPLON__CLUSTER__GATEWAY_PORT"] = Text(gateway);
        return new Silo(name, new SiloSettings
        {
            Program = options.Program, Directory = Directory, HttpPort = http, Environment = environment,
            Arguments = http is null ? ["worker", "--worker-id", name] : ["server", "--port", Text(http.Value)],
        }, _time);
    }

    // Who is not one of the silos, or not any more, finds the port closed.
    private (Wire Out, Wire Back)? Route(string to, int fromPort, int toPort)
    {
        var lives = Silos.Select(silo => (silo.Name, silo.ProcessId)).ToList();
        var owner = SocketOwners.Find(fromPort, toPort, lives.Select(life => life.ProcessId));
        return lives.FirstOrDefault(life => life.ProcessId == owner).Name is { } from && from != to
            ? (WireOf(from, to), WireOf(to, from))
            : null;
    }

    private Dictionary<string, string> Environment(string name) => new()
    {
        ["PERIPLON__SERVER__DATA_DIR"] = Path.Combine(Directory, $"{name}-data"),
        ["PERIPLON__SERVER__LOG_LEVEL"] = "info",
        ["PERIPLON__WORKER__SLOTS"] = "12",
        ["PERIPLON__WORKER__DRAIN_SECS"] = "3",
        ["PERIPLON__WORKER__ENV_ALLOW"] = "PATH,HOME,TORTURE_SILO",
        ["DOTNET_gcServer"] = "0",
    };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
