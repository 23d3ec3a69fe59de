using Microsoft.Extensions.Options;
using Periplon.Api.Requests;
using Periplon.Client.Schedules;
using Periplon.Engine.Schedules;

namespace Periplon.Api.Schedules;

/// <summary>Finds and changes schedules of the caller's organization.</summary>
internal sealed partial class ScheduleEditor(
    IScheduleStore store, IGrainFactory grains, IOptions<ScheduleOptions> options, TimeProvider time, ILogger<ScheduleEditor> logger)
{
    private const int MaxTries = 10;

    private static readonly TimeSpan _wakePatience = TimeSpan.FromSeconds(1);

    public DateTimeOffset Now => time.GetUtcNow();

    public int ShardOf(Guid schedule) => options.Value.ShardOf(schedule);

    /// <summary>From when on every run of a schedule is kept.</summary>
    public DateTimeOffset RunsKeptFrom(ScheduleRow row)
    {
        var kept = Now - options.Value.KeepRuns;
        return row.CreatedAt >= kept ? DateTimeOffset.MinValue : kept;
    }

    public async Task<ScheduleRow> GetAsync(string id, CallerIdentity caller, CancellationToken cancellationToken) =>
        await store.FindAsync(caller.Organization, RouteIds.Parse(id, "schedule"), cancellationToken)
        ?? throw new ApiProblemException(ApiProblem.NotFound("schedule", id));

    /// <summary>Changes a schedule as it stands, again when it was changed or fired meanwhile.</summary>
    public async Task<ScheduleRow> ChangeAsync(
        string id, CallerIdentity caller, Func<ScheduleRow, ScheduleRow> change, CancellationToken cancellationToken)
    {
        for (var i = 0; i < MaxTries; i++)
        {
            var before = await GetAsync(id, caller, cancellationToken);
            var after = change(before) with { Revision = before.Revision + 1, UpdatedAt = Now };
            switch (await store.UpdateAsync(after, before, cancellationToken))
            {
                case ScheduleSave.Saved:
                    await RecordDroppedAsync(before, after, cancellationToken);
                    await WakeAsync(after, cancellationToken);
                    return after;
                case ScheduleSave.NameTaken:
                    throw new ApiProblemException(NameTaken(after));
            }
        }

        throw new ApiProblemException(ApiProblem.Conflict("The schedule is being changed by somebody else; repeat the request", id));
    }

    // The tick was due and waited for its jitter, or for a server. The change has taken it from the schedulers: nobody else has decided it.
    private async Task RecordDroppedAsync(ScheduleRow before, ScheduleRow after, CancellationToken cancellationToken)
    {
        if (before.NextTick is not { } tick || tick > after.UpdatedAt || after.NextTick == tick)
        {
            return;
        }

        await store.RecordRunAsync(
            new ScheduleRun
            {
                ScheduleId = before.Id, Tick = tick, Shard = before.Shard, Status = RunStatus.Skipped, Priority = before.Priority,
                Reason = $"the schedule was {(after.IsActive ? "changed" : "paused")} before it fired", CreatedAt = after.UpdatedAt,
                CompletedAt = after.UpdatedAt,
            },
            cancellationToken);
    }

    /// <summary>Tells the scheduler, which would find out by itself within seconds.</summary>
    public async Task WakeAsync(ScheduleRow row, CancellationToken cancellationToken)
    {
        try
        {
            await grains.GetGrain<ISchedulerGrain>($"{row.Shard}").WakeAsync(cancellationToken).WaitAsync(
                _wakePatience, time, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotWoken(e, row.Shard);
        }
    }

    public static ApiProblem NameTaken(ScheduleRow row) =>
        ApiProblem.Conflict($"The name '{row.Name}' is in use by another schedule; change that one or take another name");

    [LoggerMessage(LogLevel.Information, "Scheduler {Shard} did not answer; it finds the change by itself")]
    private partial void LogNotWoken(Exception exception, int shard);
}
