using Periplon.Core.Executions;
using Periplon.Torture.Checks;
using Periplon.Torture.Ledger;
using Periplon.Torture.Load;

namespace Periplon.Tests.Torture;

/// <summary>Executions, their events and their runs for tests of the checks; times are seconds.</summary>
internal sealed class Stored
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly LedgerReader _ledger = new("");

    public Stored() => Violations = new Violations(TextWriter.Null);

    public Violations Violations { get; }

    public IEnumerable<string> Found => Violations.All.Select(violation => violation.Kind);

    public Dictionary<Guid, StoredExecution> All { get; } = [];

    public Dictionary<Guid, StartedExecution> Started { get; } = [];

    public IReadOnlyList<TaskRun> Runs => _ledger.Runs;

    public static DateTimeOffset At(double seconds) => Start.AddSeconds(seconds);

    public StoredExecution Add(
        string status = "completed", LoadLimit? limit = null, double? endsAt = 100, bool acknowledged = true, int? number = null)
    {
        var execution = new StoredExecution
        {
            Id = Guid.NewGuid(), Workflow = "work", Status = status, Number = number ?? All.Count, CreatedAt = At(0),
            CompletedAt = endsAt is { } end ? At(end) : null,
        };
        All.Add(execution.Id, execution);
        if (acknowledged)
        {
            var workload = new Workload { Name = "work", Yaml = "", Ends = ["completed"], Limit = limit };
            Started.Add(execution.Id, new StartedExecution(execution.Id, execution.Number!.Value, workload, At(0)));
        }

        return execution;
    }

    public static void HandedOut(StoredExecution execution, double at, int attempt = 1, int delivery = 1, string task = "do") =>
        execution.Events.Add(new TaskStarted
        {
            At = At(at), Task = task, Attempt = attempt, Delivery = delivery, Worker = "w", Token = Guid.NewGuid(),
        });

    public static void Completed(StoredExecution execution, double at, int attempt = 1, string task = "do") =>
        execution.Events.Add(new TaskCompleted { At = At(at), Task = task, Attempt = attempt, Output = new TaskOutput() });

    public static void Finished(StoredExecution execution, ExecutionStatus status = ExecutionStatus.Completed) =>
        execution.Events.Add(new ExecutionFinished { At = At(100), Status = status });

    public void Ran(StoredExecution execution, double from, double? to, int attempt = 1, string life = "s1.1", string task = "do")
    {
        var process = Runs.Count + 1;
        var key = new AttemptKey(execution.Id, task, attempt);
        _ledger.Add(new LedgerLine(key, life, process, IsStart: true, At(from)));
        if (to is { } end)
        {
            _ledger.Add(new LedgerLine(key, life, process, IsStart: false, At(end)));
        }
    }
}
