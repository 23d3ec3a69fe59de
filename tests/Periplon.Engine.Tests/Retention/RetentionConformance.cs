using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Periplon.Engine.Retention;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Retention;

/// <summary>What retention promises, on whichever database.</summary>
public abstract partial class RetentionConformance : IAsyncLifetime
{
    private protected abstract DatabaseKind Kind { get; }

    private protected RetentionWorld World { get; private set; } = null!;

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => World = await RetentionWorld.CreateAsync(Kind);

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Round_ByAge_DeletesWhatEndedBefore_WithAllThatIsItsOwn()
    {
        var old = await World.AddAsync(RetentionWorld.Old, RetentionWorld.Old);
        var keyed = await World.AddAsync(RetentionWorld.Old, RetentionWorld.Old, id: new Guid("00000000-0000-8001-8001-0123456789ab"));
        var longLived = await World.AddAsync(RetentionWorld.Old, RetentionWorld.Now.AddDays(-1));
        var running = await World.AddAsync(RetentionWorld.Old, endedAt: null);
        var young = await World.AddAsync(RetentionWorld.Now.AddDays(-2), RetentionWorld.Now.AddDays(-2));

        (await World.RunAsync()).Executions.ShouldBe(2);
        (await World.LeftAsync(old, keyed, longLived, running, young)).ShouldBe([longLived, running, young]);
        (await World.RunAsync()).IsEmpty.ShouldBeTrue("a second round finds nothing");
    }

    [Fact]
    public async Task Round_ManyBatchesAndLongLogs_DeletesAllInBoundedStatements()
    {
        var ids = new List<Guid>();
        for (var i = 0; i < 23; i++)
        {
            ids.Add(await World.AddAsync(RetentionWorld.Old, RetentionWorld.Old, lines: i == 3 ? ExecutionPurge.MaxRows + 7 : 1));
        }

        (await World.RunAsync(new RetentionOptions { BatchSize = 4 })).Executions.ShouldBe(23);
        (await World.LeftAsync([.. ids])).ShouldBeEmpty();
    }

    [Fact]
    public async Task Round_FamiliesOfExecutions_GoTogetherAndNotBeforeTheirParents()
    {
        var liveParent = await World.AddAsync(RetentionWorld.Old, endedAt: null);
        var childOfLive = await World.AddAsync(RetentionWorld.Old, RetentionWorld.Old, liveParent);
        var lateParent = await World.AddAsync(RetentionWorld.Old, RetentionWorld.Now.AddDays(-1));
        var childOfLate = await World.AddAsync(RetentionWorld.Old, RetentionWorld.Old, lateParent);
        var parentOfLive = await World.AddAsync(RetentionWorld.Old, RetentionWorld.Old);
        var liveChild = await World.AddAsync(RetentionWorld.Old, endedAt: null, parentOfLive);
        var oldParent = await World.AddAsync(RetentionWorld.Old, RetentionWorld.Old);
        var oldChild = await World.AddAsync(RetentionWorld.Old, RetentionWorld.Old, oldParent);

        (await World.RunAsync()).Executions.ShouldBe(2);
        (await World.LeftAsync(liveParent, childOfLive, lateParent, childOfLate, parentOfLive, liveChild, oldParent, oldChild))
            .ShouldBe([liveParent, childOfLive, lateParent, childOfLate, parentOfLive, liveChild]);
    }

    [Fact]
    public async Task Round_ByCount_KeepsTheNewestOfEachWorkflow_WithTheirSubflows()
    {
        await AddWorkflowAsync(World.Workflow);
        var other = Guid.CreateVersion7();
        await AddWorkflowAsync(other);
        var mine = new List<Guid>();
        for (var i = 0; i < 6; i++)
        {
            var at = RetentionWorld.Now.AddHours(-10 + i);
            mine.Add(await World.AddAsync(at, at));
            mine.Add(await World.AddAsync(at, at, mine[^1]));
        }

        var running = await World.AddAsync(RetentionWorld.Now.AddHours(-20), endedAt: null);
        var others = await World.AddAsync(RetentionWorld.Now.AddHours(-20), RetentionWorld.Now.AddHours(-20), workflow: other);

        (await World.RunAsync(new RetentionOptions { MaxPerWorkflow = 2, BatchSize = 3 })).Executions.ShouldBe(8);
        (await World.LeftAsync([.. mine, running, others])).ShouldBe([.. mine.TakeLast(4), running, others]);
    }

