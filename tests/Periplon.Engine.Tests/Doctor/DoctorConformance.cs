using Periplon.Core.Executions;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Doctor;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Doctor;

/// <summary>What the doctor finds and mends, on whichever database: each test damages it in one way.</summary>
public abstract class DoctorConformance : IAsyncLifetime
{
    private protected abstract DatabaseKind Kind { get; }

    private protected DoctorWorld World { get; private set; } = null!;

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private DateTimeOffset Now => World.Time.GetUtcNow();

    public async ValueTask InitializeAsync() => World = await DoctorWorld.CreateAsync(Kind);

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Examine_WhatTheEngineLeaves_HasNoFindings()
    {
        await World.AddRunningAsync();
        await World.AddCompletedAsync();
        await World.AddCompletedAsync(new Guid("00000000-0000-8001-8001-0123456789ab"));
        await World.AddWaitingForChildAsync(Now);

        var report = await World.ExamineAsync(
            false, false, "schema", "definitions", "executions", "orphans", "artifacts", "limits", "partitions", "cluster");
        report.Findings.ShouldBeEmpty(string.Join('\n', report.Findings));
        report.Checks.ShouldAllBe(check => check.Problem == null && check.IsComplete);
        report.Checks.Single(check => check.Name == "executions").Looked.ShouldBe(4);
        report.IsHealthy.ShouldBeTrue();
    }

    [Fact]
    public async Task Executions_RowOfALiveOneDiffers_IsWrittenAnewFromTheJournal()
    {
        var id = await World.AddRunningAsync();
        await World.SqlAsync($"update executions set status = 'waiting', wait_reason = 'sleep' where id = '{id:D}'");

        var finding = await World.ShouldFindAndMendAsync("executions", "row_differs", $"execution {id:D}");
        finding.Found.ShouldContain("waiting (waits for sleep)");
        finding.Found.ShouldContain("running (waits for tasks)");
        (await World.SqlAsync($"select status from executions where id = '{id:D}'")).ShouldBe("running");
        (await World.SqlAsync($"select count(*) from executions where next_wake_at <= {World.Sql(Now)}"))
            .ShouldBe(1L, "the sweep looks at it");
    }

    [Fact]
    public async Task Executions_RowLivesAndJournalHasEnded_EndsTheRow()
    {
        var id = await World.AddCompletedAsync();
        var before = await World.SqlAsync($"select completed_at from executions where id = '{id:D}'");
        await World.SqlAsync(
            $"update executions set status = 'running', completed_at = null, next_wake_at = {World.Sql(Now)} where id = '{id:D}'");

        await World.ShouldFindAndMendAsync("executions", "row_differs", $"execution {id:D}");
        (await World.SqlAsync($"select status from executions where id = '{id:D}'")).ShouldBe("completed");
        (await World.SqlAsync($"select completed_at from executions where id = '{id:D}'")).ShouldBe(before);
    }

    [Fact]
    public async Task Executions_RowHasEndedAndJournalLives_ComesBackToLife()
    {
        var id = await World.AddRunningAsync();
        await World.SqlAsync(
            $"update executions set status = 'failed', completed_at = {World.Sql(Now)}, next_wake_at = null, wait_reason = null "
            + $"where id = '{id:D}'");

        (await World.ShouldFindAndMendAsync("executions", "row_differs", $"execution {id:D}")).Found.ShouldContain("no end");
        (await World.SqlAsync($"select status from executions where id = '{id:D}'")).ShouldBe("running");
    }

    [Fact]
    public async Task Executions_EndOfTheRowDiffers_IsTakenFromTheJournal()
    {
        var id = await World.AddCompletedAsync();
        await World.SqlAsync($"update executions set completed_at = {World.Sql(Now.AddDays(1))} where id = '{id:D}'");
        await World.ShouldFindAndMendAsync("executions", "row_differs", $"execution {id:D}");

        await World.SqlAsync($"update executions set status = 'failed' where id = '{id:D}'");
        (await World.CodesAsync("executions")).ShouldBe(["row_differs"]);
    }

    [Theory]
    [InlineData(true, "holds 2 ends")]
    [InlineData(false, "events after its end")]
    public async Task Executions_JournalGoesOnAfterItsEnd_IsLeftToAPerson(bool endsAgain, string found)
    {
        var id = await World.AddCompletedAsync();
        await World.AppendToLastAsync(id, last => endsAgain ? last : new ExecutionPaused { At = last.At });
        (await World.ShouldFindAsync("executions", "journal_after_end", $"execution {id:D}")).Found.ShouldContain(found);
    }

