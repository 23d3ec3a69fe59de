using Microsoft.Extensions.Logging.Abstractions;
using Periplon.Core.Executions;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Logs;
using Periplon.Engine.Retention;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Retention;

/// <summary>A database of its own with executions of any age, and retention over it.</summary>
internal sealed class RetentionWorld : IAsyncDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset Old = Now.AddDays(-40);

    private readonly string _folder = Directory.CreateTempSubdirectory("periplon-artifacts-").FullName;
    private readonly JournalInstruments _journalInstruments = new();

    private RetentionWorld(TestDatabase test)
    {
        Test = test;
        Journal = test.Options.Kind is DatabaseKind.Sqlite
            ? new SqliteJournalStore(test.Database, _journalInstruments, TimeProvider.System, NullLogger<SqliteJournalStore>.Instance)
            : new PostgresJournalStore(test.Database, _journalInstruments, TimeProvider.System, NullLogger<PostgresJournalStore>.Instance);
        Artifacts = new FileArtifactStore(_folder);
        Partitions = new MonthlyPartitions(test.Database, TimeProvider.System);
        Purge = new ExecutionPurge(
            test.Database, Artifacts, Instruments.Retention, TimeProvider.System, NullLogger<ExecutionPurge>.Instance);
    }

    public TestDatabase Test { get; }
    public JournalStore Journal { get; }
    public FileArtifactStore Artifacts { get; }
    public MonthlyPartitions Partitions { get; }
    public ExecutionPurge Purge { get; }
    public EngineInstruments Instruments { get; } = new();
    public Guid Workflow { get; } = Guid.CreateVersion7();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<RetentionWorld> CreateAsync(DatabaseKind kind) => new(await TestDatabase.CreateAsync(kind));

    /// <summary>A round at <see cref="Now"/>. Its pauses are real and short.</summary>
    public Task<RetentionSummary> RunAsync(RetentionOptions? options = null, IReadOnlyList<AgedTable>? aged = null)
    {
        options ??= new RetentionOptions();
        var time = new ShiftedTime(Now);
        return new RetentionRound(
            Test.Database, Purge, Partitions, new AgedTables(Test.Database, aged ?? [], Instruments.Retention, time),
            new FreedSpace(Test.Database, Partitions, time), Instruments.Retention, options, time,
            NullLogger<RetentionRound>.Instance).RunOnceAsync(Ct);
    }

    /// <summary>
    /// An execution with three journal rows, log lines, a checkpoint and a file. Without an end it is running; with a parent it is a
    /// subflow's, unless another trigger is given.
    /// </summary>
    public async Task<Guid> AddAsync(
        DateTimeOffset createdAt, DateTimeOffset? endedAt, Guid? parent = null, Guid? id = null, Guid? workflow = null, int lines = 2,
        string trigger = "subflow", string organization = "default", Guid? retryOf = null)
    {
        var execution = id ?? Guid.CreateVersion7(createdAt);
        var row = new ExecutionRow
        {
            Id = execution, Organization = organization, WorkflowId = workflow ?? Workflow, WorkflowName = "nightly", WorkflowVersion = "1.0",
            Revision = 1, Status = ExecutionStatus.Running, Partition = 0, NextWakeAt = Now, CreatedAt = createdAt, ParentExecutionId = parent,
            TriggerType = parent is null ? "manual" : trigger, RetryOf = retryOf,
        };
        await Journal.AppendAsync(new(execution, 1, new byte[] { 1 }, Guid.NewGuid(), createdAt, row), Ct);
        await Journal.AppendAsync(new(execution, 2, new byte[] { 2 }, Guid.NewGuid(), createdAt, null), Ct);
        var last = endedAt is null
            ? null
            : row with { Status = ExecutionStatus.Completed, CompletedAt = endedAt, NextWakeAt = null, WaitReason = null };
        await Journal.AppendAsync(new(execution, 3, new byte[] { 3 }, Guid.NewGuid(), createdAt, last), Ct);
        await new LogStore(Test.Database).AppendAsync(
            [.. Enumerable.Range(0, lines).Select(i => new LogEntry
            {
                ExecutionId = execution, Task = "build", Attempt = 1, At = createdAt, Level = "info", Stream = "stdout", Message = $"line {i}",
            })],
            Ct);
        await Test.ScalarAsync(
            Test.Options.Kind is DatabaseKind.Sqlite
                ? $"insert into checkpoints (execution_id, seq, at, state) values ('{execution:D}', 1, 0, x'00')"
                : $"insert into checkpoints (execution_id, seq, at, state) values ('{execution:D}', 1, now(), '\\x00')");
        using var content = new MemoryStream([1, 2, 3]);
        await Artifacts.PutAsync(execution, "build/1/output", content, Ct);
        return execution;
    }

    /// <summary>Creates the partitions of a month, as they would have been when it was now.</summary>
    public async Task CreateMonthAsync(DateTimeOffset at)
    {
        if (Test.Options.Kind is DatabaseKind.Postgres)
        {
            var maintenance = new PartitionMaintenance(Test.Database, TimeProvider.System);
            foreach (var table in MonthlyPartitions.Tables)
            {
                await maintenance.CreateAsync(new(table, new DateOnly(at.Year, at.Month, 1)), Ct);
            }
        }
    }

    /// <summary>Executions that have a row.</summary>
    public async Task<List<Guid>> LeftRowsAsync() =>
        [.. (await Test.LinesAsync("select cast(id as varchar(36)) from executions order by 1")).Select(Guid.Parse)];

    /// <summary>Puts rows between the second and the last one of a journal.</summary>
    public async Task LengthenJournalAsync(Guid id, int rows)
    {
        var day = Test.Options.Kind is DatabaseKind.Sqlite ? "" : ", created_on";
        await Test.ScalarAsync($"update execution_events set seq = seq + {rows} where execution_id = '{id:D}' and seq = 3");
        await Test.ScalarAsync(
            $"insert into execution_events (execution_id, seq, writer, at, events{day}) "
            + $"with recursive n (i) as (select 3 union all select i + 1 from n where i < {rows + 2}) "
            + $"select execution_id, n.i, writer, at, events{day} from n, execution_events where execution_id = '{id:D}' and seq = 2");
    }

    /// <summary>Which of some executions are left, and that of the others nothing is.</summary>
    public async Task<List<Guid>> LeftAsync(params Guid[] executions)
    {
        var left = new List<Guid>();
        foreach (var id in executions)
        {
            var rows = new List<long>();
            foreach (var (table, key) in new[]
            {
                ("executions", "id"), ("execution_events", "execution_id"), ("checkpoints", "execution_id"), ("execution_logs", "execution_id"),
            })
            {
                rows.Add((long)(await Test.ScalarAsync($"select count(*) from {table} where {key} = '{id:D}'"))!);
            }

            var files = Artifacts.List(Convert.ToInt32(id.ToString("D")[^2..], 16)).Any(folder => folder.ExecutionId == id);
            if (rows[0] == 1)
            {
                rows.ShouldBe([1, 3, 1, rows[3]], $"execution {id} is whole");
                files.ShouldBeTrue();
                left.Add(id);
            }
            else
            {
                rows.ShouldAllBe(count => count == 0, $"nothing of execution {id} is left");
                files.ShouldBeFalse();
            }
        }

        return left;
    }

    public async ValueTask DisposeAsync()
    {
        await Journal.DisposeAsync();
        await Test.DisposeAsync();
        _journalInstruments.Dispose();
        Instruments.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Another day, with the machine's own delays.</summary>
    private sealed class ShiftedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
