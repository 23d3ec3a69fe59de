using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Periplon.Core.Executions;
using Periplon.Engine.Bulk;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Bulk;

public abstract class BulkConformance(DatabaseFixture fixture)
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(T0.AddHours(1));
    private readonly string _organization = $"org-{Guid.NewGuid():N}";
    private readonly ConcurrentDictionary<Guid, int> _acted = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private BulkStore Store => new(fixture.Test.Database);

    private ExecutionQueries Queries => new(fixture.Test.Database, _time);

    [Fact]
    public async Task Run_TenThousandExecutions_CrashInTheMiddle_EachIsDoneAndCountedOnce()
    {
        await FillAsync(10_000);
        var operation = await AddAsync(10_000);
        using var crash = new CancellationTokenSource();
        var first = await ClaimAsync(operation, "silo one");
        var calls = 0;
        await Should.ThrowAsync<OperationCanceledException>(Runner((_, row, token) =>
        {
            if (Interlocked.Increment(ref calls) == 5_050)
            {
                crash.Cancel();
            }

            token.ThrowIfCancellationRequested();
            return Act(row.Id);
        }).RunAsync(first, crash.Token));

        var stored = (await Store.FindAsync(_organization, operation.Id, Ct)).ShouldNotBeNull();
        (stored.Status, stored.Done).ShouldBe((BulkStatus.Running, 5_000), "whole pages are recorded, with the place after them");
        var second = await ClaimAsync(stored, "silo two");
        var ended = (await Runner((_, row, _) => Act(row.Id)).RunAsync(second, Ct)).ShouldNotBeNull();

        ended.Status.ShouldBe(BulkStatus.Completed);
        (ended.Done + ended.Unchanged, ended.Failed, ended.Matched).ShouldBe((10_000, 0, 10_000));
        _acted.Count.ShouldBe(10_000);
        ended.Unchanged.ShouldBe(_acted.Values.Count(times => times > 1), "what the crash left uncounted was done before");
        ended.Unchanged.ShouldBeLessThan(BulkRunner.PageSize);
        (await Store.FindAsync(_organization, operation.Id, Ct))!.CompletedAt.ShouldBe(_time.GetUtcNow());
    }

    [Fact]
    public async Task Run_TakenOverByAnother_TheFirstWritesNothingMore()
    {
        await FillAsync(250);
        var operation = await AddAsync(250);
        var first = await ClaimAsync(operation, "silo one");
        var calls = 0;
        var runner = Runner(async (_, row, _) =>
        {
            if (Interlocked.Increment(ref calls) == 150)
            {
                await ClaimAsync((await Store.FindAsync(_organization, operation.Id, Ct))!, "silo two");
            }

            return await Act(row.Id);
        });
        (await runner.RunAsync(first, Ct)).ShouldBeNull();
        var stored = (await Store.FindAsync(_organization, operation.Id, Ct)).ShouldNotBeNull();
        (stored.Done, stored.Owner, stored.Status).ShouldBe((100, "silo two", BulkStatus.Running));
        (await Store.ClaimAsync(operation, "silo three", T0, Ct)).ShouldBeNull("the claim it was read with is another by now");
    }

    [Fact]
    public async Task Run_Cancelled_EndsAfterThePageAndKeepsItsCounts()
    {
        await FillAsync(250);
        var operation = await AddAsync(250);
        var calls = 0;
        var runner = Runner(async (_, row, _) =>
        {
            if (Interlocked.Increment(ref calls) == 20)
            {
                (await Store.RequestCancelAsync("another", operation.Id, T0, Ct)).ShouldBeFalse();
                (await Store.RequestCancelAsync(_organization, operation.Id, T0, Ct)).ShouldBeTrue();
            }

            return await Act(row.Id);
        });
        var ended = (await runner.RunAsync(await ClaimAsync(operation, "silo one"), Ct)).ShouldNotBeNull();
        (ended.Status, ended.Done).ShouldBe((BulkStatus.Cancelled, BulkRunner.PageSize));
        (await Store.RequestCancelAsync(_organization, operation.Id, T0, Ct)).ShouldBeFalse("it has ended");
    }

    [Fact]
    public async Task Run_NewExecutions_AreLeftAlone()
    {
        await FillAsync(5);
        var operation = await AddAsync(5);
        await FillAsync(3, _time.GetUtcNow());
        var ended = (await Runner((_, row, _) => Act(row.Id)).RunAsync(await ClaimAsync(operation, "silo one"), Ct)).ShouldNotBeNull();
        (ended.Done, _acted.Count).ShouldBe((5, 5));
    }

    [Fact]
    public async Task Run_FailuresAreCounted_AndTheFirstNamed()
    {
        await FillAsync(60);
        var operation = await AddAsync(60);
        var ended = (await Runner((_, _, _) => Task.FromResult(BulkOutcome.Failed("it is broken")))
            .RunAsync(await ClaimAsync(operation, "silo one"), Ct)).ShouldNotBeNull();
        (ended.Failed, ended.Errors.Count).ShouldBe((60, BulkOperation.MostErrors));
        var stored = (await Store.FindAsync(_organization, operation.Id, Ct)).ShouldNotBeNull();
        stored.Errors.ShouldBe(ended.Errors);
        stored.Errors[0].Error.ShouldBe("it is broken");
    }

    [Fact]
    public async Task Run_ExecutionThatDoesNotAnswer_IsAskedAgainUntilItDoes()
    {
        await FillAsync(3);
        var operation = await AddAsync(3);
        var silent = 0;
        var run = Runner((_, row, _) => Interlocked.Increment(ref silent) <= 5
            ? Task.FromException<BulkOutcome>(new TimeoutException())
            : Act(row.Id)).RunAsync(await ClaimAsync(operation, "silo one"), Ct);
        await Eventually.TrueAsync("the operation has ended", () =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(run.IsCompleted);
        });
        var ended = (await run).ShouldNotBeNull();
        (ended.Done, ended.Failed).ShouldBe((3, 0));
    }

    [Fact]
    public async Task Run_PageThatHangsPastTheLease_StaysItsOwnersUntilAnotherClaimsIt()
    {
        await FillAsync(3);
        var operation = await AddAsync(3);
        var run = Runner(async (_, row, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return await Act(row.Id);
        }).RunAsync(await ClaimAsync(operation, "silo one"), Ct);
        for (var beat = 0; beat < 6; beat++)
        {
            _time.Advance(TimeSpan.FromSeconds(15));
            await Eventually.TrueAsync("the lease is renewed", async () =>
                (await Store.FindAsync(_organization, operation.Id, Ct))!.LeaseUntil == _time.GetUtcNow() + BulkRunner.Lease);
        }

        var second = await ClaimAsync((await Store.FindAsync(_organization, operation.Id, Ct))!, "silo two");
        _time.Advance(TimeSpan.FromSeconds(15));
        (await run.WaitAsync(TimeSpan.FromSeconds(30), Ct)).ShouldBeNull("the beat finds the other claim and ends the work");
        (await Runner((_, row, _) => Act(row.Id)).RunAsync(second, Ct)).ShouldNotBeNull().Done.ShouldBe(3);
    }

    [Fact]
    public async Task Run_LongerThanItsTurn_GivesWayAndGoesOnWhereItWas()
    {
        await FillAsync(250);
        var operation = await AddAsync(250);
        var acting = Runner((_, row, _) =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(400));
            return Act(row.Id);
        });
        var first = (await acting.RunAsync(await ClaimAsync(operation, "silo one"), Ct)).ShouldNotBeNull();
        (first.Status, first.Done).ShouldBe((BulkStatus.Running, BulkRunner.PageSize));
        await Store.ReleaseAsync(first, Ct);
        var stored = (await Store.FindAsync(_organization, operation.Id, Ct)).ShouldNotBeNull();
        (stored.Done, stored.Claim).ShouldBe((BulkRunner.PageSize, null));
        var ended = (await Runner((_, row, _) => Act(row.Id)).RunAsync(await ClaimAsync(stored, "silo two"), Ct)).ShouldNotBeNull();
        (ended.Status, ended.Done, ended.Unchanged).ShouldBe((BulkStatus.Completed, 250, 0));
    }

    [Fact]
    public async Task ListRunning_GivesEachOrganizationItsTurn_ThoseLeftLongestFirst()
    {
        var longAgo = T0.AddYears(-20);
        async Task<Guid> AddAsync(string organization, int minute)
        {
            var operation = Operation(0) with { Organization = organization, CreatedAt = longAgo.AddMinutes(minute) };
            (await Store.AddAsync(operation, Ct)).ShouldBeTrue();
            return operation.Id;
        }

        var busy = new List<Guid>();
        for (var i = 0; i < 10; i++)
        {
            busy.Add(await AddAsync($"busy-{_organization}", i));
        }

        var other = await AddAsync($"other-{_organization}", 20);
        var order = (await Store.ListRunningAsync(50, Ct)).Select(each => each.Id).Where(id => busy.Contains(id) || id == other).ToList();
        order[..3].ShouldBe([busy[0], other, busy[1]]);

        // What was worked on goes behind those that wait.
        var claimed = (await Store.ClaimAsync((await Store.FindAsync($"busy-{_organization}", busy[0], Ct))!, "silo", T0, Ct))!;
        await Store.SaveAsync(claimed with { UpdatedAt = longAgo.AddHours(1) }, Ct);
        order = [.. (await Store.ListRunningAsync(50, Ct)).Select(each => each.Id).Where(id => busy.Contains(id) || id == other)];
        order[..3].ShouldBe([busy[1], other, busy[2]]);

        // What is to be cancelled has nothing left to do.
        (await Store.RequestCancelAsync($"busy-{_organization}", busy[9], T0, Ct)).ShouldBeTrue();
        order = [.. (await Store.ListRunningAsync(50, Ct)).Select(each => each.Id).Where(id => busy.Contains(id) || id == other)];
        order[..3].ShouldBe([busy[9], other, busy[1]]);
    }

    [Fact]
    public async Task Add_ManyAtOnce_KeepsTheBoundOfTheOrganization()
    {
        var operations = Enumerable.Range(0, BulkOperation.MostRunning + 20).Select(_ => Operation(0)).ToList();
        var added = await Task.WhenAll(operations.Select(operation => Task.Run(() => Store.AddAsync(operation, Ct))));
        added.Count(each => each).ShouldBe(BulkOperation.MostRunning);
        (await Store.AddAsync(Operation(0) with { Organization = $"other-{_organization}" }, Ct)).ShouldBeTrue();

        var first = operations[Array.IndexOf(added, true)];
        await Store.SaveAsync(await ClaimAsync(first, "silo") with { Status = BulkStatus.Completed, CompletedAt = T0 }, Ct);
        (await Store.AddAsync(Operation(0), Ct)).ShouldBeTrue();
        (await Store.AddAsync(Operation(0), Ct)).ShouldBeFalse();
    }

    [Fact]
    public async Task Store_GivesBackWhatWasAsked_AndPagesNewestFirst()
    {
        var request = new BulkRequest
        {
            WorkflowId = Guid.NewGuid(), Statuses = [ExecutionStatus.Running], TriggeredBy = "ann", ParentExecutionId = Guid.NewGuid(),
            Labels = new Dictionary<string, string> { ["team"] = "blue" }, CreatedAfter = T0, CreatedBefore = T0.AddHours(9), Signal = "go",
            Payload = System.Text.Json.JsonElement.Parse("""{"n":1}"""),
        };
        var ids = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            var operation = Operation(0) with { Request = request, Reason = "why", CreatedBy = "ann", CreatedAt = T0.AddSeconds(i / 2) };
            ids.Add(operation.Id);
            (await Store.AddAsync(operation, Ct)).ShouldBeTrue();
            (await Store.AddAsync(operation, Ct)).ShouldBeFalse();
        }

        var stored = (await Store.FindAsync(_organization, ids[0], Ct)).ShouldNotBeNull();
        (stored.Reason, stored.CreatedBy, stored.Request.Signal).ShouldBe(("why", "ann", "go"));
        stored.Request.Payload!.Value.GetRawText().ShouldBe("""{"n":1}""");
        stored.Filter.ShouldBe(
            request.ToFilter(_organization, T0) with { Statuses = stored.Filter.Statuses, Labels = stored.Filter.Labels });
        stored.Filter.CreatedBefore.ShouldBe(T0, "nothing newer than the operation is meant");
        stored.Filter.Statuses.ShouldBe([ExecutionStatus.Running]);
        stored.Filter.Labels["team"].ShouldBe("blue");
        (await Store.FindAsync("another", ids[0], Ct)).ShouldBeNull();

        var first = await Store.ListAsync(_organization, BulkStatus.Running, null, 3, Ct);
        var rest = await Store.ListAsync(_organization, null, new(first[^1].CreatedAt, first[^1].Id), 3, Ct);
        first.Concat(rest).Select(operation => operation.Id).ShouldBe(ids, ignoreOrder: true);
        first.Concat(rest).Select(operation => operation.CreatedAt).ShouldBeInOrder(SortDirection.Descending);
        (await Store.ListAsync(_organization, BulkStatus.Completed, null, 3, Ct)).ShouldBeEmpty();
    }

    private BulkRunner Runner(BulkAction act) => new(Store, Queries, act, _time, NullLogger<BulkRunner>.Instance);

    private Task<BulkOutcome> Act(Guid id) =>
        Task.FromResult(_acted.AddOrUpdate(id, 1, (_, times) => times + 1) == 1 ? BulkOutcome.Done : BulkOutcome.Unchanged);

    private BulkOperation Operation(long matched) => new()
    {
        Id = Guid.CreateVersion7(), Organization = _organization, Action = "cancel", Request = new BulkRequest(), Matched = matched,
        CreatedAt = _time.GetUtcNow(), UpdatedAt = _time.GetUtcNow(),
    };

    private async Task<BulkOperation> AddAsync(long matched)
    {
        var operation = Operation(matched);
        (await Store.AddAsync(operation, Ct)).ShouldBeTrue();
        return operation;
    }

    private async Task<BulkOperation> ClaimAsync(BulkOperation operation, string owner) =>
        (await Store.ClaimAsync(operation, owner, _time.GetUtcNow() + BulkRunner.Lease, Ct)).ShouldNotBeNull();

    // Rows alone: what is acted on has no journal here. Many share a time, so that the id must break the tie.
    private async Task FillAsync(int count, DateTimeOffset? at = null)
    {
        var (series, id, time) = fixture.Test.Database.Kind is DatabaseKind.Postgres
            ? ($"generate_series(1, {count}) as t (n)", "gen_random_uuid()",
                "to_timestamp(@at / 1000000.0) + make_interval(secs => (n / 7) * 0.001)")
            : ($"(with recursive t(n) as (select 1 union all select n + 1 from t where n < {count}) select n from t) as t",
                "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-7' || substr(hex(randomblob(2)), 2) || '-8' || "
                + "substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))", "@at + (n / 7) * 1000");
        await using var connection = await fixture.Test.Database.Engine.OpenConnectionAsync(Ct);
        await using var command = connection.CreateCommand();
        command.CommandText = $"""
            insert into executions (id, organization, workflow_id, workflow_name, workflow_version, revision, status, priority, partition,
                                    next_wake_at, trigger_type, inputs, retry_count, labels, created_at)
            select {id}, @organization, @workflow, 'w', '1', 1, 'running', 0, 0, {time}, 'manual', @json, 0, @json, {time} from {series}
            """;
        command.AddText("organization", _organization);
        command.AddId("workflow", Guid.NewGuid());
        command.AddJson("json", "{}");
        command.AddNumber("at", SqlValues.ToMicroseconds(at ?? T0));
        (await command.ExecuteNonQueryAsync(Ct)).ShouldBe(count);
    }
}

public sealed class SqliteBulkTests(SqliteFixture fixture) : BulkConformance(fixture), IClassFixture<SqliteFixture>;

public sealed class PostgresBulkTests(PostgresFixture fixture) : BulkConformance(fixture), IClassFixture<PostgresFixture>;