    [Theory]
    [InlineData("", "journal_missing")]
    [InlineData(" and seq = 1", "journal_gap")]
    public async Task Executions_JournalIsNotWhole_EndsWhatCouldNeverGoOn(string which, string code)
    {
        var id = await World.AddRunningAsync();
        await World.SqlAsync($"delete from execution_events where execution_id = '{id:D}'{which}");

        var found = await World.ExamineAsync(true, false, "executions");
        var repaired = (code, FindingSeverity.Error, (RepairOutcome?)RepairOutcome.Repaired);
        var left = (code, FindingSeverity.Warning, (RepairOutcome?)RepairOutcome.NotPossible);
        found.Findings.Select(each => (each.Finding.Code, each.Finding.Severity, each.Outcome)).ShouldBe(
            which is "" ? [repaired] : [repaired, left], "what has ended comes after what has not");
        (await World.SqlAsync($"select count(*) from execution_events where execution_id = '{id:D}'")).ShouldBe(
            1L, "nobody can begin it a second time");
        (await World.SqlAsync($"select status from executions where id = '{id:D}'")).ShouldBe("failed");
        (await World.SqlAsync($"select error from executions where id = '{id:D}'")).ShouldBeOfType<string>().ShouldContain("defect");
    }

    [Fact]
    public async Task Executions_RevisionIsMissing_EndsInJournalAndRow()
    {
        var id = await World.AddRunningAsync();
        await World.SqlAsync($"delete from workflow_versions where revision = 1");

        (await World.ShouldFindAndMendAsync("executions", "revision_missing", $"execution {id:D}")).Found.ShouldContain("revision 1");
        (await World.SqlAsync($"select status from executions where id = '{id:D}'")).ShouldBe("failed");
        (await World.SqlAsync($"select max(seq) from execution_events where execution_id = '{id:D}'")).ShouldBe(3L);
    }

