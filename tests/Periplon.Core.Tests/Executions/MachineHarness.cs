using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Plans;
using Periplon.Core.Inputs;
using Periplon.Core.Workflows;

namespace Periplon.Core.Tests.Executions;

/// <summary>Drives the machine as an engine would, without one: virtual time, workers that answer as the test says, a journal in memory.</summary>
internal sealed class MachineHarness
{
    public static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly List<ExecutionEvent> _journal = [];

    public MachineHarness(WorkflowDefinition workflow, IReadOnlyDictionary<string, JsonElement>? inputs = null)
    {
        Plan = ExecutionPlan.Compile(workflow);
        var created = new ExecutionCreated
        {
            At = Start, ExecutionId = Guid.Parse("019aaaaa-0000-7000-8000-000000000001"), Organization = "default", WorkflowId = Guid.NewGuid(),
            Revision = 1, WorkflowName = workflow.Name, WorkflowVersion = workflow.Version,
            Inputs = inputs ?? new Dictionary<string, JsonElement>(),
            SecretInputs = SecretInputs.NamesOf(workflow),
            TimeLimitAt = workflow.TimeoutSecs is { } limit ? Start.AddSeconds(limit) : null,
        };
        _journal.Add(created);
        State = ExecutionMachine.Start(Plan, created);
        Do(_ => true);
    }

    public ExecutionPlan Plan { get; }

    public ExecutionState State { get; private set; }

    public DateTimeOffset Now { get; set; } = Start;

    public IReadOnlyList<ExecutionEvent> Journal => _journal;

    public IEnumerable<string> Ready => State.Ready.Select(r => r.Task.Path);

    public IEnumerable<string> Running => State.Running.Select(r => r.Task.Path);

    public T Do<T>(Func<ExecutionTurn, T> command)
    {
        var turn = new ExecutionTurn(State, Now);
        var answer = command(turn);
        ExecutionPlanner.Advance(turn);
        State = turn.State;
        _journal.AddRange(turn.Events);
        return answer;
    }

    public void Tick(double seconds)
    {
        Now = Now.AddSeconds(seconds);
        Do(_ => true);
    }

    /// <summary>Moves to the next timer and fires it.</summary>
    public void NextTimer()
    {
        Now = ExecutionPlanner.NextTimer(State).ShouldNotBeNull();
        Do(_ => true);
    }

    public Guid Claim(string task, string worker = "w1")
    {
        var token = Guid.NewGuid();
        var attempt = Task(task).Attempt;
        Do(turn => ExecutionCommands.TryStart(turn, task, attempt, worker, token)).ShouldBeTrue($"'{task}' should be claimable");
        return token;
    }

    public bool Report(string task, Guid token, TaskOutcome outcome, int? attempt = null)
    {
        var reported = attempt ?? Task(task).Attempt;
        return Do(turn => ExecutionCommands.Report(turn, task, reported, token, outcome, 0.5));
    }

    public void Complete(string task, string? output = null) => Report(task, Claim(task), Done(output)).ShouldBeTrue();

    public void Fail(string task, string kind = FailureKinds.ExitCode, int? exitCode = 1) =>
        Report(task, Claim(task), TaskOutcome.Failed(kind, "it failed", exitCode: exitCode)).ShouldBeTrue();

    public TaskState Task(string path) => State.Find(path).ShouldNotBeNull();

    public ExecutionState Replayed() =>
        ExecutionMachine.Replay(Plan, _journal.SelectMany(e => EventCodec.Decode(EventCodec.Encode([e]))));

    public static TaskOutcome Done(string? output = null) => TaskOutcome.Completed(new TaskOutput { Text = output, Size = output?.Length ?? 0 });

    public static WorkflowDefinition Workflow(params TaskDefinition[] tasks) => new()
    {
        Name = "test", Version = "1", Tasks = tasks.ToDictionary(t => t.Id),
    };

    public static TaskDefinition NewTask(string id, params string[] dependsOn) => new()
    {
        Id = id, DependsOn = dependsOn, Command = new CommandDefinition { Executable = "true" },
    };
}
