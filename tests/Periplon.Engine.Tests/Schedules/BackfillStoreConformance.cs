using Periplon.Client.Executions;
using Periplon.Engine.Schedules;
using Periplon.Engine.Tests.Storage;
using static Periplon.Engine.Tests.Schedules.ScheduleSamples;

namespace Periplon.Engine.Tests.Schedules;

public abstract class BackfillStoreConformance(DatabaseFixture fixture)
{
    private static int _shards;

    private readonly int _shard = Interlocked.Increment(ref _shards);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private ScheduleStore Store => new(fixture.Test.Database);

    [Fact]
    public async Task Insert_Twice_StoresOne()
    {
        var (schedule, backfill) = await NewAsync();
        (await Store.InsertBackfillAsync(backfill, Ct)).ShouldBeFalse();
        (await Store.FindBackfillAsync(schedule.Id, backfill.Id, Ct)).ShouldBe(backfill);
        (await Store.FindBackfillAsync(Guid.NewGuid(), backfill.Id, Ct)).ShouldBeNull();
        (await Store.ListBackfillsAsync(schedule.Id, 10, Ct)).ShouldBe([backfill]);
        (await Store.ListBackfillsAsync(_shard, Ct)).ShouldBe([(backfill, schedule)]);
    }

    [Fact]
    public async Task Advance_FromWhereItStands_FillsGapsOnly()
    {
        var (schedule, backfill) = await NewAsync();
        var taken = Run(schedule, T0, RunStatus.Completed);
        var skipped = Run(schedule, T0.AddMinutes(1), RunStatus.Skipped) with { Ticks = 7 };
        var refused = Run(schedule, T0.AddMinutes(2), RunStatus.Failed) with { ExecutionId = null };
        foreach (var run in new[] { taken, skipped, refused })
        {
            await Store.RecordRunAsync(run, Ct);
        }

        var ticks = Enumerable.Range(0, 4).Select(i => T0.AddMinutes(i)).ToList();
        (await Store.ListGapsAsync(schedule.Id, ticks, Ct)).ShouldBe(ticks[1..]);
        var runs = Enumerable.Range(0, 4).Select(i => Run(schedule, T0.AddMinutes(i)) with { Kind = RunKind.Backfill, BackfillId = backfill.Id, Priority = -10 }).ToList();
        var made = await Store.AdvanceBackfillAsync(backfill, T0.AddMinutes(4), 1, runs, Ct);
        made.ShouldBe([T0.AddMinutes(1), T0.AddMinutes(2), T0.AddMinutes(3)], ignoreOrder: true);
        (await Store.ListRunsAsync(schedule.Id, null, null, 10, Ct)).ShouldBe([runs[3], runs[2] with { StartedAt = refused.StartedAt }, runs[1], taken]);

        (await Store.AdvanceBackfillAsync(backfill, T0.AddMinutes(9), 0, [Run(schedule, T0.AddMinutes(5))], Ct)).ShouldBeEmpty();
        var stored = (await Store.FindBackfillAsync(schedule.Id, backfill.Id, Ct)).ShouldNotBeNull();
        (stored.NextAt, stored.Passed, stored.Started).ShouldBe((T0.AddMinutes(4), 2, 3), "the first tick had got a run in between");
        (await Store.CountBackfillRunsAsync(backfill.Id, Ct)).ShouldBe(new BackfillCounts(3, 0, 0));
        await Store.MarkAsync([new(runs[1], T0, "no"), new(runs[2], T0, null)], Ct);
        (await Store.CountBackfillRunsAsync(backfill.Id, Ct)).ShouldBe(new BackfillCounts(2, 0, 1));
    }

