using Periplon.Core.Schedules;
using Periplon.Engine.Schedules;
using Periplon.Engine.Tests.Storage;
using static Periplon.Engine.Tests.Schedules.ScheduleSamples;

namespace Periplon.Engine.Tests.Schedules;

public abstract class ScheduleStoreConformance(DatabaseFixture fixture)
{
    private static int _shards;

    private readonly string _organization = $"org-{Guid.NewGuid():N}";
    private readonly int _shard = Interlocked.Increment(ref _shards) + 100;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private ScheduleStore Store => new(fixture.Test.Database);

    [Fact]
    public async Task Insert_EveryField_IsReadAsItWas()
    {
        var row = New() with
        {
            Name = "nightly ü", CronExpression = "0 3 * * *", IntervalSecs = null, Timezone = "Europe/Berlin", Inputs = """{"n": 1}""",
            Description = "it's", Overlap = OverlapPolicy.CancelOld, Missed = MissedPolicy.All, MissedWindowSecs = 7, JitterSecs = 30,
            EndAt = T0.AddYears(1), Priority = -3, CreatedBy = "ann",
        };
        (await Store.InsertAsync(row, Ct)).ShouldBe(ScheduleSave.Saved);
        (await Store.FindAsync(_organization, row.Id, Ct)).ShouldBe(row);
        (await Store.FindAsync("elsewhere", row.Id, Ct)).ShouldBeNull();
        (await Store.InsertAsync(row with { Name = null }, Ct)).ShouldBe(ScheduleSave.Changed);
    }

    [Fact]
    public async Task Update_OfTheRowAsItStands_IsSaved_OfAnOlderOneIsNot()
    {
        var row = await InsertAsync();
        var next = row with { Revision = 2, IsActive = false, NextTick = null, NextFireAt = null, Description = "off", UpdatedAt = T0 };
        (await Store.UpdateAsync(next, row, Ct)).ShouldBe(ScheduleSave.Saved);
        (await Store.FindAsync(_organization, row.Id, Ct)).ShouldBe(next);
        (await Store.UpdateAsync(next, row, Ct)).ShouldBe(ScheduleSave.Changed);
        (await Store.UpdateAsync(next with { Organization = "elsewhere" }, next, Ct)).ShouldBe(ScheduleSave.Changed);
    }

    [Fact]
    public async Task Update_AfterATickWasDecided_IsNotSaved()
    {
        var row = await InsertAsync();
        await Store.ClaimAsync([Claim(row)], Ct);
        (await Store.UpdateAsync(row with { Revision = 2 }, row, Ct)).ShouldBe(ScheduleSave.Changed);
    }

    [Fact]
    public async Task Save_NameInUse_IsRefusedWithinTheOrganization()
    {
        await InsertAsync(New() with { Name = "taken" });
        (await Store.InsertAsync(New() with { Name = "taken" }, Ct)).ShouldBe(ScheduleSave.NameTaken);
        (await Store.InsertAsync(New() with { Name = "taken", Organization = "other-" + _organization }, Ct)).ShouldBe(ScheduleSave.Saved);
        var other = await InsertAsync();
        (await Store.UpdateAsync(other with { Name = "taken", Revision = 2 }, other, Ct)).ShouldBe(ScheduleSave.NameTaken);
    }

    [Fact]
    public async Task List_FiltersAndPagesNewestFirst()
    {
        var a = await InsertAsync(New() with { Name = "a", CreatedAt = T0 });
        var b = await InsertAsync(New() with { Name = "b", CreatedAt = T0.AddSeconds(1), IsActive = false, NextTick = null, NextFireAt = null });
        var c = await InsertAsync(New() with { CreatedAt = T0.AddSeconds(2), WorkflowId = a.WorkflowId });
        await ListsAsync(new() { Organization = _organization }, c, b, a);
        await ListsAsync(new() { Organization = _organization, WorkflowId = a.WorkflowId }, c, a);
        await ListsAsync(new() { Organization = _organization, IsActive = false }, b);
        await ListsAsync(new() { Organization = _organization, Name = "a" }, a);
        var (page, total) = await Store.ListAsync(new() { Organization = _organization }, 1, 1, Ct);
        page.ShouldBe([b]);
        total.ShouldBe(3);
    }

