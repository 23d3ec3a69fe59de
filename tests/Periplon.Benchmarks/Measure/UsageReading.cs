using System.Diagnostics;
using Periplon.Benchmarks.Load;
using Periplon.Benchmarks.Servers;

namespace Periplon.Benchmarks.Measure;

/// <summary>What everything has used so far; the difference of two is what a measurement cost.</summary>
internal sealed record UsageReading
{
    public required TimeSpan Client { get; init; }

    public required TimeSpan Server { get; init; }

    public TimeSpan? Database { get; init; }

    public double? Appends { get; init; }

    public double? Commits { get; init; }

    public double? WalBytes { get; init; }

    public double? AllocatedBytes { get; init; }

    public static async Task<UsageReading> TakeAsync(ServerGroup servers, RunDatabase database)
    {
        var metrics = await Task.WhenAll(servers.Apis.Select(api => api.MetricsAsync()));
        double? Sum(string series) => metrics.Aggregate((double?)0, (sum, text) => sum + ApiClient.Find(text, series));
        using var self = Process.GetCurrentProcess();
        return new UsageReading
        {
            Client = self.TotalProcessorTime,
            Server = servers.ProcessorTime(),
            Database = database.ProcessorTime(),
            WalBytes = await database.WalBytesAsync(),
            Appends = Sum("periplon_journal_rows_total"),
            Commits = Sum("periplon_journal_commits_total"),
            AllocatedBytes = Sum("dotnet_gc_heap_total_allocated_bytes_total"),
        };
    }

    /// <summary>What one of many cost since an earlier reading; what cannot be read is left out.</summary>
    /// <param name="before">The earlier reading.</param>
    /// <param name="count">How many.</param>
    /// <param name="each">What they are called, such as execution.</param>
    public IEnumerable<Figure> PerOne(UsageReading before, long count, string each)
    {
        (string Name, double? Used)[] used =
        [
            ("client_ms", (Client - before.Client).TotalMilliseconds),
            ("server_ms", (Server - before.Server).TotalMilliseconds),
            ("database_ms", (Database - before.Database)?.TotalMilliseconds),
            ("journal_appends", Appends - before.Appends),
            ("journal_commits", Commits - before.Commits),
            ("wal_bytes", WalBytes - before.WalBytes),
            ("allocated_bytes", AllocatedBytes - before.AllocatedBytes),
        ];
        foreach (var (name, value) in used)
        {
            if (value is { } known)
            {
                yield return new Figure($"{name}_per_{each}", known / count);
            }
        }
    }
}
