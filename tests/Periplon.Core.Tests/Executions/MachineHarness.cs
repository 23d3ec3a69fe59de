using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Plans;
using Periplon.Core.Inputs;
using Periplon.Core.Migrations;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Executions;

/// <summary>Drives the machine as an engine would, without one: virtual time, workers that answer as the test says, a journal in
/// memory.</summary>
internal sealed class MachineHarness
{
    public static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly List<ExecutionEvent> _journal = [];
    private int _claims;

    public MachineHarness(WorkflowDefinition workflow, IReadOnlyDictionary<string, JsonElement>? inputs = null)
        : this(ExecutionPlan.Compile(workflow), CreatedOf(workflow, inputs))
    {
    }

    public MachineHarness(ExecutionPlan plan, ExecutionCreated created)
    {
        Plan = plan;
        State = Begin(created);
    }

    /// <summary>An execution of a file without its name and version; <c>RUN</c> stands for work that a worker does.</summary>
    public static MachineHarness Of(string yaml, params (string Name, object Value)[] inputs)
    {
        var text = yaml.Replace("RUN", "command: {executable: \"true\"}", StringComparison.Ordinal);
        var parsed = WorkflowParser.Parse($"name: test\nversion: \"1\"\n{text}");
        parsed.Workflow.ShouldNotBeNull(string.Join('\n', parsed.Diagnostics));
        parsed.Diagnostics.ShouldBeEmpty();
        return new MachineHarness(
            parsed.Workflow, inputs.ToDictionary(input => input.Name, input => JsonSerializer.SerializeToElement(input.Value)));
    }

    public ExecutionPlan Plan { get; private set; }

    public ExecutionState State { get; private set; }

    public DateTimeOffset Now { get; set; }

    public IReadOnlyList<ExecutionEvent> Journal => _journal;

    public IEnumerable<string> Ready => State.Ready.Select(r => r.Task.Path);

    public IEnumerable<string> Running => State.Running.Select(r => r.Task.Path);

    /// <summary>Begins anew, as another execution of the same plan.</summary>
    public ExecutionState Begin(ExecutionCreated created)
    {
        Now = created.At;
        _journal.Clear();
        _journal.Add(created);
        State = ExecutionMachine.Start(Plan, created);
        Do(_ => true);
        return State;
    }

    /// <summary>The same execution on another revision, with its history.</summary>
    public MachineHarness MovedTo(MigrationVerdict verdict)
    {
        var moved = new MachineHarness(verdict.State!.Plan, State.Created) { _claims = _claims, Now = Now };
        moved._journal.Clear();
        moved._journal.AddRange(_journal);
        moved.State = verdict.State;
        moved.Do(turn =>
        {
            turn.Migrate(turn.State, verdict.EventAt(Now, "ann"));
            return true;
        });
        return moved;
    }

    /// <summary>Becomes what another one is.</summary>
    public void Take(MachineHarness other)
    {
        (Plan, State, Now, _claims) = (other.Plan, other.State, other.Now, other._claims);
        _journal.Clear();
        _journal.AddRange(other._journal);
    }

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
        var token = new Guid(++_claims, 0, 0, new byte[8]);
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

    /// <summary>A worker reports an attempt that ran well without meeting its definition of done.</summary>
    public void Unmet(string task, string feedback = "not yet") =>
        Report(task, Claim(task), TaskOutcome.Unmet(new TaskOutput { Text = "so far" }, feedback)).ShouldBeTrue();

    /// <summary>Completes everything that is offered, in its order, until nothing is; answers what was completed.</summary>
    public IReadOnlyList<string> CompleteAll(Func<string, string?>? output = null)
    {
        List<string> completed = [];
        while (!State.Ready.IsEmpty && completed.Count < 1_000)
        {
            var next = State.Ready.Min.Task.Path;
            completed.Add(next);
            Complete(next, output?.Invoke(next));
        }

        return completed;
    }

    public bool Signal(string name, object? payload = null, string? key = null) => Do(turn => ExecutionCommands.Signal(turn, new SignalReceived
    {
        At = Now, Kind = WaitKind.Signal, Name = name, Key = key,
        Payload = payload is null ? null : JsonSerializer.SerializeToElement(payload),
    }));

    public bool Cancel(bool kill = false) => Do(turn => ExecutionCommands.Cancel(turn, "ann", null, kill));

    public bool Pause() => Do(turn => ExecutionCommands.Pause(turn, "ann"));

    public bool Resume() => Do(turn => ExecutionCommands.Resume(turn, "ann"));

    public bool EndChild(string task, ExecutionStatus status, object? outputs = null) => Do(turn => ExecutionCommands.EndChild(
        turn,
        new ChildEnded
        {
            At = Now, Task = task, Child = Task(task).Wait?.Child ?? Guid.Empty, Status = status,
            Error = status is ExecutionStatus.Completed ? null : "no luck",
            Outputs = outputs is null
                ? null
                : JsonSerializer.SerializeToElement(outputs).EnumerateObject().ToDictionary(member => member.Name, member => member.Value),
        },
        0.5));

    /// <summary>What a worker would fill in for a reference in the texts of a task.</summary>
    public string? Resolve(string task, string reference) =>
        new ExecutionScope(State, Task(task).Instance).TryResolve(reference, out var value) ? value.GetRawText() : null;

    /// <summary>The statuses of tasks, as <c>path=status</c> in the order of the paths.</summary>
    public string Statuses(params string[] paths) => string.Join(' ', paths.Select(path => $"{path}={State.Find(path)?.Status.ToWord() ?? "none"}"));

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

    private static ExecutionCreated CreatedOf(WorkflowDefinition workflow, IReadOnlyDictionary<string, JsonElement>? inputs) => new()
    {
        At = Start, ExecutionId = Guid.Parse("019aaaaa-0000-7000-8000-000000000001"), Organization = "default",
        WorkflowId = Guid.Parse("019aaaaa-0000-7000-8000-000000000002"), Revision = 1, WorkflowName = workflow.Name,
        WorkflowVersion = workflow.Version,
        Inputs = inputs ?? new Dictionary<string, JsonElement>(),
        SecretInputs = SecretInputs.NamesOf(workflow),
        TimeLimitAt = workflow.TimeoutSecs is { } limit ? Start.AddSeconds(limit) : null,
    };
}
