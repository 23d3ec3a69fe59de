using System.Data.Common;
using System.Runtime.Versioning;
using System.Text.Json;
using Periplon.Torture.Checks;
using Periplon.Torture.Cluster;
using Periplon.Torture.Faults;
using Periplon.Torture.Ledger;
using Periplon.Torture.Load;
using Periplon.Torture.Report;

namespace Periplon.Torture;

/// <summary>One run: start, load and faults, draining, checks, report.</summary>
[SupportedOSPlatform("linux")]
internal sealed class TortureRun
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly TortureOptions _options;
    private readonly TimeProvider _time;
    private readonly TextWriter _output = TextWriter.Synchronized(Console.Out);
    private readonly Violations _violations;
    private readonly HashSet<string> _broken = [];
    private readonly int _seed;

    private TortureRun(TortureOptions options, TimeProvider time)
    {
        (_options, _time, _violations) = (options, time, new Violations(_output));
        _seed = options.Seed ?? (int)(time.GetTimestamp() & 0x7fffffff);
    }

    /// <summary>Runs; 0 when all is well, 1 when something is not, 130 when it was interrupted.</summary>
    public static async Task<int> RunAsync(TortureOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var run = new TortureRun(options, time);
        var directory = Directory.CreateTempSubdirectory("periplon-torture-").FullName;

        // PostgreSQL runs as another user, who has to get at what is his below it.
        File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        var code = 1;
        try
        {
            code = await run.RunAsync(directory, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            code = 130;
        }
        finally
        {
            if (code == 0 && !options.Keep)
            {
                Directory.Delete(directory, recursive: true);
            }
            else
            {
                run._output.WriteLine($"logs, ledger and database are in {directory}");
            }
        }

        return code;
    }

    private async Task<int> RunAsync(string directory, CancellationToken cancellationToken)
    {
        var began = _time.GetUtcNow();
        _output.WriteLine(
            $"{began:HH:mm:ss} {(_options.IsPostgres ? $"{_options.Silos} silos on PostgreSQL" : "one server on SQLite")}, "
            + $"{_options.Duration.TotalSeconds:F0} s, --seed {_seed}");
        await using var cluster = await TortureCluster.StartAsync(_options, directory, new Random(_seed), _time, cancellationToken);
        using var probe = new MachineProbe(
            () => [Environment.ProcessId, .. cluster.Postgres?.ProcessId is { } postgres ? new[] { postgres } : []], _time);
        probe.Start();
        using var client = new LoadClient(cluster, new Random(_seed + 1), _violations, _time);
        using var load = new LoadDriver(cluster, client, new Random(_seed + 2), _options.Rate, _violations, _time);
        var ledger = new LedgerReader(cluster.LedgerFile);
        var faults = new FaultInjector(
            _options, cluster, new RecoveryWatch(ledger, load, client, _time), probe, new Random(_seed + 3), _violations, _time, _output);
        await load.PrepareAsync(cancellationToken);
        var schedule = new ScheduleLoad(client, _time);
        await schedule.CreateAsync(cancellationToken);
        var loadedFrom = _time.GetUtcNow();
        _output.WriteLine($"{loadedFrom:HH:mm:ss} ready after {(loadedFrom - began).TotalSeconds:F1} s");

        // What is left after the faults is for draining and checks.
        var until = began + _options.Duration - TimeSpan.FromSeconds(Math.Min(20, _options.Duration.TotalSeconds / 4));
        using var ended = new CancellationTokenSource();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var loading = load.RunAsync(ended.Token, patience.Token);
        var looking = LookAsync(cluster, ended.Token);
        await faults.RunAsync(until, cancellationToken);
        await ended.CancelAsync();
        var loadedUntil = _time.GetUtcNow();
        cluster.MendAll();
        await schedule.PauseAsync(cancellationToken);

        var store = StoreOf(cluster);
        var drained = await DrainAsync(store, loading, cancellationToken);
        await patience.CancelAsync();
        await loading;
        await looking;
        await LookOnceAsync(cluster, cancellationToken);
        ReadLogs(cluster);
        var now = _time.GetUtcNow();
        _output.WriteLine($"{now:HH:mm:ss} {(drained ? "drained" : "not drained")} after {(now - loadedUntil).TotalSeconds:F1} s");

        ledger.Read();
        var stored = await store.ReadAsync(cancellationToken);
        EndCheck.Run(stored, load.Started, load.Workloads, _violations);
        var zombies = EffectCheck.Run(stored, ledger.Runs, [.. cluster.Silos.SelectMany(silo => silo.Lives)], _violations);
        LimitCheck.Run(stored, ledger.Runs, load.Started, _violations);
        var lateness = await schedule.CheckAsync(stored, _violations, cancellationToken);
        await CheckApiAsync(client, stored, cancellationToken);
        await ExplainAsync(client, stored, cancellationToken);
        SlowExecutions.Show(stored, load.Started, faults.Records, _output);
        Evidence.Show(_violations, stored, ledger, cluster.Silos, _output);

        var report = new TortureReport
        {
            Database = _options.IsPostgres ? $"postgres, {_options.Silos} silos" : "sqlite",
            Seed = _seed,
            Seconds = (_time.GetUtcNow() - began).TotalSeconds,
            Acknowledged = load.Started.Count,
            ByStatus = Counted(stored.Values.Select(execution => execution.Status)),
            ExecutionsPerSecond = load.Started.Count / (loadedUntil - loadedFrom).TotalSeconds,
            TaskRuns = ledger.Runs.Count,
            RunsLost = ledger.Open.Count,
            ZombieStarts = zombies,
            RequestsRepeated = client.Repeats,
            Faults = Counted(faults.Records.Select(fault => fault.Kind)),
            Recoveries = RecoveryFigures.Of(faults.Records),
            Ticks = RecoveryFigures.Of("schedule ticks", lateness),
            NotJudged = faults.Records.Count(fault => fault.Load.IsOverloaded),
            Starts = cluster.Silos.Sum(silo => silo.Lives.Count),
            OwnEnds = [.. cluster.OwnEnds.Select(each => $"{each.Life} with {each.Code}")],
            Violations = Counted(_violations.All.Select(violation => violation.Kind)),
        };
        report.Write(_output);
        if (_options.Json)
        {
            _output.WriteLine(report.ToJson());
        }

        return _violations.All.Count == 0 ? 0 : 1;
    }

    private static StoredExecutions StoreOf(TortureCluster cluster) => cluster.Postgres is { } postgres
        ? StoredExecutions.OfPostgres(postgres.ConnectionString(postgres.Port))
        : StoredExecutions.OfSqlite(Directory.GetFiles(cluster.Directory, "*.db", SearchOption.AllDirectories).Single());

    // Everything has ended when all clients have their answers and nothing is active; then the rest of the ledger comes.
    private async Task<bool> DrainAsync(StoredExecutions store, Task loading, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (_time.GetElapsedTime(began) < _options.Drain)
        {
            await CheckWakeUpsAsync(store, cancellationToken);
            if (loading.IsCompleted && await store.CountActiveAsync(cancellationToken) == 0)
            {
                return true;
            }

            await Task.Delay(Beat, _time, cancellationToken);
        }

        return false;
    }

    private async Task CheckWakeUpsAsync(StoredExecutions store, CancellationToken cancellationToken)
    {
        if (await store.CountForgottenAsync(cancellationToken) is > 0 and var forgotten)
        {
            _violations.Add("forgotten", $"{forgotten} executions have not ended and have no next wake-up");
        }
    }

    // Counters live as long as their process, so they are read all the time.
    private async Task LookAsync(TortureCluster cluster, CancellationToken ended)
    {
        var store = StoreOf(cluster);
        while (!ended.IsCancellationRequested)
        {
            await LookOnceAsync(cluster, CancellationToken.None);
            try
            {
                await CheckWakeUpsAsync(store, CancellationToken.None);
            }
            catch (Exception e) when (e is DbException or TimeoutException or IOException)
            {
                // The database is away, or being written to, at the moment.
            }

            await Task.Delay(Beat, _time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookOnceAsync(TortureCluster cluster, CancellationToken cancellationToken)
    {
        foreach (var (life, text) in await cluster.MetricsAsync(cancellationToken))
        {
            foreach (var line in InvariantCheck.Broken(text).Where(line => _broken.Add($"{life} {line}")))
            {
                _violations.Add("invariant", $"{life} counts a broken invariant: {line}");
            }
        }
    }

    // Workers show no metrics, and a process may die before its are read: what they count is in their logs, too.
    private void ReadLogs(TortureCluster cluster)
    {
        foreach (var silo in cluster.Silos)
        {
            foreach (var line in InvariantCheck.BrokenInLog(File.ReadLines(silo.Log)))
            {
                _violations.Add("invariant", $"{silo.Name} has logged a broken invariant: {line}");
            }
        }
    }

    // The API tells of every execution what the database holds.
    private async Task CheckApiAsync(
        LoadClient client, IReadOnlyDictionary<Guid, StoredExecution> stored, CancellationToken cancellationToken)
    {
        var shown = new Dictionary<Guid, string>();
        for (string? path = "/api/v1/executions?limit=500"; path is not null;)
        {
            var page = await client.GetAsync(path, cancellationToken);
            foreach (var execution in page.GetProperty("executions").EnumerateArray())
            {
                shown[execution.GetProperty("id").GetGuid()] = execution.GetProperty("status").GetString()!;
            }

            path = page.TryGetProperty("next_cursor", out var next) && next.ValueKind is JsonValueKind.String
                ? $"/api/v1/executions?limit=500&cursor={Uri.EscapeDataString(next.GetString()!)}"
                : null;
        }

        foreach (var execution in stored.Values.Where(execution => execution.HasEnded))
        {
            if (!shown.TryGetValue(execution.Id, out var status) || status != execution.Status)
            {
                _violations.Add(
                    "api", $"Execution {execution.Id} is stored as {execution.Status}, and the API shows it as {status ?? "nothing"}",
                    execution.Id);
            }
        }
    }

    private async Task ExplainAsync(
        LoadClient client, IReadOnlyDictionary<Guid, StoredExecution> stored, CancellationToken cancellationToken)
    {
        foreach (var execution in stored.Values.Where(execution => !execution.HasEnded).Take(5))
        {
            _output.WriteLine($"why {execution.Id}: {await client.GetAsync($"/api/v1/executions/{execution.Id}/why", cancellationToken)}");
        }
    }

    private static Dictionary<string, int> Counted(IEnumerable<string> words) =>
        words.CountBy(word => word).OrderBy(each => each.Key, StringComparer.Ordinal).ToDictionary();
}
