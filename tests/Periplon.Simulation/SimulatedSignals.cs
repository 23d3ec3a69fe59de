using Periplon.Client.Queue;

namespace Periplon.Simulation;

/// <summary>What a silo has to tell partitions and workers: offers, tickets, stops.</summary>
internal sealed class SimulatedSignals
{
    private const int MaxTries = 5;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly Lane<TaskOffer>[] _offers;
    private readonly Lane<long>[] _done;
    private readonly Lane<(string Worker, Guid Token)> _stops;
    private readonly Silo _silo;

    public SimulatedSignals(Silo silo)
    {
        _silo = silo;
        var partitions = Enumerable.Range(0, silo.World.Partitions.Count).ToList();
        _offers = [.. partitions.Select(partition => new Lane<TaskOffer>(silo, MaxTries, RetryDelay, offers => OfferAsync(partition, offers)))];
        _done = [.. partitions.Select(partition => new Lane<long>(silo, MaxTries, RetryDelay, tickets => DoneAsync(partition, tickets)))];
        _stops = new Lane<(string Worker, Guid Token)>(silo, MaxTries, RetryDelay, StopAsync);
    }

    public void Offer(TaskOffer offer) => _offers[_silo.World.Partitions.Of(offer.ExecutionId)].Add(offer);

    public void Done(int partition, long ticket) => _done[partition].Add(ticket);

    public void Stop(string worker, Guid token) => _stops.Add((worker, token));

    private async Task OfferAsync(int partition, List<TaskOffer> offers)
    {
        var refused = await _silo.World.CallAsync<PartitionActivation, IReadOnlyList<Guid>>(
            _silo, GrainKey.Partition(partition), queue => queue.OfferAsync(offers));
        foreach (var id in refused)
        {
            await _silo.World.CallAsync<ExecutionActivation, bool>(_silo, GrainKey.Execution(id), static execution => execution.RefusedAsync());
        }
    }

    private Task DoneAsync(int partition, List<long> tickets)
    {
        // Nobody waits for the answer of this one.
        _ = _silo.World.CallAsync<PartitionActivation, bool>(_silo, GrainKey.Partition(partition), queue => queue.DoneAsync(tickets));
        return Task.CompletedTask;
    }

    private Task<bool[]> StopAsync(List<(string Worker, Guid Token)> stops) => Task.WhenAll(
        stops.GroupBy(stop => stop.Worker).Select(ofWorker =>
        {
            var tokens = ofWorker.Select(stop => stop.Token).ToList();
            return _silo.World.CallAsync<WorkerActivation, bool>(_silo, GrainKey.Worker(ofWorker.Key), face => face.StopAsync(tokens));
        }));
}
