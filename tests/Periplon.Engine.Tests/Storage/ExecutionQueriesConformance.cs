using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

public abstract class ExecutionQueriesConformance(DatabaseFixture fixture)
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(T0);
    private readonly string _organization = $"org-{Guid.NewGuid():N}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private ExecutionQueries Queries => new(fixture.Test.Database, _time);

    [Fact]
    public async Task List_PagesByCursor_NewestFirstAndEachRowOnce()
    {
        // Several rows share a time, so that the id must break the tie.
        var ids = await StoreAsync(25, (row, i) => row with { CreatedAt = T0.AddSeconds(i / 4) });
        var seen = new List<ExecutionRow>();
        ExecutionCursor? cursor = null;
        IReadOnlyList<ExecutionRow> page;
        while ((page = await Queries.ListAsync(Filter(), cursor, 0, 7, Ct)).Count > 0)
        {
            seen.AddRange(page);
            cursor = new(page[^1].CreatedAt, page[^1].Id);
        }

        seen.Select(row => row.Id).ShouldBe(ids, ignoreOrder: true);
        seen.ShouldBe(seen.OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id));
        (await Queries.ListAsync(Filter(), null, 20, 10, Ct)).Select(row => row.Id).ShouldBe(seen.Skip(20).Select(row => row.Id));
    }

    [Fact]
    public async Task List_EachFilter_FindsItsRowsAlone()
    {
        var workflow = Guid.CreateVersion7();
        var parent = Guid.CreateVersion7();
        var ids = await StoreAsync(6, (row, i) => i switch
        {
            0 => row with { WorkflowId = workflow },
            1 => row with { Status = ExecutionStatus.Running },
            2 => row with { TriggeredBy = "ann' or 1=1 --" },
            3 => row with { ParentExecutionId = parent, TriggerType = "subflow" },
            4 => row with { ParentExecutionId = Guid.CreateVersion7(), Labels = """{"team":"a\"b","env":"prod"}""" },
            _ => row with { CreatedAt = T0.AddDays(2) },
        });

        await FindsAsync(Filter() with { WorkflowId = workflow }, ids[0]);
        await FindsAsync(Filter() with { Statuses = [ExecutionStatus.Running, ExecutionStatus.Failed] }, ids[1]);
        await FindsAsync(Filter() with { TriggeredBy = "ann' or 1=1 --" }, ids[2]);
        await FindsAsync(Filter() with { ParentExecutionId = parent }, ids[3]);
        await FindsAsync(Filter() with { IsChild = true }, ids[3]);
        (await Queries.CountAsync(Filter() with { IsChild = false }, 100, Ct)).ShouldBe(5);
        await FindsAsync(Filter() with { Labels = new Dictionary<string, string> { ["team"] = "a\"b" } }, ids[4]);
        await FindsAsync(Filter() with { Labels = new Dictionary<string, string> { ["team"] = "a\"b", ["env"] = "test" } });
        await FindsAsync(Filter() with { CreatedAfter = T0.AddDays(1) }, ids[5]);
        await FindsAsync(Filter() with { CreatedBefore = T0.AddDays(1), WorkflowId = workflow }, ids[0]);
        await FindsAsync(Filter() with { Organization = "another" });
        (await Queries.FindAsync("another", ids[0], Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task List_ByLabels_PagesNewestFirstAndFollowsChangesAndDeletions()
    {
        static Dictionary<string, string> Team(string team) => new() { ["team"] = team };
        var ids = await StoreAsync(9, (row, i) => row with
        {
            CreatedAt = T0.AddSeconds(i / 3), Labels = i == 0 ? "{}" : """{"team":"red","env":"prod"}""",
        });
        var seen = new List<Guid>();
        ExecutionCursor? cursor = null;
        while (await Queries.ListAsync(Filter() with { Labels = Team("red") }, cursor, 0, 3, Ct) is [.., var last] page)
        {
            seen.AddRange(page.Select(row => row.Id));
            cursor = new(last.CreatedAt, last.Id);
        }

        var all = await Queries.ListAsync(Filter(), null, 0, 100, Ct);
        seen.ShouldBe(all.Select(row => row.Id).Where(id => id != ids[0]));
        await FindsAsync(Filter() with { Labels = Team("red"), CreatedAfter = T0.AddSeconds(1), CreatedBefore = T0.AddSeconds(2) }, ids[3..6]);

        await ExecuteAsync($$"""update executions set labels = '{"team":"blue"}' where id in ('{{ids[0]}}', '{{ids[1]}}')""");
        await FindsAsync(Filter() with { Labels = Team("blue") }, ids[..2]);
        await FindsAsync(Filter() with { Labels = Team("red") }, ids[2..]);
        await ExecuteAsync($"delete from executions where id in ('{ids[1]}', '{ids[2]}')");
        await FindsAsync(Filter() with { Labels = Team("blue") }, ids[0]);
        await FindsAsync(Filter() with { Labels = Team("red") }, ids[3..]);
    }

    [Fact]
    public async Task Find_OfAnExecutionThatWasRetried_NamesTheNewestRetry()
    {
        var first = (await StoreAsync(1, (row, _) => row))[0];
        var retries = await StoreAsync(2, (row, i) => row with { RetryOf = first, CreatedAt = T0.AddMinutes(i) });
        await FindsAsync(Filter() with { RetryOf = first }, retries);
        var found = (await Queries.FindAsync(_organization, first, Ct)).ShouldNotBeNull();
        (found.RetryOf, found.RetriedBy).ShouldBe((null, retries[1]));
        var retry = (await Queries.FindAsync(_organization, retries[0], Ct)).ShouldNotBeNull();
        (retry.RetryOf, retry.RetriedBy).ShouldBe((first, null));
    }

    [Fact]
    public async Task Live_ByRevision_LeavesOutWhatHasEndedAndSubflows()
    {
        var workflow = Guid.CreateVersion7();
        var ids = await StoreAsync(6, (row, i) => (row with { WorkflowId = workflow, Revision = i < 3 ? 1 : 2 }) switch
        {
            var child when i == 1 => child with { ParentExecutionId = Guid.CreateVersion7(), TriggerType = "subflow" },
            var triggered when i == 2 => triggered with { ParentExecutionId = Guid.CreateVersion7(), TriggerType = "completion" },
            var ended when i == 4 => ended with
            {
                Status = ExecutionStatus.Completed, CompletedAt = T0, NextWakeAt = null, WaitReason = null,
            },
            var live => live,
        });
        var counts = await Queries.CountLiveAsync(_organization, workflow, Ct);
        counts.ShouldBe(new Dictionary<int, long> { [1] = 2, [2] = 2 }, ignoreOrder: true);
        (await Queries.ListLiveAsync(_organization, workflow, 1, null, 10, Ct)).ShouldBe([ids[0], ids[2]], ignoreOrder: true);

        // Ids of one millisecond are in no order of their own.
        var second = await Queries.ListLiveAsync(_organization, workflow, 2, null, 10, Ct);
        second.ShouldBe(new[] { ids[3], ids[5] }.OrderBy(id => id.ToString("D"), StringComparer.Ordinal));
        (await Queries.ListLiveAsync(_organization, workflow, 2, second[0], 10, Ct)).ShouldBe([second[1]]);
        (await Queries.CountLiveAsync("another", workflow, Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Count_StopsAtItsBound()
    {
        await StoreAsync(9, (row, _) => row);
        (await Queries.CountAsync(Filter(), 100, Ct)).ShouldBe(9);
        (await Queries.CountAsync(Filter(), 5, Ct)).ShouldBe(5);
    }

    [Fact]
    public async Task CountByStatus_NamesEveryStatus_AndIsFreshAfterTwoSeconds()
    {
        await StoreAsync(3, (row, i) => i == 0 ? row with { Status = ExecutionStatus.Paused } : row);
        var queries = Queries;
        var counts = await queries.CountByStatusAsync(_organization, Ct);
        counts.ByStatus.Count.ShouldBe(Enum.GetValues<ExecutionStatus>().Length);
        counts.ByStatus[ExecutionStatus.Queued].ShouldBe(2);
        counts.ByStatus[ExecutionStatus.Paused].ShouldBe(1);

        await StoreAsync(1, (row, _) => row);
        (await queries.CountByStatusAsync(_organization, Ct)).ShouldBeSameAs(counts);
        _time.Advance(TimeSpan.FromSeconds(2));
        (await queries.CountByStatusAsync(_organization, Ct)).ByStatus[ExecutionStatus.Queued].ShouldBe(3);
        (await queries.CountByStatusAsync(null, Ct)).ByStatus[ExecutionStatus.Queued].ShouldBeGreaterThanOrEqualTo(3);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await fixture.Test.Database.Engine.OpenConnectionAsync(Ct);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        (await command.ExecuteNonQueryAsync(Ct)).ShouldBeGreaterThan(0);
    }

    private ExecutionFilter Filter() => new() { Organization = _organization };

    private async Task FindsAsync(ExecutionFilter filter, params Guid[] expected)
    {
        (await Queries.ListAsync(filter, null, 0, 100, Ct)).Select(row => row.Id).ShouldBe(expected, ignoreOrder: true);
        (await Queries.CountAsync(filter, 100, Ct)).ShouldBe(expected.Length);
    }

    private async Task<Guid[]> StoreAsync(int count, Func<ExecutionRow, int, ExecutionRow> change)
    {
        using var instruments = new JournalInstruments();
        await using JournalStore store = fixture.Test.Database.Kind is DatabaseKind.Sqlite
            ? new SqliteJournalStore(fixture.Test.Database, instruments, TimeProvider.System, NullLogger<SqliteJournalStore>.Instance)
            : new PostgresJournalStore(fixture.Test.Database, instruments, TimeProvider.System, NullLogger<PostgresJournalStore>.Instance);
        var ids = Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7()).ToArray();
        await Task.WhenAll(ids.Select((id, i) => store.AppendAsync(
            new(id, 1, new byte[] { 1 }, Guid.NewGuid(), T0, change(Row(id), i)), Ct)));
        return ids;
    }

    private ExecutionRow Row(Guid id) => new()
    {
        Id = id, Organization = _organization, WorkflowId = Guid.CreateVersion7(), WorkflowName = "nightly", WorkflowVersion = "1.0",
        Revision = 1, Status = ExecutionStatus.Queued, Partition = 0, NextWakeAt = T0, CreatedAt = T0,
    };
}

public sealed class SqliteExecutionQueriesTests(SqliteFixture fixture)
    : ExecutionQueriesConformance(fixture), IClassFixture<SqliteFixture>;

public sealed class PostgresExecutionQueriesTests(PostgresFixture fixture)
    : ExecutionQueriesConformance(fixture), IClassFixture<PostgresFixture>;
