using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Periplon.Client.Workers;

namespace Periplon.Engine.Workers;

/// <summary>A live worker and what it says of itself.</summary>
internal sealed record LiveWorker(string Name, WorkerStats Stats)
{
    /// <summary>Whether it would take tasks with these tags.</summary>
    public bool Takes(IReadOnlyCollection<string> tags) => Stats is { Slots: > 0, Draining: false } && tags.All(Stats.Tags.Contains);
}

/// <summary>The workers of the cluster.</summary>
internal interface IWorkerDirectory
{
    /// <summary>Workers of silos that answer in time, those without slots too.</summary>
    Task<IReadOnlyList<LiveWorker>> ListAsync(CancellationToken cancellationToken);
}

/// <summary>The workers of the cluster, asked when a person wants to know; the answer is kept for a moment.</summary>
internal sealed partial class WorkerDirectory(
    IClusterMembershipService membership, IGrainFactory grains, TimeProvider time, ILogger<WorkerDirectory> logger) : IWorkerDirectory
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(2);

    private (long At, IReadOnlyList<LiveWorker> Workers)? _known;

    public async Task<IReadOnlyList<LiveWorker>> ListAsync(CancellationToken cancellationToken)
    {
        if (_known is { } known && time.GetElapsedTime(known.At) < Age)
        {
            return known.Workers;
        }

        var asked = membership.CurrentSnapshot.Members.Values.Where(member => member.Status is SiloStatus.Active)
            .Select(member => AskAsync(member.SiloAddress.ToParsableString(), cancellationToken));
        var answers = await Task.WhenAll(asked);
        IReadOnlyList<LiveWorker> workers = [.. answers.OfType<LiveWorker>().OrderBy(worker => worker.Name, StringComparer.Ordinal)];
        _known = (time.GetTimestamp(), workers);
        return workers;
    }

    private async Task<LiveWorker?> AskAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var asking = grains.GetGrain<IWorkerGrain>(name).StatsAsync(cancellationToken);
            return new LiveWorker(name, await asking.WaitAsync(AnswerTime, time, cancellationToken));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNoAnswer(e, name);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Debug, "Worker {Worker} did not say what it does")]
    private partial void LogNoAnswer(Exception exception, string worker);
}
