using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Periplon.Benchmarks.Servers;
using Periplon.Core.Executions;
using Periplon.Engine;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Retention;
using Periplon.Engine.Storage;

namespace Periplon.Benchmarks;

/// <summary>
/// Deletes many ended executions while others are written, and shows what that costs whom: how long it takes, the longest transaction, the
/// latency of commits meanwhile, and the sizes before and after.
/// </summary>
internal sealed class RetentionBench(string kind, string? url, int executions) : IAsyncDisposable
{
    private const int JournalRows = 5;
    private const int LogLines = 10;
    private const int Months = 3;

    private static readonly string[] Tables = ["executions", "execution_events", "execution_logs", "checkpoints"];

    private readonly string _folder = Directory.CreateTempSubdirectory("periplon-retention-").FullName;
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();
    private Database? _opened;

    private Database Database => _opened!;

    public static async Task<int> RunAsync(string kind, string? url, int executions, CancellationToken cancellationToken)
    {
        await using var databases = await DatabaseServer.OpenAsync(kind == BenchOptions.Postgres && url is null, null, cancellationToken);
        await using var database = await databases.FreshAsync();
        await using var bench = new RetentionBench(kind, url ?? database.ConnectionString, executions);
        await bench.RunAsync().WaitAsync(cancellationToken);
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        if (_opened is { } database)
        {
            await database.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task RunAsync()
    {
        _opened = Database.Open(kind == "postgres"
            ? new DatabaseOptions { Kind = DatabaseKind.Postgres, ConnectionString = url! }
            : DatabaseOptions.ForFile(Path.Combine(_folder, "periplon.db")));
        var time = TimeProvider.System;
        await new Migrator(Database, time, NullLogger<Migrator>.Instance).UpAsync(CancellationToken.None);
        await CreateMonthsAsync();
        var seeding = Stopwatch.StartNew();
        for (var month = 1; month <= Months; month++)
        {
            await SeedAsync(_now.AddMonths(-1 - month), executions / Months);
        }

        Console.WriteLine(
            $"seeded      {executions / Months * Months} executions of {Months} months, {JournalRows} journal rows and "
            + $"{LogLines} log lines each, in {seeding.Elapsed.TotalSeconds:F1} s");

        // One of the newest of those months lives on: its month is deleted row by row, the others are dropped.
        var store = Store(out var instruments);
        await AppendAsync(store, Guid.CreateVersion7(_now.AddMonths(-2)), 1);
        await ((IAsyncDisposable)store).DisposeAsync();
        instruments.Dispose();
        await PrintSizesAsync("before");
        var calm = await LoadAsync(Task.Delay(TimeSpan.FromSeconds(5), time));
        Print("commits without it", calm);

        using var engine = new EngineInstruments();
        var files = new FileArtifactStore(Path.Combine(_folder, "artifacts"));
        var purge = new ExecutionPurge(Database, files, engine.Retention, time, NullLogger<ExecutionPurge>.Instance);
        var round = new RetentionRound(
            Database, purge, new MonthlyPartitions(Database, time), new AgedTables(Database, [], engine.Retention, time),
            new FreedSpace(Database, new MonthlyPartitions(Database, time), time), engine.Retention, new RetentionOptions(), time,
            NullLogger<RetentionRound>.Instance);
        var watch = Stopwatch.StartNew();
        var running = Task.Run(() => round.RunOnceAsync(CancellationToken.None));
        var busy = await LoadAsync(running);
        var done = await running;
        Console.WriteLine(
            $"retention   {done.Executions} executions in {watch.Elapsed.TotalSeconds:F1} s "
            + $"({done.Executions / watch.Elapsed.TotalSeconds:F0}/s), {done.Partitions} partitions dropped, "
            + $"longest transaction {engine.Retention.Longest.TotalMilliseconds:F0} ms");
        Print("commits meanwhile", busy);
        await PrintSizesAsync("after");
    }

    private async Task CreateMonthsAsync()
    {
        if (Database.Kind is DatabaseKind.Postgres)
        {
            var maintenance = new PartitionMaintenance(Database, TimeProvider.System);
            for (var month = 0; month <= Months + 1; month++)
            {
                var at = _now.AddMonths(-1 - month);
                foreach (var table in MonthlyPartitions.Tables)
                {
                    await maintenance.CreateAsync(new(table, new DateOnly(at.Year, at.Month, 1)), CancellationToken.None);
                }
            }
        }
    }

    // A light load: each of four writers appends to executions of its own, ten times a second, as the engine does.
    private async Task<List<double>> LoadAsync(Task until)
    {
        var store = Store(out var instruments);
        var latencies = new List<double>[4];
        await Parallel.ForAsync(0, latencies.Length, async (writer, _) =>
        {
            latencies[writer] = [];
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            while (!until.IsCompleted)
            {
                var id = Guid.CreateVersion7();
                for (var seq = 1; seq <= 2; seq++)
                {
                    var began = Stopwatch.GetTimestamp();
                    await AppendAsync(store, id, seq);
                    latencies[writer].Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                }

                await timer.WaitForNextTickAsync(CancellationToken.None);
            }
        });
        await ((IAsyncDisposable)store).DisposeAsync();
        instruments.Dispose();
        return [.. latencies.SelectMany(each => each).Order()];
    }

    private IJournalStore Store(out JournalInstruments instruments)
    {
        instruments = new JournalInstruments();
        return Database.Kind is DatabaseKind.Postgres
            ? new PostgresJournalStore(Database, instruments, TimeProvider.System, NullLogger<PostgresJournalStore>.Instance)
            : new SqliteJournalStore(Database, instruments, TimeProvider.System, NullLogger<SqliteJournalStore>.Instance);
    }

    private Task AppendAsync(IJournalStore store, Guid id, int seq)
    {
        var row = new ExecutionRow
        {
            Id = id, Organization = "bench", WorkflowId = Guid.Empty, WorkflowName = "load", WorkflowVersion = "1", Revision = 1,
            Status = ExecutionStatus.Running, Partition = 0, NextWakeAt = _now, CreatedAt = _now,
        };
        return store.AppendAsync(new(id, seq, new byte[500], Guid.NewGuid(), _now, row), CancellationToken.None);
    }

    private async Task SeedAsync(DateTimeOffset month, int count)
    {
        var first = new DateTimeOffset(month.Year, month.Month, 2, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        foreach (var sql in Database.Kind is DatabaseKind.Postgres ? RetentionSeed.Postgres : RetentionSeed.Sqlite)
        {
            await using var connection = await Database.Engine.OpenConnectionAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = sql
                .Replace("{first}", first.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("{count}", count.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("{rows}", JournalRows.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("{lines}", LogLines.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync();
        }
    }

    private async Task PrintSizesAsync(string when)
    {
        await using var connection = await Database.Reads.OpenConnectionAsync();
        var sizes = new List<string>();
        if (connection is NpgsqlConnection)
        {
            foreach (var table in Tables)
            {
                await using var command = connection.CreateCommand();
                command.CommandText = $"""
                    select sum(pg_total_relation_size(relid)) from pg_partition_tree('{table}')
                    union all select pg_total_relation_size('{table}')
                    """;
                await using var reader = await command.ExecuteReaderAsync();
                var bytes = 0m;
                while (await reader.ReadAsync())
                {
                    bytes = Math.Max(bytes, reader.IsDBNull(0) ? 0 : Convert.ToDecimal(reader.GetValue(0), CultureInfo.InvariantCulture));
                }

                sizes.Add($"{table} {bytes / 1024 / 1024:F0} MB");
            }
        }
        else
        {
            await using var command = ((SqliteConnection)connection).CreateCommand();
            command.CommandText = "pragma wal_checkpoint(passive)";
            await command.ExecuteNonQueryAsync();
            sizes.Add($"file {new FileInfo(Path.Combine(_folder, "periplon.db")).Length / 1024.0 / 1024:F0} MB");
        }

        Console.WriteLine($"{when,-11} {string.Join(", ", sizes)}");
    }

    private static void Print(string what, List<double> sorted) => Console.WriteLine(
        $"{what,-18} {sorted.Count} appends, p50 {At(sorted, 0.5):F1} ms, p99 {At(sorted, 0.99):F1} ms, max {sorted[^1]:F0} ms");

    private static double At(List<double> sorted, double share) => sorted[(int)(share * (sorted.Count - 1))];
}