    [Fact]
    public async Task ListGaps_TickWhoseRunWasDeletedAndWhoseExecutionIsThere_IsNone()
    {
        var (schedule, _) = await NewAsync();
        var ticks = Enumerable.Range(0, 2500).Select(i => T0.AddMinutes(i)).ToList();
        var ran = new[] { ticks[1], ticks[1999] };
        foreach (var tick in ran)
        {
            await fixture.Test.AddExecutionAsync(ExecutionIds.ForTick(schedule.Id, tick, tick), "completed", tick);
        }

        (await Store.ListGapsAsync(schedule.Id, ticks, Ct)).ShouldBe(ticks.Except(ran));
        (await Store.ListGapsAsync(Guid.NewGuid(), ticks, Ct)).ShouldBe(ticks);
        (await Store.ListGapsAsync(schedule.Id, [], Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Prune_RunsThatARunningBackfillHasToLookAt_Stay()
    {
        var (schedule, backfill) = await NewAsync();
        var before = Run(schedule, T0.AddMinutes(-1), RunStatus.Completed);
        var inside = Run(schedule, T0.AddMinutes(1), RunStatus.Completed);
        await Store.RecordRunAsync(before, Ct);
        await Store.RecordRunAsync(inside, Ct);
        (await Store.PruneAsync(_shard, T0.AddDays(1), 10, Ct)).ShouldBe(1);
        (await Store.ListRunsAsync(schedule.Id, null, null, 10, Ct)).ShouldBe([inside]);
        await Store.EndBackfillAsync(backfill.Id, BackfillStatus.Cancelled, T0.AddDays(2), Ct);
        (await Store.PruneAsync(_shard, T0.AddDays(1), 10, Ct)).ShouldBe(1);
    }

    [Fact]
    public async Task End_Once_StopsIt()
    {
        var (schedule, backfill) = await NewAsync();
        (await Store.EndBackfillAsync(backfill.Id, BackfillStatus.Cancelled, T0, Ct)).ShouldBeTrue();
        (await Store.EndBackfillAsync(backfill.Id, BackfillStatus.Completed, T0, Ct)).ShouldBeFalse();
        (await Store.AdvanceBackfillAsync(backfill, T0.AddMinutes(4), 1, [Run(schedule, T0)], Ct)).ShouldBeEmpty();
        (await Store.ListBackfillsAsync(_shard, Ct)).ShouldBeEmpty();
        (await Store.FindBackfillAsync(schedule.Id, backfill.Id, Ct)).ShouldBe(backfill with { Status = BackfillStatus.Cancelled, CompletedAt = T0 });
    }

    [Fact]
    public async Task AdvanceBackfill_TickThatWasRefused_NoLongerCancelsOlderRuns()
    {
        var (schedule, backfill) = await NewAsync();
        var refused = Run(schedule, T0) with { CancelsOlder = true };
        await Store.RecordRunAsync(refused, Ct);
        await Store.MarkAsync([new(refused, T0, "refused")], Ct);
        var filling = Run(schedule, T0) with { Kind = RunKind.Backfill, BackfillId = backfill.Id };
        (await Store.AdvanceBackfillAsync(backfill, T0.AddMinutes(1), 0, [filling], Ct)).ShouldBe([T0]);
        (await Store.ListRunsAsync(schedule.Id, null, null, 10, Ct)).ShouldBe([filling]);
    }

    [Fact]
    public async Task DeleteSchedule_IsGoneAtOnce_AndItsRunsAndBackfillsGoInBatches()
    {
        var (schedule, backfill) = await NewAsync();
        for (var i = 0; i < 5; i++)
        {
            await Store.RecordRunAsync(Run(schedule, T0.AddMinutes(i), i == 0 ? RunStatus.Scheduled : RunStatus.Completed), Ct);
        }

        (await Store.DeleteAsync("another", schedule.Id, T0, Ct)).ShouldBeFalse();
        (await Store.DeleteAsync(schedule.Organization, schedule.Id, T0, Ct)).ShouldBeTrue();
        (await Store.DeleteAsync(schedule.Organization, schedule.Id, T0, Ct)).ShouldBeFalse();
        (await Store.FindAsync(schedule.Organization, schedule.Id, Ct)).ShouldBeNull();
        (await Store.ListBackfillsAsync(_shard, Ct)).ShouldBeEmpty();
        (await Store.ListDueAsync(_shard, T0.AddYears(1), 10, Ct)).ShouldBeEmpty();
        var forgotten = new ForgottenQuery(_shard, Guid.Empty, T0.AddDays(1), T0.AddDays(1), [], 10, 10);
        (await Store.ListForgottenAsync(forgotten, Ct)).ShouldBeEmpty("nothing of it starts any more");

        (await Store.RemoveDeletedAsync(_shard, T0, 3, Ct)).ShouldBe(3);
        (await Store.FindBackfillAsync(schedule.Id, backfill.Id, Ct)).ShouldNotBeNull().Status.ShouldBe(BackfillStatus.Cancelled);
        (await Store.RemoveDeletedAsync(_shard, T0, 3, Ct)).ShouldBe(2);
        (await Store.ListRunsAsync(schedule.Id, null, null, 10, Ct)).ShouldBeEmpty();
        (await Store.FindBackfillAsync(schedule.Id, backfill.Id, Ct)).ShouldBeNull();
        (await Store.RemoveDeletedAsync(_shard, T0, 3, Ct)).ShouldBe(0);
        (await Store.InsertAsync(schedule, Ct)).ShouldBe(ScheduleSave.Saved, "not even its id is left");
    }

    [Fact]
    public async Task RemoveDeleted_RunThatWasOvertakenAMomentAgo_StaysForItsLateStart()
    {
        var (schedule, _) = await NewAsync();
        await Store.RecordRunAsync(Run(schedule, T0), Ct);
        await Store.SkipOlderAsync(Run(schedule, T0.AddMinutes(1)), T0.AddMinutes(1), Ct);
        (await Store.DeleteAsync(schedule.Organization, schedule.Id, T0.AddMinutes(2), Ct)).ShouldBeTrue();

        (await Store.RemoveDeletedAsync(_shard, T0, 10, Ct)).ShouldBe(0);
        (await Store.InsertAsync(schedule, Ct)).ShouldNotBe(ScheduleSave.Saved, "the late start is cancelled as one of this schedule");
        (await Store.RemoveDeletedAsync(_shard, T0.AddMinutes(1), 10, Ct)).ShouldBe(1);
        (await Store.InsertAsync(schedule, Ct)).ShouldBe(ScheduleSave.Saved);
    }

    private async Task<(ScheduleRow Schedule, ScheduleBackfill Backfill)> NewAsync()
    {
        var schedule = Minutely(shard: _shard);
        await Store.InsertAsync(schedule, Ct);
        var backfill = new ScheduleBackfill
        {
            Id = Guid.NewGuid(), ScheduleId = schedule.Id, Organization = schedule.Organization, Shard = _shard, FromAt = T0, ToAt = T0.AddHours(1),
            NextAt = T0, MaxParallel = 4, Priority = -10, Total = 60, CreatedAt = T0, CreatedBy = "ann",
        };
        (await Store.InsertBackfillAsync(backfill, Ct)).ShouldBeTrue();
        return (schedule, backfill);
    }
}

public sealed class SqliteBackfillStoreTests(SqliteFixture fixture) : BackfillStoreConformance(fixture), IClassFixture<SqliteFixture>;

public sealed class PostgresBackfillStoreTests(PostgresFixture fixture) : BackfillStoreConformance(fixture), IClassFixture<PostgresFixture>;