    [Fact]
    public async Task Round_OldRowsOfOtherTables_AreDeletedByTheirAge()
    {
        var time = Kind is DatabaseKind.Sqlite ? "integer" : "timestamptz";
        await World.Test.ScalarAsync($"create table visits (id integer primary key, ended_at {time})");
        for (var i = 0; i < 7; i++)
        {
            var at = Kind is DatabaseKind.Sqlite
                ? $"{SqlValues.ToMicroseconds(RetentionWorld.Now.AddDays(-10 * i))}"
                : $"'{RetentionWorld.Now.AddDays(-10 * i):O}'";
            await World.Test.ScalarAsync($"insert into visits values ({i}, {(i == 6 ? "null" : at)})");
        }

        var done = await World.RunAsync(new RetentionOptions { BatchSize = 1 }, [new AgedTable("visits", "ended_at", "id")]);
        done.Others.ShouldBe(2);
        (await World.Test.ScalarAsync("select count(*) from visits where id in (0, 1, 2, 3, 6)")).ShouldBe(5L);
    }

    [Fact]
    public async Task DeleteTree_EndedExecution_TakesItsSubflowsAlong()
    {
        var parent = await World.AddAsync(RetentionWorld.Now, RetentionWorld.Now);
        var child = await World.AddAsync(RetentionWorld.Now, RetentionWorld.Now, parent);
        var grandchild = await World.AddAsync(RetentionWorld.Now, RetentionWorld.Now, child);
        var running = await World.AddAsync(RetentionWorld.Now, endedAt: null);
        var ofRunning = await World.AddAsync(RetentionWorld.Now, RetentionWorld.Now, running);

        (await World.Purge.DeleteTreeAsync(parent, Ct)).ShouldBe(new(3, true));
        (await World.Purge.DeleteTreeAsync(running, Ct)).ShouldBe(new(0, false), "it has not ended");
        (await World.Purge.DeleteTreeAsync(ofRunning, Ct)).ShouldBe(new(0, false), "its parent has not ended");
        (await World.LeftAsync(parent, child, grandchild, running, ofRunning)).ShouldBe([running, ofRunning]);
    }

    [Fact]
    public async Task DeleteTree_WhatOnlyNamesItAsParent_NeitherGoesAlongNorHoldsIt()
    {
        var (now, parent) = (RetentionWorld.Now, await World.AddAsync(RetentionWorld.Now, RetentionWorld.Now));
        var ended = await World.AddAsync(now, now, parent, trigger: "completion");
        var running = await World.AddAsync(now, endedAt: null, parent, trigger: "api");
        var foreign = await World.AddAsync(now, now, parent, organization: "another");
        var foreignRunning = await World.AddAsync(now, endedAt: null, parent, organization: "another");
        var ofRunning = await World.AddAsync(now, now, running, trigger: "api");

        (await World.Purge.DeleteTreeAsync(parent, Ct)).ShouldBe(new(1, true));
        (await World.Purge.DeleteTreeAsync(ofRunning, Ct)).ShouldBe(new(1, true), "what it names as its parent is not waiting for it");
        (await World.LeftAsync(parent, ended, running, foreign, foreignRunning, ofRunning))
            .ShouldBe([ended, running, foreign, foreignRunning]);
    }

    [Fact]
    public async Task Round_ByAge_WhatOnlyNamesAParent_GoesByItsOwnAge()
    {
        var (now, old) = (RetentionWorld.Now, RetentionWorld.Old);
        var parent = await World.AddAsync(old, old);
        var running = await World.AddAsync(old, endedAt: null, parent, trigger: "api");
        var foreign = await World.AddAsync(old, endedAt: null, parent, organization: "another");
        var live = await World.AddAsync(now, endedAt: null);
        var ofLive = await World.AddAsync(old, old, live, trigger: "completion");
        var foreignOfLive = await World.AddAsync(old, old, live, organization: "another");

        (await World.RunAsync()).Executions.ShouldBe(3);
        (await World.LeftAsync(parent, running, foreign, live, ofLive, foreignOfLive)).ShouldBe([running, foreign, live]);
    }