    [Fact]
    public async Task Executions_MovedToAnotherRevision_IsReadByThatOne()
    {
        await World.AddMigratedAsync();
        (await World.CodesAsync("executions")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Executions_EventOfANewerVersion_IsFoundAndLeftAlone()
    {
        var id = await World.AddRunningAsync();
        await World.SqlAsync($"update execution_events set events = {World.Blob("[{\"type\":\"of_tomorrow\"}]")} where seq = 2");
        await World.ShouldFindAsync("executions", "journal_unreadable", $"execution {id:D}");
        (await World.ExamineAsync(true, false, "executions")).Findings.ShouldHaveSingleItem().Outcome.ShouldBe(RepairOutcome.NotPossible);
        (await World.SqlAsync($"select status from executions where id = '{id:D}'")).ShouldBe("running");
    }

    [Fact]
    public async Task Executions_WakesTooLate_IsWokenNow()
    {
        var id = await World.AddRunningAsync();
        await World.SqlAsync($"update executions set next_wake_at = {World.Sql(Now.AddDays(10))} where id = '{id:D}'");
        await World.ShouldFindAndMendOverdueAsync("wakes_too_late", id);
    }

    [Fact]
    public async Task Executions_QueuedOneHasLostItsTimeLimit_GetsItBack()
    {
        var limit = SqlValues.FromMicroseconds(SqlValues.ToMicroseconds(Now.AddHours(2)));
        var id = await World.AddQueuedAsync(limit);
        (await World.CodesAsync("executions")).ShouldBeEmpty();
        await World.SqlAsync($"update executions set next_wake_at = created_at where id = '{id:D}'");
        var finding = await World.ShouldFindAndMendAsync("executions", "wakes_too_late", $"execution {id:D}");
        finding.Found.ShouldContain("its time limit is at");
        (await World.SqlAsync($"select count(*) from executions where id = '{id:D}' and next_wake_at = {World.Sql(limit)}")).ShouldBe(1L);
    }

    [Fact]
    public async Task Executions_LongDue_IsAnErrorWhileAServerShouldRun()
    {
        var id = await World.AddRunningAsync();
        await World.SqlAsync($"update executions set next_wake_at = {World.Sql(Now.AddHours(-1))} where id = '{id:D}'");
        await World.ShouldFindAsync("executions", "overdue", $"execution {id:D}");
        (await World.CodesAsync("executions", isOffline: true)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Executions_PartitionIsNotThere_GetsOneThatIs()
    {
        var id = await World.AddRunningAsync();
        await World.SqlAsync($"update executions set partition = 7 where id = '{id:D}'");
        await World.ShouldFindAndMendAsync("executions", "partition_unknown", $"execution {id:D}");
        (await World.SqlAsync("select partition from executions")).ShouldBeOneOf(3, 3L);
    }

    [Fact]
    public async Task Executions_WaitForAChildThatHasEnded_IsWoken()
    {
        var (parent, child) = await World.AddWaitingForChildAsync(Now.AddHours(-1));
        await World.AddCompletedAsync(child);
        (await World.CodesAsync("executions", isOffline: true)).ShouldBeEmpty("it ended just now");
        await World.SqlAsync($"delete from execution_events where execution_id = '{child:D}'");
        await World.SqlAsync($"delete from executions where id = '{child:D}'");

        var found = await World.ExamineAsync(true, true, "executions");
        found.Findings.Select(each => (each.Finding.Code, each.Finding.Target, each.Outcome)).ShouldBe(
            [("child_outcome_lost", $"execution {parent:D}", RepairOutcome.Repaired)]);
        (await World.SqlAsync($"select count(*) from executions where next_wake_at <= {World.Sql(Now)}")).ShouldBe(1L);
    }

    [Fact]
    public async Task Executions_ParentIsGone_IsReported()
    {
        var id = await World.AddRunningAsync(parent: Guid.CreateVersion7());
        await World.ShouldFindAsync("executions", "parent_gone", $"execution {id:D}");
    }

    [Fact]
    public async Task Executions_MoreThanAsked_SaysThatItIsNotComplete()
    {
        for (var i = 0; i < 60; i++)
        {
            await World.AddRunningAsync();
        }

        var all = await World.ExamineAsync(false, false, "executions");
        all.Checks.Single().ShouldBe(new CheckSummary("executions", 60, 0, true, null));
    }

    [Theory]
    [InlineData("execution_events", "orphan_journal")]
    [InlineData("execution_logs", "orphan_log")]
    [InlineData("checkpoints", "orphan_checkpoint")]
    public async Task Orphans_RowsOfNoExecution_AreDeleted(string table, string code)
    {
        await World.AddRunningAsync();
        var id = await World.AddRunningAsync();
        var now = World.Sql(Now);
        var day = Kind is DatabaseKind.Postgres ? (", created_on", $", '{SqlValues.DayOf(id):yyyy-MM-dd}'") : ("", "");
        var bytes = Kind is DatabaseKind.Postgres ? "'\\x00'" : "x'00'";
        await World.SqlAsync(
            $"insert into execution_logs (execution_id, attempt, at, level, stream, message{day.Item1}) "
            + $"values ('{id:D}', 1, {now}, 'info', 'stdout', 'x'{day.Item2})");
        await World.SqlAsync($"insert into checkpoints (execution_id, seq, at, state) values ('{id:D}', 1, {now}, {bytes})");
        await World.SqlAsync($"delete from executions where id = '{id:D}'");
        foreach (var other in new[] { "execution_events", "execution_logs", "checkpoints" }.Where(other => other != table))
        {
            await World.SqlAsync($"delete from {other} where execution_id = '{id:D}'");
        }

        await World.ShouldFindAndMendAsync("orphans", code, $"execution {id:D}");
        (await World.SqlAsync("select count(*) from execution_events")).ShouldBe(2L, "those of the other are left");
    }

    [Fact]
    public async Task Artifacts_FilesOfNoExecution_AreReportedOnceTheyAreOld()
    {
        using var content = new MemoryStream([1]);
        var id = Guid.CreateVersion7();
        await World.Artifacts.PutAsync(id, "left", content, Ct);
        (await World.CodesAsync("artifacts")).ShouldBeEmpty();

        World.Artifacts.Age(id, Now.AddHours(-3));
        await World.ShouldFindAndMendAsync("artifacts", "orphan_artifacts", $"execution {id:D}");
    }

    [Fact]
    public async Task Definitions_WorkflowWithoutItsRevision_GoesBackToTheNewestThatIsThere()
    {
        await World.SqlAsync("delete from workflow_versions where revision = 2");
        await World.ShouldFindAndMendAsync("definitions", "workflow_without_version", $"workflow {World.WorkflowId:D}");
        (await World.SqlAsync("select revision from workflows")).ShouldBeOneOf(1, 1L);
    }

    [Theory]
    [InlineData(null, true, "schedule_without_next")]
    [InlineData(-60, true, "schedule_overdue")]
    [InlineData(60, false, "schedule_without_workflow")]
    [InlineData(60, true, null)]
    public async Task Definitions_ScheduleThatDoesNotFire_IsReported(int? minutes, bool hasWorkflow, string? code)
    {
        var id = Guid.CreateVersion7();
        var next = minutes is { } some ? World.Sql(Now.AddMinutes(some)) : "null";
        var (yes, now) = (Kind is DatabaseKind.Sqlite ? "1" : "true", World.Sql(Now));
        await World.SqlAsync(
            "insert into schedules (id, organization, shard, revision, workflow_id, cron_expression, timezone, inputs, overlap, missed, "
            + "missed_window_secs, jitter_secs, priority, is_active, next_tick, next_fire_at, created_at, updated_at) values "
            + $"('{id:D}', 'default', 0, 1, '{(hasWorkflow ? World.WorkflowId : id):D}', '* * * * *', 'UTC', '{{}}', 'allow', 'last', "
            + "60, 0, 0, "
            + $"{yes}, {next}, {next}, {now}, {now})");
        if (code is null)
        {
            (await World.CodesAsync("definitions")).ShouldBeEmpty();
            return;
        }

        await World.ShouldFindAsync("definitions", code, $"schedule {id:D}");
    }

    [Fact]
    public async Task Schema_IndexIsGone_IsBuiltAnew()
    {
        await World.SqlAsync("drop index executions_completed");
        await World.ShouldFindAndMendAsync("schema", "index_missing", "index executions_completed");
    }

    [Fact]
    public async Task Schema_TableOrMigrationIsNotWhatItWas_IsReported()
    {
        await World.SqlAsync("drop table task_cache");
        (await World.ExamineAsync(false, false, "schema")).Findings.Select(each => each.Finding.Target).ShouldBe(
            ["table task_cache", "index task_cache_expires_at", "index task_cache_created_at"], ignoreOrder: true);
        await World.SqlAsync("update schema_migrations set checksum = 'x' where number = 5");
        (await World.CodesAsync("schema")).ShouldContain("migration_changed");
    }
}

internal static class DoctorWorldExtensions
{
    /// <summary>Found, mended, and then due: which is no finding, because the sweep has five minutes.</summary>
    public static async Task ShouldFindAndMendOverdueAsync(this DoctorWorld world, string code, Guid id)
    {
        var report = await world.ExamineAsync(true, false, "executions");
        report.Findings.Select(each => (each.Finding.Code, each.Finding.Target, each.Outcome))
            .ShouldBe([(code, $"execution {id:D}", RepairOutcome.Repaired)]);
        (await world.SqlAsync($"select count(*) from executions where next_wake_at <= {world.Sql(world.Time.GetUtcNow())}")).ShouldBe(1L);
        (await world.CodesAsync("executions")).ShouldBeEmpty();
    }

    /// <summary>Makes an execution's folder look old.</summary>
    public static void Age(this FileArtifactStore store, Guid id, DateTimeOffset at) =>
        Directory.SetLastWriteTimeUtc(store.PathOf(id), at.UtcDateTime);
}

public sealed class SqliteDoctorTests : DoctorConformance
{
    private protected override DatabaseKind Kind => DatabaseKind.Sqlite;

    [Fact]
    public async Task Host_FileOfAnEarlierVersion_IsWrittenAnewWhileNoServerRuns()
    {
        await World.SqlAsync("pragma auto_vacuum = none; vacuum");
        (await World.ExamineAsync(true, false, "host")).Findings.Where(each => each.Finding.Code == "file_cannot_shrink")
            .Select(each => each.Outcome).ShouldBe([RepairOutcome.NotPossible]);
        (await World.ExamineAsync(true, true, "host")).Findings.Where(each => each.Finding.Code == "file_cannot_shrink")
            .Select(each => each.Outcome).ShouldBe([RepairOutcome.Repaired]);
        (await World.CodesAsync("host")).ShouldNotContain("file_cannot_shrink");
    }
}
