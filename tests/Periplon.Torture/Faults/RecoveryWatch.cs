using System.Text.Json;
using Periplon.Torture.Cluster;
using Periplon.Torture.Ledger;
using Periplon.Torture.Load;

namespace Periplon.Torture.Faults;

/// <summary>
/// Watches how interrupted work goes on. Those count that had an attempt under way on a silo that a fault hits, of workflows in which
/// something follows at once; they have gone on when an attempt starts elsewhere, or again, or when they have ended.
/// </summary>
internal sealed class RecoveryWatch(LedgerReader ledger, LoadDriver load, LoadClient client, TimeProvider time)
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    /// <summary>What is under way on some silos.</summary>
    public List<Interrupted> UnderWay(IEnumerable<Silo> silos)
    {
        ledger.Read();
        var lives = silos.Select(silo => silo.Life?.Name).ToHashSet();
        return [.. ledger.Open
            .Where(run => lives.Contains(run.Life)
                && load.Started.TryGetValue(run.Key.Execution, out var started) && started.Workload.GoesOnAtOnce)
            .DistinctBy(run => run.Key.Execution)
            .Select(run => new Interrupted(run.Key.Execution, run.ToString()))];
    }

    /// <summary>Waits until so many are under way on some silos, or the patience is over.</summary>
    public async Task UntilUnderWayAsync(
        IReadOnlyList<Silo> silos, int enough, TimeSpan patience, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (UnderWay(silos).Count < enough && time.GetElapsedTime(began) < patience)
        {
            await Task.Delay(Beat, time, cancellationToken);
        }
    }

    /// <summary>Waits until all have gone on, or the patience is over.</summary>
    /// <param name="interrupted">Those that were interrupted.</param>
    /// <param name="at">When.</param>
    /// <param name="dead">Processes whose starts do not count, because they hang or are dead.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task WaitAsync(
        IReadOnlyList<Interrupted> interrupted, DateTimeOffset at, IReadOnlySet<string> dead, TimeSpan patience,
        CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        for (var round = 0; ; round++)
        {
            ledger.Read();
            foreach (var each in interrupted.Where(each => each.WentOnAt is null))
            {
                each.WentOnAt = ledger.Of(each.Execution).Where(run => run.StartedAt > at && !dead.Contains(run.Life))
                    .Select(run => (DateTimeOffset?)run.StartedAt).Min();
            }

            List<Interrupted> open = [.. interrupted.Where(each => each.WentOnAt is null)];
            if (open.Count == 0 || time.GetElapsedTime(began) >= patience)
            {
                return;
            }

            if (round % 10 == 9)
            {
                // All at once: a server that stands still answers none of them.
                await Task.WhenAll(open.Select(async each => each.WentOnAt = await EndAsync(each.Execution, cancellationToken)));
            }

            await Task.Delay(Beat, time, cancellationToken);
        }
    }

    private async Task<DateTimeOffset?> EndAsync(Guid execution, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            var shown = await client.GetAsync($"/api/v1/executions/{execution}", patience.Token);
            return shown.ValueKind is JsonValueKind.Object && shown.TryGetProperty("completed_at", out var end)
                && end.ValueKind is JsonValueKind.String
                ? end.GetDateTimeOffset()
                : null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