    [Fact]
    public async Task Round_MonthInWhichOnlyForeignParentsLive_GoesWithItsPartitions()
    {
        var old = RetentionWorld.Old.AddMonths(-2);
        await World.CreateMonthAsync(old);
        var live = await World.AddAsync(RetentionWorld.Now, endedAt: null);
        var ofLive = await World.AddAsync(old, old, live, organization: "another");
        var triggered = await World.AddAsync(old, old, live, trigger: "completion");
        await World.AddAsync(RetentionWorld.Now, endedAt: null, triggered, trigger: "api");

        var done = await World.RunAsync();
        (done.Executions, done.Partitions > 0).ShouldBe((2, Kind is DatabaseKind.Postgres));
        (await World.LeftAsync(live, ofLive, triggered)).ShouldBe([live]);
    }

    [Fact]
    public async Task Round_ByCount_CountsWhatOnlyNamesAParent()
    {
        await AddWorkflowAsync(World.Workflow);
        var ids = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            var at = RetentionWorld.Now.AddHours(-10 + i);
            ids.Add(await World.AddAsync(at, at, i == 0 ? null : ids[^1], trigger: "completion"));
        }

        (await World.RunAsync(new RetentionOptions { MaxPerWorkflow = 2 })).Executions.ShouldBe(3);
        (await World.LeftAsync([.. ids])).ShouldBe([.. ids.TakeLast(2)]);
    }

    [Fact]
    public async Task ArtifactSweep_FilesOfNoExecution_AreDeletedOnceTheyAreAnHourOld()
    {
        var kept = await World.AddAsync(RetentionWorld.Now, endedAt: null);
        var orphan = Guid.CreateVersion7();
        using (var content = new MemoryStream([1]))
        {
            await World.Artifacts.PutAsync(orphan, "left", content, Ct);
        }

        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var sweep = new ArtifactSweep(
            World.Artifacts, World.Artifacts, World.Test.Database, World.Instruments.Retention, time, NullLogger<ArtifactSweep>.Instance);
        async Task<int> AllAsync()
        {
            var deleted = 0;
            for (var part = 0; part < World.Artifacts.Parts; part++)
            {
                deleted += await sweep.RunOnceAsync(Ct);
            }

            return deleted;
        }

        (await AllAsync()).ShouldBe(0, "it may belong to an execution that begins just now");
        time.Advance(TimeSpan.FromHours(2));
        (await AllAsync()).ShouldBe(1);
        (await World.LeftAsync(kept)).ShouldBe([kept]);
    }

    private Task<object?> AddWorkflowAsync(Guid id) => World.Test.ScalarAsync(
        "insert into workflows (id, organization, name, version, revision, is_active, is_deleted, created_at, updated_at) values "
        + $"('{id:D}', 'default', '{id:N}', '1', 1, {Values()})");

    private string Values() => Kind is DatabaseKind.Sqlite ? "1, 0, 0, 0" : "true, false, now(), now()";
}

public sealed class SqliteRetentionTests : RetentionConformance
{
    private protected override DatabaseKind Kind => DatabaseKind.Sqlite;

    [Fact]
    public async Task Round_DeletesMuch_ShrinksTheFile()
    {
        for (var i = 0; i < 4; i++)
        {
            await World.AddAsync(RetentionWorld.Old, RetentionWorld.Old, lines: 40_000);
        }

        async Task<long> PagesAsync() => (long)(await World.Test.ScalarAsync("pragma page_count"))!;
        var before = await PagesAsync();
        (await World.RunAsync()).Executions.ShouldBe(4);
        (await PagesAsync()).ShouldBeLessThan(before / 2);
    }

    [Fact]
    public async Task Enable_FileOfAnEarlierVersion_LearnsToShrink()
    {
        await World.Test.ScalarAsync("pragma auto_vacuum = none; vacuum");
        await World.AddAsync(RetentionWorld.Now, RetentionWorld.Now);
        (await SqliteShrinking.IsEnabledAsync(World.Test.Database, Ct)).ShouldBeFalse();
        await SqliteShrinking.EnableAsync(World.Test.Database, NullLogger.Instance, Ct);
        (await SqliteShrinking.IsEnabledAsync(World.Test.Database, Ct)).ShouldBeTrue();
        (await World.Test.ScalarAsync("select count(*) from executions")).ShouldBe(1L);
    }
}

public sealed class PostgresRetentionTests : RetentionConformance
{
    private protected override DatabaseKind Kind => DatabaseKind.Postgres;

