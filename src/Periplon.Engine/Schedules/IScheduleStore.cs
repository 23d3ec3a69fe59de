namespace Periplon.Engine.Schedules;

/// <summary>Schedules, as people make and change them, and what became of their ticks.</summary>
internal interface IScheduleStore
{
    Task<ScheduleRow?> FindAsync(string organization, Guid id, CancellationToken cancellationToken);

    /// <summary>Rows newest first, and the number of all that match.</summary>
    Task<(IReadOnlyList<ScheduleRow> Rows, long Total)> ListAsync(
        ScheduleFilter filter, int offset, int limit, CancellationToken cancellationToken);

    Task<ScheduleSave> InsertAsync(ScheduleRow row, CancellationToken cancellationToken);

    /// <summary>Writes a changed row, unless the stored one is no longer <paramref name="before"/> in revision and next tick.</summary>
    Task<ScheduleSave> UpdateAsync(ScheduleRow row, ScheduleRow before, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes a schedule; its executions stay. From then on nobody finds it; its runs and backfills go little by little. False when there
    /// is none.
    /// </summary>
    Task<bool> DeleteAsync(string organization, Guid id, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Runs of a schedule, newest tick first, those before a tick.</summary>
    Task<IReadOnlyList<ScheduleRun>> ListRunsAsync(
        Guid schedule, RunStatus? status, DateTimeOffset? before, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Which of some ticks, given in order, are gaps: no run has started an execution for them or is about to, and there is none that a
    /// tick's run started before that run was deleted.
    /// </summary>
    Task<IReadOnlyList<DateTimeOffset>> ListGapsAsync(
        Guid schedule, IReadOnlyList<DateTimeOffset> ticks, CancellationToken cancellationToken);

    /// <summary>Stores a run; false when the tick has one, or another run has its execution.</summary>
    Task<bool> RecordRunAsync(ScheduleRun run, CancellationToken cancellationToken);

    /// <summary>The run that has an execution; null when none of the schedule has.</summary>
    Task<ScheduleRun?> FindRunAsync(Guid schedule, Guid execution, CancellationToken cancellationToken);

    /// <summary>Stores what became of starts, where the run still waits for that.</summary>
    Task MarkAsync(IReadOnlyList<RunMark> marks, CancellationToken cancellationToken);

    /// <summary>False when the id exists.</summary>
    Task<bool> InsertBackfillAsync(ScheduleBackfill backfill, CancellationToken cancellationToken);

    Task<ScheduleBackfill?> FindBackfillAsync(Guid schedule, Guid id, CancellationToken cancellationToken);

    /// <summary>Backfills of a schedule, newest first.</summary>
    Task<IReadOnlyList<ScheduleBackfill>> ListBackfillsAsync(Guid schedule, int limit, CancellationToken cancellationToken);

    Task<BackfillCounts> CountBackfillRunsAsync(Guid backfill, CancellationToken cancellationToken);

    /// <summary>Ends a backfill that is running; false when it is not.</summary>
    Task<bool> EndBackfillAsync(Guid id, BackfillStatus status, DateTimeOffset at, CancellationToken cancellationToken);
}

/// <summary>What the schedulers do with schedules. Each call is one statement or one short transaction.</summary>
internal interface ISchedulerStore
{
    /// <summary>Gives the rows of shards that no longer exist to those that do; returns how many schedules moved.</summary>
    Task<int> FitShardsAsync(int shards, CancellationToken cancellationToken);

    /// <summary>Schedules of a shard that fire until a time, earliest first.</summary>
    Task<IReadOnlyList<ScheduleRow>> ListDueAsync(int shard, DateTimeOffset until, int limit, CancellationToken cancellationToken);

    /// <summary>Runs of schedules of a shard that have not ended, oldest tick first; those of backfills are apart.</summary>
    Task<IReadOnlyList<ActiveRun>> ListActiveRunsAsync(
        int shard, IReadOnlyCollection<Guid> schedules, CancellationToken cancellationToken);

    /// <summary>
    /// Stores decisions about ticks, each unless the schedule was changed or somebody else has decided; and in the same transaction the
    /// runs, each unless the tick has one.
    /// </summary>
    Task<ScheduleClaimed> ClaimAsync(IReadOnlyList<ScheduleClaim> claims, CancellationToken cancellationToken);

    /// <summary>Stores what became of starts, where the run still waits for that.</summary>
    Task MarkAsync(IReadOnlyList<RunMark> marks, CancellationToken cancellationToken);

    /// <summary>Puts off a schedule that cannot be read, and says why.</summary>
    Task PostponeAsync(ScheduleRow schedule, DateTimeOffset until, string reason, CancellationToken cancellationToken);

    /// <summary>
    /// Runs of a shard that nobody starts: those made before a time (or, the clock having gone back, after now) whose start was not
    /// recorded, and those that waited for a run that has ended by now. Schedule by schedule in the order of their ids, of each those first
    /// that waited, then the oldest.
    /// </summary>
    Task<IReadOnlyList<(ScheduleRow Schedule, ScheduleRun Run)>> ListForgottenAsync(
        ForgottenQuery query, CancellationToken cancellationToken);

    /// <summary>Counts a start that nobody answered as a failure of its schedule, and says why.</summary>
    Task NoteTroubleAsync(Guid schedule, string reason, CancellationToken cancellationToken);

    /// <summary>
    /// Skips the runs of a schedule before a tick that have not started, for the newer run that has the tick. They keep their executions:
    /// a start that is under way may still arrive.
    /// </summary>
    Task SkipOlderAsync(ScheduleRun newer, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Executions of runs that were skipped for a newer one after a time, which were started all the same and live.</summary>
    Task<IReadOnlyList<(ScheduleRow Schedule, Guid Execution)>> ListOvertakenAsync(
        int shard, DateTimeOffset after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Removes runs of deleted schedules, up to a number, and the schedules that have none; returns how many runs. Those that were skipped
    /// after a time and may yet be started stay, so that what starts is found.
    /// </summary>
    Task<int> RemoveDeletedAsync(int shard, DateTimeOffset late, int limit, CancellationToken cancellationToken);

    /// <summary>Ends the runs whose executions have ended; returns how many.</summary>
    Task<int> SettleAsync(int shard, CancellationToken cancellationToken);

    /// <summary>Ends the runs that were started before a time and whose executions no longer exist; returns how many.</summary>
    Task<int> SettleLostAsync(int shard, DateTimeOffset before, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes runs and backfills that ended before a time, up to a number; returns how many runs. Runs of ticks that a running backfill
    /// has still to look at stay.
    /// </summary>
    Task<int> PruneAsync(int shard, DateTimeOffset before, int limit, CancellationToken cancellationToken);

    Task<IReadOnlyList<(ScheduleBackfill Backfill, ScheduleRow Schedule)>> ListBackfillsAsync(int shard, CancellationToken cancellationToken);

    Task<BackfillCounts> CountBackfillRunsAsync(Guid backfill, CancellationToken cancellationToken);

    Task<IReadOnlyList<DateTimeOffset>> ListGapsAsync(
        Guid schedule, IReadOnlyList<DateTimeOffset> ticks, CancellationToken cancellationToken);

    /// <summary>
    /// Moves a backfill on and stores the runs of its gaps, unless it has moved or ended since; returns the ticks whose run is new.
    /// </summary>
    Task<IReadOnlySet<DateTimeOffset>> AdvanceBackfillAsync(
        ScheduleBackfill before, DateTimeOffset nextAt, int passed, IReadOnlyList<ScheduleRun> runs, CancellationToken cancellationToken);

    Task<bool> EndBackfillAsync(Guid id, BackfillStatus status, DateTimeOffset at, CancellationToken cancellationToken);
}
