using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Migrations;
using Periplon.Core.Plans;

namespace Periplon.Core.Tests.Executions;

/// <summary>
/// Everything around an execution, from a seed: workers that answer, fail, get lost and report late, people, other executions, limits and
/// the clock. After a while it does nothing but help the execution to its end.
/// </summary>
internal sealed class SimulatedWorld(MachineHarness run, Random random)
{
    private const int UnrulySteps = 300;

    private readonly List<(string Task, int Attempt, Guid Token)> _leases = [];
    private int _steps;

    private bool IsHelping => _steps > UnrulySteps;

    public void Step()
    {
        _steps++;
        if (!IsHelping && random.Next(8) == 0)
        {
            Disturb();
            return;
        }

        switch (random.Next(4))
        {
            case 0 when !run.State.Ready.IsEmpty && !run.State.IsHeld:
                Claim(Any(run.Ready));
                break;
            case 1 when !run.State.Running.IsEmpty:
                Report(Any(run.Running));
                break;
            case 2 when !run.State.Waiting.IsEmpty:
                Answer(run.Task(Any(run.State.Waiting.Select(rank => rank.Task.Path))));
                break;
            default:
                PassTime();
                break;
        }
    }

    private string Any(IEnumerable<string> paths) => paths.ElementAt(random.Next(paths.Count()));

    private void Claim(string task)
    {
        var attempt = run.Task(task).Attempt;
        _leases.Add((task, attempt, run.Claim(task)));
    }

    private void Report(string path)
    {
        var task = run.Task(path);
        var isStopping = run.State.FindStop(task.Instance) is not null;
        run.Report(path, task.Token, random.Next(IsHelping ? 1 : 6) switch
        {
            1 => TaskOutcome.Failed(FailureKinds.ExitCode, "no", exitCode: 1),
            2 when random.Next(4) == 0 => TaskOutcome.Returned(),
            3 when task.Instance.Planned.Definition.DefinitionOfDone is not null => TaskOutcome.Unmet(new TaskOutput(), "not yet"),
            _ when isStopping => TaskOutcome.Cancelled(),
            _ => TaskOutcome.Completed(Output(task)),
        }).ShouldBeTrue();
    }

    private TaskOutput Output(TaskState task) => new()
    {
        Text = "ok", Size = 2,
        State = task.Work is AttemptWork.Task ? new Dictionary<string, JsonElement> { ["go"] = Json(random.Next(2) == 0) } : null,
        Items = task.Work is AttemptWork.Collection ? Json(new[] { "a", "b", "c" }[..random.Next(4)]) : null,
    };

    private void Answer(TaskState task)
    {
        var path = task.Instance.Path;
        switch (task.Wait!.Kind)
        {
            case WaitKind.Signal:
                run.Signal(task.Wait.Name!, "payload", random.Next(3) == 0 ? $"k{random.Next(5)}" : Guid.NewGuid().ToString());
                break;
            case WaitKind.Approval:
                run.Do(turn => ExecutionCommands.Decide(turn, path, IsHelping || random.Next(3) > 0, "ann", null)).ShouldBeTrue();
                break;
            case WaitKind.Child:
                run.EndChild(path, IsHelping || random.Next(3) > 0 ? ExecutionStatus.Completed : (ExecutionStatus)random.Next(5, 8)).ShouldBeTrue();
                break;
            case WaitKind.Concurrency when !IsHelping && random.Next(6) == 0:
                run.Do(turn => ExecutionCommands.Refuse(turn, path, LimitKinds.Concurrency, "no room")).ShouldBeTrue();
                break;
            case WaitKind.Concurrency:
                run.Do(turn => ExecutionCommands.Grant(turn, path, LimitKinds.Concurrency, null)).ShouldBeTrue();
                break;
            case WaitKind.Rate when task.DueAt is null:
                var startAt = random.Next(2) == 0 ? run.Now.AddSeconds(3) : (DateTimeOffset?)null;
                run.Do(turn => ExecutionCommands.Grant(turn, path, LimitKinds.Rate, startAt)).ShouldBeTrue();
                break;
        }
    }

    private void Disturb()
    {
        switch (random.Next(12))
        {
            case 0 when _leases.Count > 0:
                var late = _leases[random.Next(_leases.Count)];
                run.Report(late.Task, late.Token, MachineHarness.Done("late"), late.Attempt);
                break;
            case 1:
                run.Do(turn =>
                {
                    ExecutionCommands.ReturnLost(turn, _ => random.Next(2) == 0, random.NextDouble());
                    return true;
                });
                break;
            case 2 when random.Next(12) == 0:
                run.Cancel(kill: random.Next(3) == 0);
                break;
            case 3 when random.Next(3) == 0:
                run.Pause();
                break;
            case 4:
                run.Resume();
                break;
            case 5:
                run.Signal($"s{random.Next(2)}", 7);
                break;
            case 6 when random.Next(6) == 0:
                var task = Any(run.State.Tasks.Keys.Where(path => path.Length > 0).DefaultIfEmpty(""));
                run.Do(turn => ExecutionCommands.StopTask(turn, task, "make room"));
                break;
            case 7:
                run.Tick(random.Next(40));
                break;
            case 9 when random.Next(4) == 0:
                Skip();
                break;
            case 10 when random.Next(4) == 0:
                Move();
                break;
            case 8 when _leases.Count > 0:
                // A second claim of what is taken, or was.
                var other = _leases[random.Next(_leases.Count)];
                run.Do(turn => ExecutionCommands.TryStart(turn, other.Task, other.Attempt, "w2", other.Token));
                break;
            default:
                run.Do(turn => ExecutionCommands.EndChild(
                    turn,
                    new ChildEnded { At = turn.Now, Task = "t0", Child = Guid.Empty, Status = ExecutionStatus.Completed },
                    0));
                break;
        }
    }

    private void Skip()
    {
        var task = Any(run.State.Tasks.Keys.Where(path => path.Length > 0).DefaultIfEmpty(""));
        var output = random.Next(2) == 0 ? Json("by hand") : (JsonElement?)null;
        run.Do(turn => ExecutionCommands.Skip(turn, task, "ann", null, output));
    }

    // To a revision with the same definition every history fits, wherever it stands.
    private void Move()
    {
        var plan = ExecutionPlan.Compile(run.Plan.Workflow);
        var verdict = MigrationCheck.Check(run.State, run.Journal, plan, run.State.Created.Revision + 1);
        verdict.Refusal.ShouldBeNull();
        StateText.Of(verdict.State!).ShouldBe(StateText.Of(run.State));
        run.Take(run.MovedTo(verdict));
    }

    // What is due at a time must change something when the time has come.
    private void PassTime()
    {
        if (run.State.IsPaused && IsHelping)
        {
            run.Resume();
        }

        if (ExecutionPlanner.NextTimer(run.State) is not { } next)
        {
            return;
        }

        run.Now = next > run.Now ? next : run.Now;
        var before = run.Journal.Count;
        run.Do(_ => true);
        run.Journal.Count.ShouldBeGreaterThan(before, $"nothing happened at {next:O}, when something was due");
    }

    private static JsonElement Json(object value) => JsonSerializer.SerializeToElement(value);
}
