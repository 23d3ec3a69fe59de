using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;
using Periplon.Engine.Triggers;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Tests.Triggers;

/// <summary>The look for ended executions over real tables; workflows only note what they were asked to start.</summary>
public abstract partial class CompletionScanConformance : IAsyncLifetime
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(T0);
    private readonly List<StartExecution> _started = [];
    private readonly Guid _watched = Guid.NewGuid();
    private TestDatabase _database = null!;
    private Func<StartExecution, StartResult> _answer = _ => new StartResult { Status = StartStatus.Started };

    private protected abstract DatabaseKind Kind { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private TriggerStore Triggers => new(_database.Database);

    private TriggerRunStore Runs => new(_database.Database);

    private CompletionScan Scan { get; set; } = null!;

    private CompletionStarts Starts { get; set; } = null!;

    private PendingRuns Pending { get; set; } = null!;

    private ExecutionQueries Queries => new(_database.Database, _time);

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(Kind);
        var workflow = Substitute.For<IWorkflowGrain>();
        workflow.StartAsync(default!, default).ReturnsForAnyArgs(call =>
        {
            lock (_started)
            {
                _started.Add(call.Arg<StartExecution>());
                return _answer(call.Arg<StartExecution>());
            }
        });
        var grains = Substitute.For<IGrainFactory>();
        grains.GetGrain<IWorkflowGrain>(Arg.Any<string>(), Arg.Any<string?>()).Returns(workflow);
        var workflows = new WorkflowStore(_database.Database);
        var starter = new TriggerStarter(grains, new RepeatedCalls(_time), workflows, new WorkflowCatalog(workflows));
        var pauses = new TriggerPauses();
        Starts = new CompletionStarts(Runs, Queries, starter, pauses, _time, NullLogger<CompletionStarts>.Instance);
        Pending = new PendingRuns(Triggers, Runs, Queries, Starts, pauses, _time, NullLogger<PendingRuns>.Instance);
        Scan = new CompletionScan(Triggers, Runs, Queries, Starts, _time, NullLogger<CompletionScan>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Quick_EachMatchingEnd_StartsOnce()
    {
        var trigger = await AddAsync("ok", new CompletionRule
        {
            WorkflowId = _watched, Statuses = [ExecutionStatus.Completed], Labels = new Dictionary<string, string> { ["env"] = "prod" },
        });
        var good = await EndedAsync(row => row with { Labels = """{"env":"prod"}""", Result = """{"n":7}""" });
        await EndedAsync(row => row with { Labels = """{"env":"prod"}""", Status = ExecutionStatus.Failed });
        await EndedAsync(row => row with { Labels = """{"env":"test"}""" });
        await EndedAsync(row => row with { Labels = """{"env":"prod"}""", WorkflowId = Guid.NewGuid() });
        await EndedAsync(row => row with { Labels = """{"env":"prod"}""", Organization = "another" });
        await EndedAsync(row => row with { Labels = """{"env":"prod"}""", TriggerType = "subflow" });

        (await QuickAsync()).ShouldBe(1);
        (await QuickAsync()).ShouldBe(0);
        var start = _started.ShouldHaveSingleItem();
        (start.TriggerType, start.TriggeredBy).ShouldBe(("completion", $"trigger:{trigger.Id:D}"));
        start.ParentExecutionId.ShouldBeNull("it is no part of the one that ended");
        start.Labels.ShouldNotBeNull()["source_execution_id"].ShouldBe($"{good:D}");
        System.Text.Encoding.UTF8.GetString(start.Inputs.Span).ShouldBe($$"""{"source":"{{good}}","n":7,"kind":"nightly"}""");
        var run = (await Runs.ListAsync("default", trigger.Id, null, 10, Ct)).ShouldHaveSingleItem();
        (run.Status, run.ExecutionId, run.SourceExecutionId, run.Depth).ShouldBe((TriggerRunStatus.Started, start.ExecutionId, good, 1));
    }

    [Fact]
    public async Task ListEnded_TellsEnoughToMatchWithoutTheWholeRow()
    {
        var trigger = await AddAsync("failures", new CompletionRule
        {
            WorkflowId = _watched, Statuses = [ExecutionStatus.Failed], Labels = new Dictionary<string, string> { ["env"] = "prod" },
        });
        await EndedAsync(row => row with { Labels = """{"env":"prod"}""" });
        await EndedAsync(row => row with { Status = ExecutionStatus.Failed });
        var failed = await EndedAsync(row => row with { Labels = """{"env":"prod"}""", Status = ExecutionStatus.Failed });
        var ended = await Triggers.ListEndedAsync([_watched], T0, (DateTimeOffset.UnixEpoch, Guid.Empty), 10, Ct);
        ended.Count.ShouldBe(3);
        ended.Where(row => CompletionStarts.Matches(trigger, row)).ShouldHaveSingleItem().Id.ShouldBe(failed);
    }

    [Fact]
    public async Task SeveralAtOnce_SameEnd_StartTheSameExecution()
    {
        var trigger = await AddAsync("ok");
        var row = (await Queries.FindAsync("default", await EndedAsync(), Ct)).ShouldNotBeNull();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Starts.HandleAsync(trigger, row, Ct)));
        _started.Select(start => start.ExecutionId).Distinct().ShouldHaveSingleItem();
        (await Runs.ListAsync("default", trigger.Id, null, 10, Ct)).ShouldHaveSingleItem().Status.ShouldBe(TriggerRunStatus.Started);
    }

    [Fact]
    public async Task Resume_ClaimOfASiloThatDied_StartsTheExecutionThatWasChosen()
    {
        var trigger = await AddAsync("ok");
        var ended = await EndedAsync();
        _answer = _ => throw new InvalidOperationException("The silo died here");
        (await Starts.HandleAsync(trigger, (await Queries.FindAsync("default", ended, Ct))!, Ct)).ShouldBeFalse();
        var chosen = (await Runs.ListAsync("default", trigger.Id, null, 10, Ct)).ShouldHaveSingleItem();
        chosen.Status.ShouldBe(TriggerRunStatus.Pending);

        _answer = _ => new StartResult { Status = StartStatus.Started };
        _started.Clear();
        (await Pending.RunOnceAsync(Ct)).ShouldBe(0, "whoever claimed it may still be at it");
        _time.Advance(TimeSpan.FromMinutes(30));
        (await Pending.RunOnceAsync(Ct)).ShouldBe(1);
        _started.ShouldHaveSingleItem().ExecutionId.ShouldBe(chosen.ExecutionId!.Value);
        (await Pending.RunOnceAsync(Ct)).ShouldBe(0);
    }

    [Fact]
    public async Task Resume_WebhookThatNobodyAnswered_IsGivenUpAfterAWhile()
    {
        var run = new TriggerRun
        {
            TriggerId = Guid.NewGuid(), Source = "delivery:1", Organization = "default", ExecutionId = Guid.NewGuid(), CreatedAt = T0,
            UpdatedAt = T0,
        };
        await Runs.ClaimAsync(run, Ct);
        _time.Advance(TimeSpan.FromMinutes(9));
        (await Pending.RunOnceAsync(Ct)).ShouldBe(0);
        _time.Advance(TimeSpan.FromMinutes(2));
        (await Pending.RunOnceAsync(Ct)).ShouldBe(1);
        var settled = (await Runs.ListAsync("default", run.TriggerId, null, 10, Ct)).ShouldHaveSingleItem();
        settled.Status.ShouldBe(TriggerRunStatus.Refused);
        settled.Detail.ShouldNotBeNull().ShouldContain("was not answered");
        _started.ShouldBeEmpty();
    }

    [Fact]
    public async Task Thorough_EndsWhileEverythingWasDown_AreFound()
    {
        await AddAsync("ok");
        await EndedAsync(row => row with { CompletedAt = T0.AddSeconds(1) });
        _time.Advance(TimeSpan.FromHours(8));
        (await QuickAsync()).ShouldBe(0, "a quick look only sees the newest ends");
        (await Scan.ThoroughAsync(await Triggers.ListWatchingAsync(Ct), Ct)).ShouldBe(1);
    }

    [Fact]
    public async Task Thorough_EndThatAnOutageHeldUp_IsFoundOnceItIsCommitted()
    {
        // The database is away from 10:00 to 11:00; an execution that ended at 10:01 is committed after the first look of 11:00.
        await AddAsync("ok");
        _time.Advance(TimeSpan.FromHours(1));
        await Scan.ThoroughAsync(await Triggers.ListWatchingAsync(Ct), Ct);
        await EndedAsync(row => row with { CompletedAt = T0.AddMinutes(1) });
        _time.Advance(TimeSpan.FromMinutes(1));
        (await Scan.ThoroughAsync(await Triggers.ListWatchingAsync(Ct), Ct)).ShouldBe(1);
    }

    [Fact]
    public async Task Scan_EndsBeforeTheTrigger_StartNothing()
    {
        await EndedAsync(row => row with { CompletedAt = T0.AddSeconds(-1) });
        await AddAsync("ok");
        (await QuickAsync()).ShouldBe(0);
        (await Scan.ThoroughAsync(await Triggers.ListWatchingAsync(Ct), Ct)).ShouldBe(0);
        _started.ShouldBeEmpty();
    }

    [Fact]
    public async Task Refused_IsRecordedWithItsReason_AndHoldsUpNothing()
    {
        var broken = await AddAsync("broken");
        _answer = start => start.TriggeredBy == broken.By
            ? new StartResult { Status = StartStatus.WorkflowInactive }
            : new StartResult { Status = StartStatus.Started };
        await AddAsync("fine");
        await EndedAsync();
        (await QuickAsync()).ShouldBe(2);
        var run = (await Runs.ListAsync("default", broken.Id, null, 10, Ct)).ShouldHaveSingleItem();
        (run.Status, run.Detail!.Contains("is not active")).ShouldBe((TriggerRunStatus.Refused, true));
    }

    [Fact]
    public async Task OneTriggerThatFails_TheOthersGoOn_AndItIsTriedAgain()
    {
        var failing = await AddAsync("failing");
        _answer = start => start.TriggeredBy == failing.By
            ? throw new InvalidOperationException("a defect")
            : new StartResult { Status = StartStatus.Started };
        var fine = await AddAsync("fine");
        await EndedAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        await Scan.ThoroughAsync(await Triggers.ListWatchingAsync(Ct), Ct);
        (await Runs.ListAsync("default", fine.Id, null, 10, Ct)).ShouldHaveSingleItem().Status.ShouldBe(TriggerRunStatus.Started);
        (await Runs.ListAsync("default", failing.Id, null, 10, Ct)).ShouldHaveSingleItem().Status.ShouldBe(TriggerRunStatus.Pending);
        (await Triggers.FindAsync("default", failing.Id, Ct))!.ScannedTo.ShouldBe(T0.AddSeconds(1), "its run is stored and not forgotten");
        (await Triggers.FindAsync("default", fine.Id, Ct))!.ScannedTo.ShouldBe(T0.AddSeconds(1));

        _answer = _ => new StartResult { Status = StartStatus.Started };
        _time.Advance(TimeSpan.FromSeconds(10));
        (await Pending.RunOnceAsync(Ct)).ShouldBe(1);
    }

    [Fact]
    public async Task Circle_OfWorkflowsThatStartEachOther_EndsAtTheBound()
    {
        // A workflow that starts itself, which the API refuses, is the shortest circle.
        var trigger = await AddAsync("circle");
        await EndedAsync();
        for (var round = 1; round <= CompletionStarts.MaxDepth + 2; round++)
        {
            var before = _started.Count;
            await QuickAsync();
            foreach (var start in _started.Skip(before).ToList())
            {
                await EndedAsync(row => row, start.ExecutionId);
            }
        }

        _started.Count.ShouldBe(CompletionStarts.MaxDepth);
        var newest = (await Runs.ListAsync("default", trigger.Id, null, 100, Ct)).Single(run => run.Depth > CompletionStarts.MaxDepth);
        newest.Status.ShouldBe(TriggerRunStatus.Refused);
        newest.Detail.ShouldNotBeNull().ShouldContain($"allowed are {CompletionStarts.MaxDepth}");
    }

    private async Task<int> QuickAsync() => await Scan.QuickAsync(await Triggers.ListWatchingAsync(Ct), Ct);

    private async Task<TriggerRow> AddAsync(string name, CompletionRule? rule = null)
    {
        var row = new TriggerRow
        {
            Id = Guid.CreateVersion7(), Organization = "default", Name = name, Kind = TriggerKind.Completion, ActiveSince = T0,
            ScannedTo = T0, CreatedAt = T0, UpdatedAt = T0,
            Definition = new TriggerDefinition
            {
                WorkflowId = Guid.NewGuid(), After = rule ?? new CompletionRule { WorkflowId = _watched },
                Inputs = new Dictionary<string, InputSource>
                {
                    ["source"] = new() { Path = "execution_id" }, ["n"] = new() { Path = "outputs.n" },
                    ["kind"] = new() { Path = "labels.none", Value = System.Text.Json.JsonElement.Parse("\"nightly\"") },
                },
            },
        };
        (await Triggers.AddAsync(row, null, Ct)).ShouldBe(TriggerSaveStatus.Saved);
        return row;
    }

    private async Task<Guid> EndedAsync(Func<ExecutionRow, ExecutionRow>? change = null, Guid? id = null)
    {
        using var instruments = new JournalInstruments();
        await using JournalStore store = Kind is DatabaseKind.Sqlite
            ? new SqliteJournalStore(_database.Database, instruments, TimeProvider.System, NullLogger<SqliteJournalStore>.Instance)
            : new PostgresJournalStore(_database.Database, instruments, TimeProvider.System, NullLogger<PostgresJournalStore>.Instance);
        var row = new ExecutionRow
        {
            Id = id ?? Guid.CreateVersion7(), Organization = "default", WorkflowId = _watched, WorkflowName = "first",
            WorkflowVersion = "1.0", Revision = 1, Status = ExecutionStatus.Completed, Partition = 0, CreatedAt = T0, CompletedAt = T0,
        };
        row = (change ?? (same => same))(row);
        await store.AppendAsync(new(row.Id, 1, new byte[] { 1 }, Guid.NewGuid(), T0, row), Ct);
        return row.Id;
    }
}

public sealed class SqliteCompletionScanTests : CompletionScanConformance
{
    private protected override DatabaseKind Kind => DatabaseKind.Sqlite;
}

public sealed class PostgresCompletionScanTests : CompletionScanConformance
{
    private protected override DatabaseKind Kind => DatabaseKind.Postgres;
}
