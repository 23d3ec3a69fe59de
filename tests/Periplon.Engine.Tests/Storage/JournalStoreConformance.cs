using System.Data.Common;
using System.Text;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

/// <summary>What the journal promises, on whichever database.</summary>
public abstract class JournalStoreConformance(DatabaseFixture fixture) : IAsyncLifetime
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    internal TestDatabase Test => fixture.Test;

    private protected JournalInstruments Instruments { get; } = new();

    private protected JournalStore Store { get; private set; } = null!;

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Store = Open(Test.Database);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Instruments.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Append_ManyTurnsAtOnce_KeepsTheOrderOfEachExecution()
    {
        var ids = Enumerable.Range(0, 40).Select(_ => Guid.CreateVersion7()).ToArray();
        var appends = new List<Task>();
        for (var seq = 1; seq <= 25; seq++)
        {
            appends.AddRange(ids.Select(id => Store.AppendAsync(Append(id, seq), Ct)));
        }

        await Task.WhenAll(appends);

        foreach (var id in ids)
        {
            var rows = await Store.ReadAsync(id, 0, Ct);
            rows.Select(row => row.Seq).ShouldBe(Enumerable.Range(1, 25).Select(seq => (long)seq));
            rows.Select(row => Encoding.UTF8.GetString(row.Events.Span)).ShouldBe(Enumerable.Range(1, 25).Select(seq => $"turn {seq}"));
            rows[0].At.ShouldBe(T0);
        }

        (await Store.ReadAsync(ids[0], 23, Ct)).Select(row => row.Seq).ShouldBe([24, 25]);
        Instruments.Rows.ShouldBe(1000);
        Instruments.Commits.ShouldBeLessThan(1000, "appends that wait together are committed together");
    }

    [Fact]
    public async Task Append_OneOfABatchConflicts_FailsThatOneAlone()
    {
        var taken = Guid.CreateVersion7();
        await Store.AppendAsync(Append(taken, 1), Ct);

        var others = Enumerable.Range(0, 30).Select(_ => Store.AppendAsync(Append(Guid.CreateVersion7(), 1), Ct)).ToList();
        var conflict = await Should.ThrowAsync<JournalConflictException>(Store.AppendAsync(Append(taken, 1), Ct));
        await Task.WhenAll(others);

        conflict.ExecutionId.ShouldBe(taken);
        conflict.Seq.ShouldBe(1);
        Instruments.Conflicts.ShouldBe(1);
    }

    [Fact]
    public async Task Append_AfterAGap_IsAConflict()
    {
        var id = Guid.CreateVersion7();
        await Store.AppendAsync(Append(id, 1), Ct);
        await Should.ThrowAsync<JournalConflictException>(Store.AppendAsync(Append(id, 3), Ct));
        (await Store.ReadAsync(id, 0, Ct)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Append_SameTokenAgain_IsFoundStoredAndNotDoubled()
    {
        var append = Append(Guid.CreateVersion7(), 1, Row);
        await Store.AppendAsync(append, Ct);
        await Store.AppendAsync(append, Ct);
        (await Store.ReadAsync(append.ExecutionId, 0, Ct)).Count.ShouldBe(1);
        Instruments.Recovered.ShouldBe(1);
    }

    [Fact]
    public async Task Append_TwoStoresRace_OneWinsEachTurn()
    {
        await using var other = Open(Test.Database);
        var id = Guid.CreateVersion7();
        for (var seq = 1; seq <= 40; seq++)
        {
            var tries = new[] { TryAsync(Store, Append(id, seq)), TryAsync(other, Append(id, seq)) };
            (await Task.WhenAll(tries)).Count(won => won).ShouldBe(1, $"turn {seq}");
        }

        (await Store.ReadAsync(id, 0, Ct)).Count.ShouldBe(40);
    }

    [Fact]
    public async Task Append_PoisonedRowInABatch_FailsThatOneAlone()
    {
        var good = Enumerable.Range(0, 30).Select(_ => Append(Guid.CreateVersion7(), 1, Row)).ToArray();
        var bad = Append(Guid.CreateVersion7(), 1, id => Row(id) with { Partition = -1 });

        var appends = good.Take(15).Select(append => Store.AppendAsync(append, Ct)).ToList();
        var poisoned = Store.AppendAsync(bad, Ct);
        appends.AddRange(good.Skip(15).Select(append => Store.AppendAsync(append, Ct)));

        await Should.ThrowAsync<DbException>(poisoned);
        await Task.WhenAll(appends);
        (await Store.ReadAsync(bad.ExecutionId, 0, Ct)).ShouldBeEmpty();
        foreach (var append in good)
        {
            (await Store.ReadAsync(append.ExecutionId, 0, Ct)).Count.ShouldBe(1);
            (await FindAsync(append.ExecutionId)).ShouldNotBeNull();
        }
    }

    [Fact]
    public async Task Append_RowWithEveryField_ComesBackTheSame()
    {
        var id = Guid.CreateVersion7();
        var row = Row(id) with
        {
            WaitReason = "a \0 timer", Priority = 7, TriggeredBy = "ann", ParentExecutionId = Guid.CreateVersion7(),
            Inputs = """{"a":"ü ' \\u0000"}""", Labels = """{"team": "x"}""", RetryCount = 2, StartedAt = T0.AddSeconds(1.5),
        };
        await Store.AppendAsync(Append(id, 1, _ => row), Ct);
        var found = (await FindAsync(id)).ShouldNotBeNull();
        found.Labels.Replace(" ", "", StringComparison.Ordinal).ShouldBe("""{"team":"x"}""");
        (found with { Labels = row.Labels }).ShouldBe(row with { WaitReason = "a \uFFFD timer" });
    }

    [Fact]
    public async Task Append_AfterTheEnd_NeverChangesTheRow()
    {
        var id = Guid.CreateVersion7();
        await Store.AppendAsync(Append(id, 1, Row), Ct);
        await Store.AppendAsync(Append(id, 2, _ => Ended(id)), Ct);
        await Store.AppendAsync(Append(id, 3, _ => Row(id) with { Status = ExecutionStatus.Running }), Ct);
        (await FindAsync(id)).ShouldBe(Ended(id));
    }

    [Fact]
    public async Task Append_LaterTurnWithoutARow_NeverInsertsOne()
    {
        var id = Guid.CreateVersion7();
        await Store.AppendAsync(Append(id, 1), Ct);
        await Store.AppendAsync(Append(id, 2, Row), Ct);
        (await FindAsync(id)).ShouldBeNull();
    }

    [Fact]
    public async Task Append_Cancelled_DoesNotWait()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(Store.AppendAsync(Append(Guid.CreateVersion7(), 1), cancelled.Token));
    }

    [Fact]
    public async Task FitPartitions_FewerThanBefore_GivesActiveExecutionsToOnesThatExist()
    {
        var (active, ended) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await Store.AppendAsync(Append(active, 1, id => Row(id) with { Partition = 13 }), Ct);
        await Store.AppendAsync(Append(ended, 1, id => Row(id) with { Partition = 13 }), Ct);
        await Store.AppendAsync(Append(ended, 2, id => Ended(id) with { Partition = 13 }), Ct);

        await Store.FitPartitionsAsync(8, Ct);

        (await FindAsync(active))!.Partition.ShouldBe(5);
        (await Store.IsActiveAsync(active, Ct)).ShouldBeTrue();
        (await Store.IsActiveAsync(ended, Ct)).ShouldBeFalse();
        (await Store.IsActiveAsync(Guid.CreateVersion7(), Ct)).ShouldBeFalse();
        (await Store.FitPartitionsAsync(8, Ct)).ShouldBe(0);
    }

    [Fact]
    public async Task Append_AfterClose_IsRefused()
    {
        var store = Open(Test.Database);
        var last = store.AppendAsync(Append(Guid.CreateVersion7(), 1), Ct);
        await store.DisposeAsync();
        await last;
        await Should.ThrowAsync<ObjectDisposedException>(store.AppendAsync(Append(Guid.CreateVersion7(), 1), Ct));
    }

    private protected abstract JournalStore Open(Database database);

    private protected static JournalAppend Append(Guid id, long seq, Func<Guid, ExecutionRow>? row = null) =>
        new(id, seq, Encoding.UTF8.GetBytes($"turn {seq}"), Guid.NewGuid(), T0, row?.Invoke(id));

    private protected static ExecutionRow Row(Guid id) => new()
    {
        Id = id, Organization = "acme", WorkflowId = Guid.Parse("01900000-0000-7000-8000-000000000001"), WorkflowName = "nightly",
        WorkflowVersion = "1.0", Revision = 1, Status = ExecutionStatus.Queued, Partition = 3, WaitReason = "worker",
        NextWakeAt = T0.AddSeconds(30), CreatedAt = T0,
    };

    private protected static ExecutionRow Ended(Guid id) => Row(id) with
    {
        Status = ExecutionStatus.Completed, WaitReason = null, NextWakeAt = null, Result = """{"ok":true}""", StartedAt = T0,
        CompletedAt = T0.AddMinutes(1),
    };

    private Task<ExecutionRow?> FindAsync(Guid id) => new ExecutionQueries(Test.Database, TimeProvider.System).FindAsync("acme", id, Ct);

    private static async Task<bool> TryAsync(JournalStore store, JournalAppend append)
    {
        try
        {
            await store.AppendAsync(append, Ct);
            return true;
        }
        catch (JournalConflictException)
        {
            return false;
        }
    }
}
