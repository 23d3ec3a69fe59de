using Microsoft.Extensions.Logging.Abstractions;
using Periplon.Core.Executions;
using Periplon.Core.Plans;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Doctor;
using Periplon.Engine.Executions;
using Periplon.Engine.Retention;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Tests.Storage;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Tests.Doctor;

/// <summary>A database with executions as the engine leaves them, for tests to damage, and the doctor over it.</summary>
internal sealed class DoctorWorld : IAsyncDisposable, IExecutionHost
{
    public const int Partitions = 4;
    public const int Schedulers = 2;

    private static readonly Guid Token = Guid.NewGuid();

    private readonly string _folder = Directory.CreateTempSubdirectory("periplon-artifacts-").FullName;
    private readonly EngineInstruments _instruments = new();
    private readonly JournalInstruments _journalInstruments = new();
    private readonly JournalStore _journal;

    private DoctorWorld(TestDatabase test)
    {
        Test = test;
        Artifacts = new FileArtifactStore(_folder);
        _journal = test.Options.Kind is DatabaseKind.Sqlite
            ? new SqliteJournalStore(test.Database, _journalInstruments, Time, NullLogger<SqliteJournalStore>.Instance)
            : new PostgresJournalStore(test.Database, _journalInstruments, Time, NullLogger<PostgresJournalStore>.Instance);
    }

    public TestDatabase Test { get; }
    public FileArtifactStore Artifacts { get; }
    public TimeProvider Time { get; } = TimeProvider.System;
    public Guid WorkflowId { get; } = Guid.CreateVersion7();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<DoctorWorld> CreateAsync(DatabaseKind kind)
    {
        var world = new DoctorWorld(await TestDatabase.CreateAsync(kind));
        var now = world.Time.GetUtcNow();
        var row = new WorkflowRow
        {
            Id = world.WorkflowId, Organization = "default", Name = "sample", Version = "1.0.0", Revision = 1, CreatedAt = now, UpdatedAt = now,
        };
        var store = new WorkflowStore(world.Test.Database);
        await store.SaveAsync(row, world.Version(1), 0, Ct);
        await store.SaveAsync(row with { Revision = 2 }, world.Version(2), 1, Ct);
        return world;
    }

    /// <summary>Runs some checks.</summary>
    public async Task<DoctorReport> ExamineAsync(bool repair, bool isOffline, params string[] checks) =>
        (await TryExamineAsync(repair, isOffline, checks)).ShouldNotBeNull("nobody else examines this database");

    /// <summary>Runs some checks, unless somebody does so already.</summary>
    public Task<DoctorReport?> TryExamineAsync(bool repair, bool isOffline, params string[] checks) => DoctorFactory.Create(
        new DoctorPlace
        {
            Database = Test.Database, Artifacts = Artifacts, Partitions = Partitions, DataDirectory = _folder, IsOffline = isOffline,
            Schedulers = Schedulers,
        },
        new WorkflowCatalog(new WorkflowStore(Test.Database)), _instruments.Retention, Time, NullLoggerFactory.Instance)
        .ExamineAsync(new DoctorRequest { Checks = checks, Repair = repair, Actor = "tests" }, Ct);

    /// <summary>The codes that a check finds.</summary>
    public async Task<List<string>> CodesAsync(string check, bool isOffline = false)
    {
        var report = await ExamineAsync(false, isOffline, check);
        report.Checks.Single().Problem.ShouldBeNull();
        return [.. report.Findings.Select(each => each.Finding.Code)];
    }

    /// <summary>A check finds exactly this; a repair of it is noted and helps.</summary>
    public async Task<Finding> ShouldFindAndMendAsync(string check, string code, string target, bool isOffline = false)
    {
        var found = (await ExamineAsync(false, isOffline, check)).Findings;
        found.Select(each => (each.Finding.Code, each.Finding.Target)).ShouldBe([(code, target)]);
        (await AuditsAsync(code)).ShouldBe(0L, "looking changes nothing");

        var report = await ExamineAsync(true, isOffline, check);
        report.Findings.Select(each => each.Outcome).ShouldBe([RepairOutcome.Repaired]);
        report.IsHealthy.ShouldBeTrue();
        (await AuditsAsync(code)).ShouldBe(1L);
        (await CodesAsync(check, isOffline)).ShouldBeEmpty("it was mended");
        return found[0].Finding;
    }

    /// <summary>A check finds this, and a repair leaves it to a person.</summary>
    public async Task<Finding> ShouldFindAsync(string check, string code, string target)
    {
        var found = (await ExamineAsync(true, false, check)).Findings;
        found.Select(each => (each.Finding.Code, each.Finding.Target, each.Outcome)).ShouldBe([(code, target, RepairOutcome.NotPossible)]);
        (await AuditsAsync(code)).ShouldBe(0L);
        return found[0].Finding;
    }

    /// <summary>An execution whose task has been given to a worker.</summary>
    public async Task<Guid> AddRunningAsync(DateTimeOffset? at = null, Guid? parent = null)
    {
        var (driver, id) = await BeginAsync("", ["a"], at, parent);
        (await driver.DoAsync(turn => ExecutionCommands.TryStart(turn, "a", 1, "w1", Token), Ct)).ShouldBeTrue();
        return id;
    }

    /// <summary>An execution that waits for its first worker.</summary>
    public async Task<Guid> AddQueuedAsync(DateTimeOffset timeLimitAt) =>
        (await BeginAsync("", ["a"], null, null, timeLimitAt: timeLimitAt)).Id;

