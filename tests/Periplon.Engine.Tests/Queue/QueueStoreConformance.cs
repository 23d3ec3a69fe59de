using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Periplon.Core.Executions;
using Periplon.Engine.Queue;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Queue;

/// <summary>What partitions read in the rows of executions, on whichever database.</summary>
public abstract class QueueStoreConformance(DatabaseFixture fixture) : IAsyncLifetime
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Ageing = TimeSpan.FromSeconds(60);

    // Each test has a partition to itself.
    private static int _partitions = 100;

    private readonly JournalInstruments _instruments = new();
    private readonly int _partition = Interlocked.Increment(ref _partitions);
    private JournalStore _journal = null!;
    private QueueStore _store = null!;

    internal TestDatabase Test => fixture.Test;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _journal = Open(Test.Database, _instruments);
        _store = new QueueStore(Test.Database, TimeProvider.System);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _journal.DisposeAsync();
        _instruments.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task ListDue_ManyDue_PagesThroughAllOfThemLongestDueFirst()
    {
        // Several share a time, so that the id must break the tie.
        var ids = await StoreAsync(23, (row, i) => Waiting(row) with { NextWakeAt = T0.AddSeconds(i / 4) });
        await StoreAsync(2, (row, _) => Waiting(row) with { NextWakeAt = T0.AddHours(1) });
        var seen = new List<DueLook>();
        IReadOnlyList<DueLook> page;
        while ((page = await _store.ListDueAsync(_partition, T0.AddMinutes(1), seen.LastOrDefault(), 5, Ct)).Count > 0)
        {
            seen.AddRange(page);
        }

        seen.Select(due => due.Id).ShouldBe(ids, ignoreOrder: true);
        seen.Select(due => due.At).ShouldBeInOrder();
    }

    [Fact]
    public async Task ListDue_ExecutionsThatWaitToBeStarted_AreNotAmongThem()
    {
        await StoreAsync(3, (row, _) => row with { NextWakeAt = T0 });
        var limited = await StoreAsync(1, (row, _) => row with { NextWakeAt = T0, QueueLane = null, WaitReason = "concurrency" });
        (await _store.ListDueAsync(_partition, T0.AddDays(1), null, 10, Ct)).Select(due => due.Id).ShouldBe(limited);
    }

    [Fact]
    public async Task ListDueStarts_ThoseThatHaveATimeOfTheirOwn_AreListedOnceItHasCome()
    {
        await StoreAsync(3, (row, _) => row with { NextWakeAt = row.CreatedAt });
        await StoreAsync(1, (row, _) => row with { NextWakeAt = T0.AddDays(2) });
        await StoreAsync(1, (row, _) => Waiting(row) with { NextWakeAt = T0.AddSeconds(1) });
        var limited = await StoreAsync(3, (row, i) => row with { NextWakeAt = T0.AddMinutes(i + 1) });
        var first = await _store.ListDueStartsAsync(_partition, T0.AddDays(1), null, 2, Ct);
        var second = await _store.ListDueStartsAsync(_partition, T0.AddDays(1), first[^1], 2, Ct);
        first.Concat(second).Select(due => due.Id).ShouldBe(limited);

        // Found without a time of its own, it is moved out of the list.
        await _store.MoveLooksAsync([new DueLook(T0, limited[0])], Ct);
        (await _store.ListDueStartsAsync(_partition, T0.AddDays(1), null, 9, Ct)).Select(due => due.Id).ShouldBe(limited.Skip(1));
    }

    [Fact]
    public async Task MoveLooks_OneThatIsNotDueAnyMoreOrHasEnded_KeepsItsTime()
    {
        var now = TimeProvider.System.GetUtcNow();
        var ids = await StoreAsync(3, (row, i) => Waiting(row) with { NextWakeAt = i == 1 ? now.AddHours(1) : now.AddMinutes(-1) });
        await _journal.AppendAsync(Append(ids[2], 2, Ended(ids[2])), Ct);
        await _store.MoveLooksAsync([.. ids.Select((id, i) => new DueLook(now.AddMinutes(5 + i), id))], Ct);

        var looks = await _store.ListDueAsync(_partition, now.AddDays(1), null, 10, Ct);
        looks.Select(look => look.Id).ShouldBe([ids[0], ids[1]]);
        looks[0].At.ShouldBe(now.AddMinutes(5), TimeSpan.FromMilliseconds(1));
        looks[1].At.ShouldBe(now.AddHours(1), TimeSpan.FromMilliseconds(1));
        await _store.MoveLooksAsync([], Ct);
    }

    [Fact]
    public async Task NextClass_SeveralOrganizationsAndTags_NamesEachOnce()
    {
        string[] organizations = ["acme", "b", "b", "acme"];
        string[] lanes = ["gpu", "", "", ""];
        await StoreAsync(12, (row, i) => row with { Organization = organizations[i % 4], QueueLane = lanes[i % 4] });
        var classes = new List<StartClass>();
        while (await _store.NextClassAsync(_partition, classes.Count == 0 ? null : classes[^1], Ct) is { } next)
        {
            classes.Add(next);
        }

        classes.ShouldBe([new("acme", ""), new("acme", "gpu"), new("b", "")], ignoreOrder: true);
        (await _store.NextClassAsync(_partition + 1_000, null, Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task BacklogReader_SeveralPriorities_ReadsInTheOrderOfTheQueue()
    {
        // The oldest has waited for more than two steps of ageing longer than the newest.
        var ids = await StoreAsync(60, (row, i) => row with { Priority = i % 3, CreatedAt = T0.AddSeconds(i * 5) });
        await StoreAsync(3, (row, _) => row with { Organization = "other" });
        await StoreAsync(3, (row, _) => row with { QueueLane = "gpu" });
        var started = (await StoreAsync(1, (row, _) => row))[0];
        await _journal.AppendAsync(Append(started, 2, Row(started) with { Status = ExecutionStatus.Running, QueueLane = null }), Ct);

        var reader = new BacklogReader(_store, _partition, new StartClass("acme", ""), Ageing, pageSize: 4);
        var read = new List<QueuedStart>();
        while (await reader.NextAsync(Ct) is { } next)
        {
            read.Add(next);
        }

        read.Select(row => row.Id).ShouldBe(ids, ignoreOrder: true);
        read.Select(row => row.LevelFor(Ageing)).ShouldBeInOrder();
        read[0].Priority.ShouldBe(2);
        (read.FindIndex(row => row.Priority == 0) < read.FindLastIndex(row => row.Priority == 2)).ShouldBeTrue("age counts too");
    }

    [Fact]
    public async Task CountQueued_ByOrganizationPartitionAndPriority_CountsWhatWaitsToBeStarted()
    {
        var organization = $"org-{Guid.NewGuid():N}";
        await StoreAsync(5, (row, i) => row with { Organization = organization, Priority = i % 2, CreatedAt = T0.AddSeconds(i) });
        await StoreAsync(2, (row, _) => Waiting(row) with { Organization = organization });
        (await _store.CountQueuedAsync(organization, Ct)).OrderBy(count => count.Priority)
            .ShouldBe([new(organization, _partition, 0, 3, T0), new(organization, _partition, 1, 2, T0.AddSeconds(1))]);
        (await _store.CountQueuedAsync(null, Ct)).ShouldContain(new QueuedCount(organization, _partition, 0, 3, T0));
        (await _store.CountQueuedAsync("nobody", Ct)).ShouldBeEmpty();
    }

    private protected abstract JournalStore Open(Database database, JournalInstruments instruments);

    private async Task<List<Guid>> StoreAsync(int count, Func<ExecutionRow, int, ExecutionRow> change)
    {
        var ids = Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7()).ToList();
        await Task.WhenAll(ids.Select((id, i) => _journal.AppendAsync(Append(id, 1, change(Row(id), i)), Ct)).ToList());
        return ids;
    }

    private static JournalAppend Append(Guid id, long seq, ExecutionRow row) =>
        new(id, seq, Encoding.UTF8.GetBytes($"turn {seq}"), Guid.NewGuid(), T0, row);

    private ExecutionRow Row(Guid id) => new()
    {
        Id = id, Organization = "acme", WorkflowId = Guid.Parse("01900000-0000-7000-8000-000000000001"), WorkflowName = "nightly",
        WorkflowVersion = "1.0", Revision = 1, Status = ExecutionStatus.Queued, Partition = _partition, WaitReason = "worker",
        QueueLane = "", NextWakeAt = T0.AddSeconds(30), CreatedAt = T0,
    };

    private static ExecutionRow Waiting(ExecutionRow row) =>
        row with { Status = ExecutionStatus.Waiting, WaitReason = "sleep", QueueLane = null, StartedAt = T0 };

    private ExecutionRow Ended(Guid id) => Row(id) with
    {
        Status = ExecutionStatus.Completed, WaitReason = null, QueueLane = null, NextWakeAt = null, StartedAt = T0, CompletedAt = T0,
    };
}

public sealed class SqliteQueueStoreTests(SqliteFixture fixture) : QueueStoreConformance(fixture), IClassFixture<SqliteFixture>
{
    private protected override JournalStore Open(Database database, JournalInstruments instruments) =>
        new SqliteJournalStore(database, instruments, TimeProvider.System, NullLogger<SqliteJournalStore>.Instance);
}

public sealed class PostgresQueueStoreTests(PostgresFixture fixture) : QueueStoreConformance(fixture), IClassFixture<PostgresFixture>
{
    private protected override JournalStore Open(Database database, JournalInstruments instruments) =>
        new PostgresJournalStore(database, instruments, TimeProvider.System, NullLogger<PostgresJournalStore>.Instance);

    [Fact]
    public async Task Queries_OnManyRows_UseTheirIndexes()
    {
        await Test.ScalarAsync("set enable_seqscan = off");
        foreach (var (index, sql) in new[]
        {
            ("executions_wake", """
                select next_wake_at, id from executions where partition = 1
                   and (status in ('running', 'waiting', 'paused') or (status = 'queued' and queue_lane is null))
                   and next_wake_at <= now() and (next_wake_at, id) > (now(), '00000000-0000-0000-0000-000000000000')
                 order by next_wake_at, id limit 5
                """),
            ("executions_queued_wake", """
                select next_wake_at, id from executions where partition = 1
                   and status = 'queued' and queue_lane is not null and next_wake_at > created_at
                   and next_wake_at <= now() and (next_wake_at, id) > (now(), '00000000-0000-0000-0000-000000000000')
                 order by next_wake_at, id limit 5
                """),
            ("executions_queued", """
                select id, created_at from executions where partition = 1 and organization = 'a' and queue_lane = ''
                   and status = 'queued' and queue_lane is not null and priority = 0
                 order by created_at, id limit 5
                """),
        })
        {
            var plan = await Test.LinesAsync($"explain {sql}");
            plan.ShouldContain(line => line.Contains(index), string.Join('\n', plan));
            plan.ShouldNotContain(line => line.Contains("Sort"), string.Join('\n', plan));
        }
    }
}