    [Fact]
    public async Task Claim_OnceDecided_IsNotDecidedAgain()
    {
        var row = await InsertAsync();
        var (mine, theirs) = (Run(row, T0), Run(row, T0));
        var first = await Store.ClaimAsync([Claim(row, mine)], Ct);
        first.Schedules.ShouldBe([row.Id]);
        first.Runs.ShouldBe([(row.Id, T0)]);

        var second = await Store.ClaimAsync([Claim(row, theirs)], Ct);
        second.Schedules.ShouldBeEmpty();
        second.Runs.ShouldBeEmpty();
        (await RunsAsync(row)).ShouldBe([mine]);
        var stored = (await Store.FindAsync(_organization, row.Id, Ct)).ShouldNotBeNull();
        (stored.NextTick, stored.LastTick, stored.LastRunAt).ShouldBe((T0.AddMinutes(1), T0, T0));
    }

    [Fact]
    public async Task Claim_ByManyAtOnce_IsDecidedByOne()
    {
        var rows = new List<ScheduleRow>();
        for (var i = 0; i < 20; i++)
        {
            rows.Add(await InsertAsync());
        }

        var winners = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            var mine = rows.OrderBy(row => (row.Id, i).GetHashCode()).Select(row => Claim(row, Run(row, T0))).ToList();
            return (Claims: mine, Claimed: await Store.ClaimAsync(mine, Ct));
        }, Ct)));

        winners.SelectMany(each => each.Claimed.Schedules).ShouldBe(rows.Select(row => row.Id), ignoreOrder: true);
        foreach (var row in rows)
        {
            var winner = winners.Single(each => each.Claimed.Runs.Contains((row.Id, T0)));
            (await RunsAsync(row)).ShouldBe(winner.Claims.Single(claim => claim.Before.Id == row.Id).Runs);
        }
    }

    [Fact]
    public async Task Claim_OfAChangedOrDeletedSchedule_DecidesNothing()
    {
        var (changed, deleted, kept) = (await InsertAsync(), await InsertAsync(), await InsertAsync());
        await Store.UpdateAsync(changed with { Revision = 2 }, changed, Ct);
        (await Store.DeleteAsync(_organization, deleted.Id, T0, Ct)).ShouldBeTrue();
        (await Store.DeleteAsync(_organization, deleted.Id, T0, Ct)).ShouldBeFalse();

        var claimed = await Store.ClaimAsync([.. new[] { changed, deleted, kept }.Select(row => Claim(row, Run(row, T0)))], Ct);
        claimed.Schedules.ShouldBe([kept.Id]);
        (await RunsAsync(changed)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Claim_OfATickThatHasARun_KeepsThatRun()
    {
        var row = await InsertAsync();
        var before = Run(row, T0, RunStatus.Completed);
        await Store.RecordRunAsync(before, Ct);
        var claimed = await Store.ClaimAsync([Claim(row, Run(row, T0))], Ct);
        claimed.Schedules.ShouldBe([row.Id]);
        claimed.Runs.ShouldBeEmpty();
        (await RunsAsync(row)).ShouldBe([before]);
    }

    [Fact]
    public async Task ListDue_GivesTheShardsOwnUntilATimeEarliestFirst()
    {
        var late = await InsertAsync(New() with { NextTick = T0.AddMinutes(2), NextFireAt = T0.AddMinutes(2) });
        var soon = await InsertAsync();
        await InsertAsync(New() with { Shard = _shard + 5000 });
        await InsertAsync(New() with { IsActive = false, NextTick = null, NextFireAt = null });
        (await Store.ListDueAsync(_shard, T0.AddMinutes(1), 10, Ct)).ShouldBe([soon]);
        (await Store.ListDueAsync(_shard, T0.AddMinutes(5), 10, Ct)).ShouldBe([soon, late]);
        (await Store.ListDueAsync(_shard, T0.AddMinutes(5), 1, Ct)).ShouldBe([soon]);
    }

    [Fact]
    public async Task Mark_StartedAndRefused_AreNotedOnceAndCounted()
    {
        var row = await InsertAsync();
        var (a, b, c) = (Run(row, T0), Run(row, T0.AddMinutes(1)), Run(row, T0.AddMinutes(2)));
        await Store.ClaimAsync([Claim(row, a, b, c)], Ct);
        await Store.MarkAsync([new(a, T0.AddSeconds(1), null), new(b, T0.AddSeconds(2), "no\0pe")], Ct);
        var runs = await RunsAsync(row);
        runs[2].ShouldBe(a with { Status = RunStatus.Running, StartedAt = T0.AddSeconds(1) });
        runs[1].ShouldBe(b with { Status = RunStatus.Failed, ExecutionId = null, CompletedAt = T0.AddSeconds(2), Reason = "no\uFFFDpe" });
        await ShouldHaveFailedAsync(row, 1, "no\uFFFDpe");

        await Store.MarkAsync([new(a, T0.AddSeconds(9), "late")], Ct);
        (await RunsAsync(row))[2].Status.ShouldBe(RunStatus.Running);
        await Store.MarkAsync([new(c, T0.AddSeconds(9), null)], Ct);
        await ShouldHaveFailedAsync(row, 0, null);
    }

    [Fact]
    public async Task Settle_FollowsTheExecutions()
    {
        var row = await InsertAsync();
        var runs = Enumerable.Range(0, 4).Select(i => Run(row, T0.AddMinutes(i), RunStatus.Running)).ToList();
        foreach (var run in runs)
        {
            await Store.RecordRunAsync(run, Ct);
        }

        await AddExecutionAsync(runs[0], "completed");
        await AddExecutionAsync(runs[1], "timed_out");
        await AddExecutionAsync(runs[2], "running");
        var active = await Store.ListActiveRunsAsync(_shard, [row.Id], Ct);
        active.Select(run => run.HasEnded).ShouldBe([true, true, false, false]);
        (await Store.SettleAsync(_shard, Ct)).ShouldBe(2);
        (await Store.SettleAsync(_shard, Ct)).ShouldBe(0);
        var settled = await RunsAsync(row);
        settled.Select(run => run.Status).ShouldBe([RunStatus.Running, RunStatus.Running, RunStatus.Failed, RunStatus.Completed]);
        settled[2].Reason.ShouldBe("the execution ended as timed_out");

        (await Store.SettleLostAsync(_shard, T0.AddMinutes(3), T0.AddHours(1), Ct)).ShouldBe(0);
        (await Store.SettleLostAsync(_shard, T0.AddMinutes(4), T0.AddHours(1), Ct)).ShouldBe(1);
        (await RunsAsync(row))[0].Reason.ShouldBe("the execution no longer exists, so how it ended is not known");
    }

    [Fact]
    public async Task ListForgotten_GivesOldStartsAndWaitingRunsWhoseTurnItIs()
    {
        var row = await InsertAsync();
        var (old, young) = (Run(row, T0), Run(row, T0.AddSeconds(30)));
        await Store.RecordRunAsync(old, Ct);
        await Store.RecordRunAsync(young, Ct);
        await ForgetsAsync(T0.AddSeconds(10), T0.AddSeconds(40), old);
        await ForgetsAsync(T0.AddSeconds(10), T0.AddSeconds(20), old, young); // The clock has gone back behind the second.

        var other = await InsertAsync();
        var (first, waiting) = (Run(other, T0), Run(other, T0.AddMinutes(1)) with { Waits = true, Reason = "waits" });
        await Store.RecordRunAsync(first, Ct);
        await Store.RecordRunAsync(waiting, Ct);
        await Store.RecordRunAsync(Run(other, T0.AddHours(-1)) with { Kind = RunKind.Backfill, BackfillId = Guid.NewGuid(), CreatedAt = T0.AddDays(1) }, Ct);
        await ForgetsAsync(T0, T0.AddDays(2));
        await Store.MarkAsync([new(first, T0, "refused")], Ct);
        await ForgetsAsync(T0, T0.AddDays(2), waiting);

        var paused = (await Store.FindAsync(_organization, other.Id, Ct))!;
        await Store.UpdateAsync(paused with { Revision = 2, IsActive = false, NextTick = null, NextFireAt = null }, paused, Ct);
        await ForgetsAsync(T0, T0.AddDays(2));
    }

    [Fact]
    public async Task SkipOlder_RunsThatHaveNotStarted_AreSkippedAndLateStartsOfThemFound()
    {
        var row = await InsertAsync();
        var running = Run(row, T0, RunStatus.Running);
        var scheduled = Run(row, T0.AddMinutes(1));
        var filling = Run(row, T0.AddMinutes(2)) with { Kind = RunKind.Backfill, BackfillId = Guid.NewGuid() };
        var newer = Run(row, T0.AddMinutes(3));
        foreach (var run in new[] { running, scheduled, filling, newer })
        {
            (await Store.RecordRunAsync(run, Ct)).ShouldBeTrue();
        }

        (await Store.RecordRunAsync(newer with { Tick = T0.AddMinutes(4) }, Ct)).ShouldBeFalse("its execution is another run's");
        (await Store.FindRunAsync(row.Id, newer.ExecutionId!.Value, Ct)).ShouldBe(newer);
        await Store.SkipOlderAsync(newer, T0.AddMinutes(3), Ct);
        var runs = await RunsAsync(row);
        runs.Select(run => run.Status).ShouldBe([RunStatus.Scheduled, RunStatus.Scheduled, RunStatus.Skipped, RunStatus.Running]);
        runs[2].Reason.ShouldNotBeNull().ShouldContain("'cancel_old'");
        (await Store.ListGapsAsync(row.Id, [scheduled.Tick], Ct)).ShouldBe([scheduled.Tick]);

        await Store.MarkAsync([new(scheduled, T0.AddMinutes(4), null)], Ct);
        (await RunsAsync(row))[2].Status.ShouldBe(RunStatus.Skipped, "what was skipped does not start any more");
        (await Store.ListOvertakenAsync(_shard, T0, 10, Ct)).ShouldBeEmpty();
        await AddExecutionAsync(scheduled, "running");
        (await Store.ListOvertakenAsync(_shard, T0, 10, Ct)).ShouldHaveSingleItem().Execution.ShouldBe(scheduled.ExecutionId!.Value);
        (await Store.ListOvertakenAsync(_shard, T0.AddMinutes(3), 10, Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task ListForgotten_GivesFewOfEachScheduleAndGoesOnBehindTheLast()
    {
        var shard = Guid.NewGuid().GetHashCode() & int.MaxValue;
        var rows = new List<ScheduleRow>();
        for (var i = 0; i < 3; i++)
        {
            var row = await InsertAsync();
            rows.Add(row);
            for (var minute = 0; minute < 5; minute++)
            {
                await Store.RecordRunAsync(Run(row, T0.AddMinutes(minute)) with { Shard = shard }, Ct);
            }
        }

        rows = [.. rows.OrderBy(row => row.Id.ToString("D"), StringComparer.Ordinal)];
        async Task<List<(Guid Schedule, DateTimeOffset Tick)>> ListAsync(Guid after, params Guid[] passed)
        {
            var query = new ForgottenQuery(shard, after, T0.AddDays(1), T0.AddDays(1), passed, 2, 4);
            return [.. (await Store.ListForgottenAsync(query, Ct)).Select(each => (each.Run.ScheduleId, each.Run.Tick))];
        }

        var (first, second) = (T0, T0.AddMinutes(1));
        (await ListAsync(Guid.Empty)).ShouldBe([(rows[0].Id, first), (rows[0].Id, second), (rows[1].Id, first), (rows[1].Id, second)]);
        (await ListAsync(rows[1].Id)).ShouldBe([(rows[2].Id, first), (rows[2].Id, second)]);
        var oldest = (await Store.ListRunsAsync(rows[2].Id, null, second, 1, Ct))[0];
        (await ListAsync(rows[1].Id, oldest.ExecutionId!.Value)).ShouldBe([(rows[2].Id, second), (rows[2].Id, T0.AddMinutes(2))]);
    }

    [Fact]
    public async Task NoteTrouble_CountsUntilAStartGoesWell()
    {
        var row = await InsertAsync();
        await Store.NoteTroubleAsync(row.Id, "the workflow did not answer", Ct);
        await Store.NoteTroubleAsync(row.Id, "it did not answer again", Ct);
        await ShouldHaveFailedAsync(row, 2, "it did not answer again");
        var run = Run(row, T0);
        await Store.RecordRunAsync(run, Ct);
        await Store.MarkAsync([new(run, T0, null)], Ct);
        await ShouldHaveFailedAsync(row, 0, null);
    }

    [Fact]
    public async Task Prune_DeletesWhatEndedBeforeATimeInBatches()
    {
        var row = await InsertAsync();
        for (var i = 0; i < 5; i++)
        {
            await Store.RecordRunAsync(Run(row, T0.AddMinutes(i), i == 0 ? RunStatus.Running : RunStatus.Completed), Ct);
        }

        (await Store.PruneAsync(_shard, T0.AddMinutes(4), 2, Ct)).ShouldBe(2);
        (await Store.PruneAsync(_shard, T0.AddMinutes(4), 2, Ct)).ShouldBe(1);
        (await RunsAsync(row)).Select(run => run.Tick).ShouldBe([T0.AddMinutes(4), T0]);
    }

    [Fact]
    public async Task ListRuns_PagesByTickAndFilters()
    {
        var row = await InsertAsync();
        var runs = new[] { Run(row, T0, RunStatus.Skipped), Run(row, T0.AddMinutes(1), RunStatus.Failed), Run(row, T0.AddMinutes(2), RunStatus.Running) };
        foreach (var run in runs)
        {
            await Store.RecordRunAsync(run, Ct);
            await Store.RecordRunAsync(run, Ct);
        }

        (await Store.ListRunsAsync(row.Id, null, null, 2, Ct)).ShouldBe([runs[2], runs[1]]);
        (await Store.ListRunsAsync(row.Id, null, T0.AddMinutes(1), 2, Ct)).ShouldBe([runs[0]]);
        (await Store.ListRunsAsync(row.Id, RunStatus.Failed, null, 2, Ct)).ShouldBe([runs[1]]);
    }

    [Fact]
    public async Task Postpone_MovesOnlyTheFiring()
    {
        var row = await InsertAsync();
        await Store.PostponeAsync(row, T0.AddMinutes(5), "no such zone", Ct);
        var stored = (await Store.FindAsync(_organization, row.Id, Ct)).ShouldNotBeNull();
        (stored.NextTick, stored.NextFireAt, stored.Failures, stored.LastError).ShouldBe((T0, T0.AddMinutes(5), 1, "no such zone"));
    }

    [Fact]
    public async Task FitShards_MovesRowsOfShardsThatAreNoMore()
    {
        var row = await InsertAsync(New() with { Shard = 1_000_003 });
        await Store.RecordRunAsync(Run(row, T0), Ct);
        (await Store.FitShardsAsync(1_000_000, Ct)).ShouldBe(1);
        (await Store.FindAsync(_organization, row.Id, Ct))!.Shard.ShouldBe(3);
        (await RunsAsync(row))[0].Shard.ShouldBe(3);
        (await Store.DeleteAsync(_organization, row.Id, T0, Ct)).ShouldBeTrue();
    }

    private ScheduleRow New() => Minutely(_organization, _shard);

    private async Task<ScheduleRow> InsertAsync(ScheduleRow? row = null)
    {
        row ??= New();
        (await Store.InsertAsync(row, Ct)).ShouldBe(ScheduleSave.Saved);
        return row;
    }

    private Task<IReadOnlyList<ScheduleRun>> RunsAsync(ScheduleRow row) => Store.ListRunsAsync(row.Id, null, null, 100, Ct);

    private async Task ListsAsync(ScheduleFilter filter, params ScheduleRow[] expected)
    {
        var (rows, total) = await Store.ListAsync(filter, 0, 50, Ct);
        rows.ShouldBe(expected);
        total.ShouldBe(expected.Length);
    }

    private async Task ForgetsAsync(DateTimeOffset before, DateTimeOffset now, params ScheduleRun[] expected)
    {
        var found = await Store.ListForgottenAsync(new ForgottenQuery(_shard, Guid.Empty, before, now, [], 100, 100), Ct);
        found.Select(each => each.Run).Where(run => expected.Length == 0 || expected.Any(one => one.ScheduleId == run.ScheduleId))
            .Except(expected).Where(run => expected.Length > 0 || run.Waits).ShouldBeEmpty();
        found.Select(each => each.Run).Intersect(expected).Count().ShouldBe(expected.Length);
    }

    private async Task ShouldHaveFailedAsync(ScheduleRow row, int failures, string? error)
    {
        var stored = (await Store.FindAsync(_organization, row.Id, Ct)).ShouldNotBeNull();
        (stored.Failures, stored.LastError).ShouldBe((failures, error));
    }

    private Task<object?> AddExecutionAsync(ScheduleRun run, string status)
    {
        var isOver = status is not "running";
        var (now, later) = fixture is PostgresFixture ? ("now()", "now() + interval '1 hour'") : ("0", "1");
        return fixture.Test.ScalarAsync($$"""
            insert into executions (id, organization, workflow_id, workflow_name, workflow_version, revision, status, priority, partition,
                                    trigger_type, inputs, retry_count, labels, created_at, completed_at, next_wake_at)
            values ('{{run.ExecutionId:D}}', '{{_organization}}', '{{Guid.NewGuid():D}}', 'w', '1', 1, '{{status}}', 0, 0, 'schedule', '{}', 0,
                    '{}', {{now}}, {{(isOver ? now : "null")}}, {{(isOver ? "null" : later)}})
            """);
    }
}

public sealed class SqliteScheduleStoreTests(SqliteFixture fixture) : ScheduleStoreConformance(fixture), IClassFixture<SqliteFixture>;

public sealed class PostgresScheduleStoreTests(PostgresFixture fixture) : ScheduleStoreConformance(fixture), IClassFixture<PostgresFixture>;
