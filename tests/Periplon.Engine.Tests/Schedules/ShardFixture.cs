using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Periplon.Engine.Schedules;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;
using static Periplon.Engine.Tests.Schedules.ScheduleSamples;

namespace Periplon.Engine.Tests.Schedules;

/// <summary>Schedulers on a real store, under a clock and with executions of the test.</summary>
internal sealed class ShardFixture : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly ScheduleInstruments _instruments = new(new EngineInstruments());

    private ShardFixture(TestDatabase database)
    {
        _database = database;
        Store = new ScheduleStore(database.Database);
        Shard = NewShard();
    }

    public ScheduleStore Store { get; }
    public ScheduleShard Shard { get; private set; }
    public FakeTimeProvider Time { get; } = new(T0.AddSeconds(-30)) { AutoAdvanceAmount = TimeSpan.Zero };
    public FakeStarter Starter { get; } = new();
    public ScheduleOptions Options { get; } = new() { Grace = TimeSpan.FromSeconds(60) };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<ShardFixture> CreateAsync() => new(await TestDatabase.CreateAsync(DatabaseKind.Sqlite));

    /// <summary>A scheduler of the same shard, such as another silo would have.</summary>
    public ScheduleShard NewShard(IScheduleStarter? starter = null) =>
        new(0, Store, starter ?? Starter, Options, _instruments, Time, NullLogger<ScheduleShard>.Instance);

    /// <summary>The silo dies and another takes over: nothing of its memory is left.</summary>
    public void Crash() => Shard = NewShard();

    public async Task<ScheduleRow> AddAsync(Func<ScheduleRow, ScheduleRow>? change = null)
    {
        var row = (change ?? (same => same))(Minutely());
        (await Store.InsertAsync(row, Ct)).ShouldBe(ScheduleSave.Saved);
        Shard.Forget();
        return row;
    }

    /// <summary>Moves the clock to minutes after the first tick, fires what is due, and waits for the starts.</summary>
    public async Task<DateTimeOffset> AtAsync(double minutes)
    {
        // The fake clock does not go back by itself.
        Time.AdjustTime(T0.AddMinutes(minutes));
        var next = await Shard.FireAsync(Ct);
        await Shard.IdleAsync();
        return next;
    }

    public async Task<bool> SweepAsync()
    {
        var goesOn = await Shard.SweepAsync(Ct);
        await Shard.IdleAsync();
        return goesOn;
    }

    public async Task<IReadOnlyList<ScheduleRun>> RunsAsync(ScheduleRow row) =>
        [.. (await Store.ListRunsAsync(row.Id, null, null, 1000, Ct)).Reverse()];

    public async Task<ScheduleRow> ReadAsync(ScheduleRow row) => (await Store.FindAsync(row.Organization, row.Id, Ct)).ShouldNotBeNull();

    /// <summary>The runs as <c>minute status</c>.</summary>
    public async Task ShouldHaveRunsAsync(ScheduleRow row, params string[] expected) =>
        (await RunsAsync(row)).Select(run => $"{(run.Tick - T0).TotalMinutes} {run.Status.ToWord()}{(run.Waits ? " waits" : "")}")
            .ShouldBe(expected);

    /// <summary>The execution of a run ends.</summary>
    public Task EndAsync(ScheduleRun run, string status = "completed") =>
        _database.AddExecutionAsync(run.ExecutionId!.Value, status, Time.GetUtcNow());

    /// <summary>The execution of a run is there and lives.</summary>
    public Task BeginAsync(ScheduleRun run) => EndAsync(run, "running");

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}

/// <summary>Executions as the test wants them; each id starts once, however often it is asked for.</summary>
internal sealed class FakeStarter : IScheduleStarter
{
    /// <summary>How starts are answered.</summary>
    public Func<ScheduleRun, RunStart> Answer { get; set; } = _ => RunStart.Started;

    /// <summary>Starts wait for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public ConcurrentQueue<(Guid Execution, DateTimeOffset Tick)> Calls { get; } = new();

    public ConcurrentQueue<Guid> Cancelled { get; } = new();

    public bool CancelIsAnswered { get; set; } = true;

    public IEnumerable<DateTimeOffset> Ticks => Calls.Select(call => call.Tick);

    public async Task<RunStart> StartAsync(ScheduleRow schedule, ScheduleRun run, CancellationToken cancellationToken)
    {
        Calls.Enqueue((run.ExecutionId!.Value, run.Tick));
        await Gate.WaitAsync(cancellationToken);
        return Answer(run);
    }

    public Task<bool> CancelAsync(ScheduleRow schedule, Guid executionId, CancellationToken cancellationToken)
    {
        if (CancelIsAnswered)
        {
            Cancelled.Enqueue(executionId);
        }

        return Task.FromResult(CancelIsAnswered);
    }
}
