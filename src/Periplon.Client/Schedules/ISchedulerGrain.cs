namespace Periplon.Client.Schedules;

/// <summary>Fires the schedules of one shard. Key: the number of the shard.</summary>
[Alias("Periplon.ISchedulerGrain")]
public interface ISchedulerGrain : IGrainWithStringKey
{
    /// <summary>Looks at its schedules now, because one was changed or because a silo has died.</summary>
    [Alias("Wake")]
    Task WakeAsync(CancellationToken cancellationToken);
}
