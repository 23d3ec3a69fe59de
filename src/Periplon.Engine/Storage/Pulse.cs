using Microsoft.Extensions.Options;
using Periplon.Engine.Schedules;

namespace Periplon.Engine.Storage;

/// <summary>What waits in the database at a moment.</summary>
/// <param name="WakeAt">For each partition of the queue: when its next execution is to be looked at; null when none is.</param>
/// <param name="StartAt">For each partition: when the next one that waits to be started is to be looked at; null when none is.</param>
/// <param name="HasQueued">For each partition: whether executions wait to be started.</param>
/// <param name="FireAt">For each scheduler: when its next schedule fires; null when none does.</param>
/// <param name="IsBusy">For each scheduler: whether it has runs, backfills or deleted schedules to look after.</param>
/// <param name="HasBulk">Whether a bulk operation is under way.</param>
/// <param name="HasTriggerRuns">Whether runs of triggers are pending.</param>
/// <param name="HasTriggers">Whether triggers watch for ended executions.</param>
internal sealed record PulseReading(
    DateTimeOffset?[] WakeAt, DateTimeOffset?[] StartAt, bool[] HasQueued, DateTimeOffset?[] FireAt, bool[] IsBusy, bool HasBulk,
    bool HasTriggerRuns, bool HasTriggers)
{
    /// <summary>Whether somebody has work now, for which times alone do not speak.</summary>
    public bool HasAny => HasBulk || HasTriggerRuns || HasTriggers || HasQueued.Contains(true) || IsBusy.Contains(true);
}

/// <summary>
/// One question to the database for all who look for work in it at intervals: partitions, schedulers, bulk operations, triggers. Whoever
/// finds there that nothing waits for it asks nothing more, so that an idle silo leaves the database in peace.
/// </summary>
internal partial class Pulse(
    Database database, IOptions<EngineOptions> engine, IOptions<ScheduleOptions> schedules, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly string _sql = SqlOf(engine.Value.Partitions, schedules.Value.Shards);
    private Task<PulseReading>? _reading;
    private long _askedAt;

    /// <summary>
    /// What waits, as it was not longer ago than <see cref="EngineOptions.SweepInterval"/>; twice that when nothing did but for times to
    /// come, which the reading tells: what is new since then is in the memory of those who made it.
    /// </summary>
    /// <exception cref="System.Data.Common.DbException">The database cannot be read.</exception>
    public Task<PulseReading> ReadAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_reading is null or { IsFaulted: true } or { IsCanceled: true } || time.GetElapsedTime(_askedAt) >= Age(_reading))
            {
                // Not a second one beside a first that takes long.
                if (_reading is not { IsCompleted: false })
                {
                    _askedAt = time.GetTimestamp();
                    _reading = AskAsync();
                }
            }

            return _reading.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The next who reads asks anew: something was put into the database.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _reading = _reading is { IsCompleted: false } ? _reading : null;
        }
    }

    private TimeSpan Age(Task<PulseReading> reading) =>
        reading is { IsCompletedSuccessfully: true, Result.HasAny: false } ? engine.Value.SweepInterval * 2 : engine.Value.SweepInterval;

    /// <summary>Asks the database. For all who wait: none of them ends it.</summary>
    protected virtual async Task<PulseReading> AskAsync()
    {
        await Task.Yield();
        var partitions = engine.Value.Partitions;
        var shards = schedules.Value.Shards;
        var reading = new PulseReading(
            new DateTimeOffset?[partitions], new DateTimeOffset?[partitions], new bool[partitions], new DateTimeOffset?[shards], new bool[shards],
            false, false, false);
        await using var connection = await database.Engine.OpenConnectionAsync(CancellationToken.None);
        await using var command = connection.CreateCommand();
        command.CommandText = _sql;
        command.AddTime("overtaken", time.GetUtcNow() - ScheduleShard.LateStart);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        while (await reader.ReadAsync(CancellationToken.None))
        {
            var number = reader.GetInt32(1);
            var isThere = reader.GetInt32(4) == 1;
            switch (reader.GetString(0))
            {
                case Partition:
                    (reading.WakeAt[number], reading.StartAt[number], reading.HasQueued[number]) =
                        (reader.FindTime(2), reader.FindTime(3), isThere);
                    break;
                case Shard:
                    (reading.FireAt[number], reading.IsBusy[number]) = (reader.FindTime(2), isThere);
                    break;
                case Bulk:
                    reading = reading with { HasBulk = isThere };
                    break;
                case TriggerRuns:
                    reading = reading with { HasTriggerRuns = isThere };
                    break;
                case Triggers:
                    reading = reading with { HasTriggers = isThere };
                    break;
            }
        }

        return reading;
    }
}
