using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Periplon.Client.Executions;
using Periplon.Client.Queue;
using Periplon.Client.Workers;
using Periplon.Core.Executions;
using Periplon.Engine.Queue;

namespace Periplon.Engine.Executions;

/// <summary>
/// What executions and the worker of this silo have to tell others: offers and tickets to partitions, stops to workers. It runs outside
/// grains, so that calls between grains go one way only, and it sends together what waits for the same receiver. What cannot be delivered
/// is found by the sweep.
/// </summary>
internal sealed partial class ExecutionSignals
{
    private const int MaxBatch = 512;
    private const int MaxTries = 5;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    // A call that was forwarded to a silo which then froze is answered by nobody, and Orleans notices only after 30 s.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<int, ChannelWriter<(TaskOffer? Offer, Guid Execution)>> _offers = new();
    private readonly ConcurrentDictionary<int, ChannelWriter<long>> _done = new();
    private readonly ChannelWriter<(string Worker, Guid Token)> _stops;
    private readonly Random _random = new();
    private readonly Lock _randomGate = new();
    private readonly IGrainFactory _grains;
    private readonly QueuePartitions _partitions;
    private readonly TimeProvider _time;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<ExecutionSignals> _logger;

    public ExecutionSignals(
        IGrainFactory grains, QueuePartitions partitions, TimeProvider time, IHostApplicationLifetime lifetime,
        ILogger<ExecutionSignals> logger)
    {
        (_grains, _partitions, _time, _lifetime, _logger) = (grains, partitions, time, lifetime, logger);

        // One for all workers: workers come and go, and one for each would stay after the last of its calls.
        _stops = Start<(string Worker, Guid Token)>("stops to workers", SendStopsAsync);
    }

    /// <summary>An execution has ended on this silo, and the end is committed. Handlers only take note.</summary>
    public event Action<ExecutionState>? ExecutionEnded;

    /// <summary>Offers a ready task to its partition.</summary>
    public void Offer(TaskOffer offer) => ToPartition(offer.ExecutionId, offer);

    /// <summary>Tells a partition that an execution has ended: what it has offered before is void.</summary>
    public void Withdraw(Guid execution) => ToPartition(execution, null);

    /// <summary>Tells a partition that a taken offer needs no second hand-out.</summary>
    public void Done(int partition, long ticket) => _done.GetOrAdd(partition, StartDone).TryWrite(ticket);

    /// <summary>Tells a worker that an attempt no longer matters.</summary>
    public void Stop(string worker, Guid token) => _stops.TryWrite((worker, token));

    /// <summary>Tells this silo that an execution has ended.</summary>
    public void End(ExecutionState state) => ExecutionEnded?.Invoke(state);

    /// <summary>A number from 0 to below 1, for the jitter of delays.</summary>
    public double NextRandom()
    {
        lock (_randomGate)
        {
            return _random.NextDouble();
        }
    }

    // One way for both, so that no offer arrives after its withdrawal.
    private void ToPartition(Guid execution, TaskOffer? offer) =>
        _offers.GetOrAdd(_partitions.Of(execution), StartOffers).TryWrite((offer, execution));

    private ChannelWriter<(TaskOffer? Offer, Guid Execution)> StartOffers(int partition)
    {
        var queue = _grains.GetGrain<IQueueGrain>(QueuePartitions.KeyOf(partition));
        return Start<(TaskOffer? Offer, Guid Execution)>($"offers to partition {partition}", async messages =>
        {
            var ended = messages.Where(message => message.Offer is null).Select(message => message.Execution).ToHashSet();
            var offers = messages.Select(message => message.Offer).OfType<TaskOffer>().Where(offer => !ended.Contains(offer.ExecutionId)).ToList();
            if (ended.Count > 0)
            {
                await WithdrawAsync(queue, [.. ended]);
            }

            if (offers.Count == 0)
            {
                return;
            }

            // A silo of an earlier version refuses nothing and says nothing.
            foreach (var refused in await queue.OfferAsync(offers, CancellationToken.None) ?? [])
            {
                await _grains.GetGrain<IExecutionGrain>(refused.ToString("D")).RefusedAsync();
            }
        });
    }

    // Not repeated: a worker that takes such an offer is refused, and a silo of an earlier version does not know the call.
    private async Task WithdrawAsync(IQueueGrain queue, List<Guid> ended)
    {
        try
        {
            await queue.WithdrawAsync(ended, CancellationToken.None);
        }
        catch (Exception e)
        {
            LogNotWithdrawn(e, ended.Count);
        }
    }

    private ChannelWriter<long> StartDone(int partition)
    {
        var queue = _grains.GetGrain<IQueueGrain>(QueuePartitions.KeyOf(partition));
        return Start<long>($"tickets to partition {partition}", tickets => queue.DoneAsync(tickets));
    }

    private Task SendStopsAsync(IReadOnlyList<(string Worker, Guid Token)> stops) => Task.WhenAll(
        stops.GroupBy(stop => stop.Worker)
            .Select(ofWorker => _grains.GetGrain<IWorkerGrain>(ofWorker.Key).StopAsync([.. ofWorker.Select(stop => stop.Token)])));

    private ChannelWriter<T> Start<T>(string what, Func<IReadOnlyList<T>, Task> send)
    {
        var channel = Channel.CreateUnbounded<T>(new UnboundedChannelOptions { SingleReader = true });
        _ = Task.Run(() => SendAllAsync(what, channel.Reader, send));
        return channel.Writer;
    }

    private async Task SendAllAsync<T>(string what, ChannelReader<T> reader, Func<IReadOnlyList<T>, Task> send)
    {
        while (await reader.WaitToReadAsync())
        {
            var batch = new List<T>();
            while (batch.Count < MaxBatch && reader.TryRead(out var item))
            {
                batch.Add(item);
            }

            for (var tries = 1; ; tries++)
            {
                try
                {
                    await send(batch).WaitAsync(AnswerTimeout, _time);
                    break;
                }
                catch (Exception e) when (tries < MaxTries && !_lifetime.ApplicationStopping.IsCancellationRequested)
                {
                    LogRetried(e, what, tries);
                    await Task.Delay(RetryDelay * tries, _time, CancellationToken.None);
                }
                catch (Exception e)
                {
                    LogGivenUp(e, batch.Count, what);
                    break;
                }
            }
        }
    }

    [LoggerMessage(LogLevel.Debug, "Sending {What} failed at try {Try} and is repeated")]
    private partial void LogRetried(Exception exception, string what, int @try);

    [LoggerMessage(LogLevel.Debug, "The offers of {Count} ended executions could not be withdrawn; workers that take them are refused")]
    private partial void LogNotWithdrawn(Exception exception, int count);

    [LoggerMessage(LogLevel.Warning, "{Count} {What} could not be sent; the sweep finds what they were about")]
    private partial void LogGivenUp(Exception exception, int count, string what);
}
