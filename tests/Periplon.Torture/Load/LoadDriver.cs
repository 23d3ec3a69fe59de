using System.Collections.Concurrent;
using Periplon.Torture.Cluster;
using Periplon.Torture.Checks;

namespace Periplon.Torture.Load;

/// <summary>
/// Starts executions at a steady rate, with a bound on those whose clients are still busy, and remembers what was acknowledged.
/// </summary>
internal sealed class LoadDriver(
    TortureCluster cluster, LoadClient client, Random random, double rate, Violations violations, TimeProvider time)
    : IDisposable
{
    // A backlog that grows without end would only measure the machine.
    private const int MostOpen = 150;

    private readonly ConcurrentDictionary<Guid, StartedExecution> _started = new();
    private readonly SemaphoreSlim _open = new(MostOpen);
    private IReadOnlyList<Workload> _turns = [];
    private int _number;

    public IReadOnlyList<Workload> Workloads { get; private set; } = [];

    /// <summary>What was acknowledged, by id.</summary>
    public IReadOnlyDictionary<Guid, StartedExecution> Started => _started;

    /// <summary>Starts that were asked for.</summary>
    public int Asked => _number;

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        Workloads = Load.Workloads.All(cluster.LedgerFile);
        _turns = [.. Workloads.SelectMany(workload => Enumerable.Repeat(workload, workload.Weight))];
        foreach (var workload in Workloads)
        {
            await client.StoreAsync(workload, cancellationToken);
        }
    }

    /// <summary>Loads until it is told to end, and then until every client has its last answer or the patience is over.</summary>
    public async Task RunAsync(CancellationToken ended, CancellationToken cancellationToken)
    {
        var clients = new List<Task>();
        while (!ended.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(2 * random.NextDouble() / rate), time, ended)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!ended.IsCancellationRequested && await _open.WaitAsync(TimeSpan.FromSeconds(1), cancellationToken))
            {
                var workload = _turns[random.Next(_turns.Count)];
                clients.Add(ServeAsync(workload, ++_number, cancellationToken));
            }
        }

        await Task.WhenAll(clients);
    }

    public void Dispose() => _open.Dispose();

    private async Task ServeAsync(Workload workload, int number, CancellationToken cancellationToken)
    {
        try
        {
            if (await client.StartAsync(workload, number, cancellationToken) is not { } id)
            {
                return;
            }

            var started = new StartedExecution(id, number, workload, time.GetUtcNow());
            if (!_started.TryAdd(id, started))
            {
                violations.Add("double-id", $"Execution {id} was the answer to two starts, numbers {_started[id].Number} and {number}");
            }

            if (workload.Follow is { } follow)
            {
                await follow(client, started, cancellationToken);
            }
            else if (number % 3 == 0)
            {
                // Callers that hang on an execution must not hold it up.
                await client.GetAsync($"/api/v1/executions/{id}?wait=15", cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            violations.Add("unanswered", $"The client of '{workload.Name}', number {number}, had no last answer when the time was up");
        }
        finally
        {
            _open.Release();
        }
    }
}
