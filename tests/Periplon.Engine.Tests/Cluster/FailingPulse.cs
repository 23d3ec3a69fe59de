using Microsoft.Extensions.Options;
using Periplon.Engine.Schedules;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>What all ask, as long as the database is there.</summary>
internal sealed class FailingPulse(
    Database database, IOptions<EngineOptions> engine, IOptions<ScheduleOptions> schedules, TimeProvider time)
    : Pulse(database, engine, schedules, time)
{
    private volatile bool _isAway;
    private int _failed;

    public bool IsAway
    {
        get => _isAway;
        set => _isAway = value;
    }

    /// <summary>How often it was asked while it was away.</summary>
    public int Failed => Volatile.Read(ref _failed);

    protected override Task<PulseReading> AskAsync()
    {
        if (!_isAway)
        {
            return base.AskAsync();
        }

        Interlocked.Increment(ref _failed);
        return Task.FromException<PulseReading>(new TimeoutException("The database is away"));
    }
}