    /// <summary>An execution that was moved from a revision that is not stored any more to one that is.</summary>
    public async Task<Guid> AddMigratedAsync()
    {
        var plan = ExecutionPlan.Compile(Samples.Workflow(Definition(1)));
        var created = Samples.Created(plan.Workflow, Time.GetUtcNow()) with { WorkflowId = WorkflowId, Revision = 9 };
        var beginning = ExecutionBeginning.Of(plan, created, partition: 1);
        await beginning.AppendAsync(_journal, null, Ct);
        var moved = new RevisionMigrated
        {
            At = Time.GetUtcNow(), Revision = 1, WorkflowVersion = "1.0.0", Inputs = created.Inputs,
        };
        await _journal.AppendAsync(
            new JournalAppend(
                created.ExecutionId, 2, EventCodec.Encode([moved]), Guid.NewGuid(), moved.At, beginning.Row with { Revision = 1 }), Ct);
        return created.ExecutionId;
    }

    /// <summary>An execution that has completed.</summary>
    public async Task<Guid> AddCompletedAsync(Guid? id = null)
    {
        var (driver, made) = await BeginAsync("", ["a"], null, null, id);
        await driver.DoAsync(turn => ExecutionCommands.TryStart(turn, "a", 1, "w1", Token), Ct);
        (await driver.ReportAsync("a", 1, Token, Samples.Done(), 0, Ct)).ShouldBeTrue();
        driver.State.Status.ShouldBe(ExecutionStatus.Completed);
        return made;
    }

    /// <summary>Writes one more event into the last row of a journal, as no version of the program should.</summary>
    public async Task AppendToLastAsync(Guid id, Func<ExecutionEvent, ExecutionEvent> next)
    {
        var last = (await _journal.ReadAsync(id, 0, Ct))[^1];
        var events = EventCodec.Decode(last.Events.Span);
        await SqlAsync(
            $"update execution_events set events = {Blob(EventCodec.Encode([.. events, next(events[^1])]))} "
            + $"where execution_id = '{id:D}' and seq = {last.Seq}");
    }

    /// <summary>An execution that waits for one of a subflow; and the id that one has.</summary>
    public async Task<(Guid Parent, Guid Child)> AddWaitingForChildAsync(DateTimeOffset at)
    {
        var (driver, id) = await BeginAsync(Subflow, [], at, null);
        return (id, driver.State.Find("call")!.Wait!.Child!.Value);
    }

    public Task<object?> SqlAsync(string sql) => Test.ScalarAsync(sql);

    /// <summary>Bytes as the database writes them.</summary>
    public string Blob(string text) => Blob(System.Text.Encoding.UTF8.GetBytes(text));

    private string Blob(byte[] bytes)
    {
        var hex = Convert.ToHexString(bytes);
        return Test.Options.Kind is DatabaseKind.Sqlite ? $"x'{hex}'" : $"'\\x{hex}'";
    }

    /// <summary>A time as the database writes it.</summary>
    public string Sql(DateTimeOffset at) =>
        Test.Options.Kind is DatabaseKind.Sqlite ? $"{SqlValues.ToMicroseconds(at)}" : $"'{at:yyyy-MM-dd HH:mm:ss.ffffff}+00'";

    public void OnCommitted(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events)
    {
    }

    public void OnFaulted(Exception exception) => throw exception;

    public async ValueTask DisposeAsync()
    {
        await _journal.DisposeAsync();
        await Test.DisposeAsync();
        _journalInstruments.Dispose();
        _instruments.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private const string Subflow = "subflows: {s: {tasks: {x: {command: {executable: 'true'}}}}}\n";

    private async Task<object?> AuditsAsync(string code) =>
        await SqlAsync($"select count(*) from audit_logs where action = 'doctor.repair.{code}' and actor = 'tests'");

    private async Task<(ExecutionDriver Driver, Guid Id)> BeginAsync(
        string head, string[] tasks, DateTimeOffset? at, Guid? parent, Guid? id = null, DateTimeOffset? timeLimitAt = null)
    {
        var revision = tasks.Length == 0 ? 2 : 1;
        var workflow = Samples.Workflow(Definition(revision));
        head.ShouldBe(revision == 2 ? Subflow : "");
        var created = Samples.Created(workflow, at ?? Time.GetUtcNow()) with
        {
            WorkflowId = WorkflowId, Revision = revision, ParentExecutionId = parent, ParentTask = parent is null ? null : "call",
            TimeLimitAt = timeLimitAt,
        };
        created = id is { } given ? created with { ExecutionId = given } : created;
        var beginning = ExecutionBeginning.Of(ExecutionPlan.Compile(workflow), created, partition: 1);
        await beginning.AppendAsync(_journal, null, Ct);
        return (new ExecutionDriver(created.ExecutionId, beginning.State, 1, beginning.Row, _journal, this, Time), created.ExecutionId);
    }

    private static string Definition(int revision) => revision == 1
        ? Samples.Yaml("sample", "", "a")
        : $"name: sample\nversion: 1.0.0\n{Subflow}tasks:\n  call: {{subflow: s}}\n";

    private WorkflowVersionRow Version(int revision) => new()
    {
        WorkflowId = WorkflowId, Revision = revision, Version = "1.0.0", Definition = Definition(revision), Sha256 = new string('0', 64),
        CreatedAt = Time.GetUtcNow(),
    };
}