    [Fact]
    public async Task DeleteTree_SomebodyHoldsTheExecution_SaysThatItIsNotGone()
    {
        var parent = await World.AddAsync(RetentionWorld.Now, RetentionWorld.Now);
        var child = await World.AddAsync(RetentionWorld.Now, RetentionWorld.Now, parent);
        await using (var connection = await World.Test.Database.Engine.OpenConnectionAsync(Ct))
        {
            await using var transaction = await connection.BeginTransactionAsync(Ct);
            await using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = $"select id from executions where id = '{parent:D}' for update";
            await command.ExecuteScalarAsync(Ct);
            (await World.Purge.DeleteTreeAsync(parent, Ct)).ShouldBe(new(1, false));
        }

        (await World.LeftAsync(parent, child)).ShouldBe([parent]);
        (await World.Purge.DeleteTreeAsync(parent, Ct)).ShouldBe(new(1, true));
    }

    [Fact]
    public async Task Round_MonthOfWhichNothingStays_IsDroppedWhole()
    {
        var month = RetentionWorld.Now.AddMonths(-3);
        await World.CreateMonthAsync(month);
        var ids = new[] { await World.AddAsync(month, month.AddDays(1)), await World.AddAsync(month, month.AddDays(1)) };

        var done = await World.RunAsync();
        (done.Executions, done.Partitions).ShouldBe((2, 2));
        (await World.LeftAsync(ids)).ShouldBeEmpty();
        (await World.Test.ScalarAsync("select to_regclass('execution_events_2026_08') is null")).ShouldBe(true);
    }

    [Fact]
    public async Task Round_MonthWithAChainOfRetries_IsDroppedWholeInOneRound()
    {
        var month = RetentionWorld.Now.AddMonths(-3);
        await World.CreateMonthAsync(month);
        var ids = new List<Guid>();
        for (var i = 0; i < 4; i++)
        {
            ids.Add(await World.AddAsync(month.AddHours(i), month.AddHours(i), retryOf: i == 0 ? null : ids[^1]));
        }

        var summary = await World.RunAsync();
        (summary.Executions, summary.Partitions).ShouldBe((4, 2));
        (await World.LeftAsync([.. ids])).ShouldBeEmpty();
    }

    [Fact]
    public async Task Round_MonthWithALongLivedExecution_KeepsItsPartitionAndDeletesTheOthersOfIt()
    {
        var month = RetentionWorld.Now.AddMonths(-3);
        await World.CreateMonthAsync(month);
        var old = await World.AddAsync(month, month.AddDays(1));
        var longLived = await World.AddAsync(month, endedAt: null);

        var done = await World.RunAsync();
        (done.Executions, done.Partitions).ShouldBe((1, 0));
        (await World.LeftAsync(old, longLived)).ShouldBe([longLived]);
        (await World.Test.ScalarAsync("select count(*) from execution_events_2026_08")).ShouldBe(3L);
    }

    [Fact]
    public async Task TryDrop_PartitionIsBusy_GivesUpWithoutHoldingAnybodyUp()
    {
        var month = RetentionWorld.Now.AddMonths(-3);
        await World.CreateMonthAsync(month);
        var partition = new MonthlyPartition("execution_events", new DateOnly(2026, 8, 1));
        await using (var connection = await World.Test.Database.Engine.OpenConnectionAsync(Ct))
        await using (var transaction = await connection.BeginTransactionAsync(Ct))
        {
            await using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "select count(*) from execution_events";
            await command.ExecuteScalarAsync(Ct);
            (await World.Partitions.TryDropAsync(partition, Ct)).ShouldBeFalse();
        }

        (await World.Partitions.TryDropAsync(partition, Ct)).ShouldBeTrue();
        (await World.Partitions.ListAsync(Ct)).ShouldNotContain(partition);
    }

    [Fact]
    public async Task TryDrop_ExecutionOfTheMonthExists_KeepsThePartition()
    {
        var month = RetentionWorld.Now.AddMonths(-3);
        await World.CreateMonthAsync(month);
        await World.AddAsync(month, endedAt: null);
        (await World.Partitions.TryDropAsync(new("execution_events", new DateOnly(2026, 8, 1)), Ct)).ShouldBeFalse();
    }

    [Fact]
    public void Partition_FirstAndEndIds_AreThoseOfItsDays()
    {
        var partition = new MonthlyPartition("execution_events", new DateOnly(2026, 8, 1));
        SqlValues.DayOf(partition.FirstId).ShouldBe(new DateOnly(2026, 8, 1));
        SqlValues.DayOf(partition.EndId).ShouldBe(new DateOnly(2026, 9, 1));
        MonthlyPartition.Parse("execution_events", partition.Name).ShouldBe(partition);
        MonthlyPartition.Parse("execution_events", "execution_events_default").ShouldBeNull();
    }
}
