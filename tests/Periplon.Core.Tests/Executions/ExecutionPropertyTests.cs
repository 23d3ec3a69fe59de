using CsCheck;
using Periplon.Core.Conditions;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Core.Tests.Executions;

/// <summary>Any acyclic workflow, under any order of answers, failures, losses and repetitions, ends once and replays to the same
/// state.</summary>
public sealed class ExecutionPropertyTests
{
    private static readonly Gen<WorkflowDefinition> Workflows =
        from count in Gen.Int[1, 12]
        from tasks in Gen.Select(
            Gen.UInt, Gen.Int[-3, 3], Gen.Int[0, 2], Gen.Int[0, 9], (edges, priority, retries, shape) => (edges, priority, retries, shape)).Array[count]
        from maxParallel in Gen.Int[1, 4]
        from failFast in Gen.Int[0, 4]
        select MachineHarness.Workflow([.. tasks.Select((t, i) => MachineHarness.NewTask($"t{i}", EdgesOf(t.edges, i)) with
        {
            Priority = t.priority,
            Retry = new RetryDefinition { MaxAttempts = t.retries + 1, DelaySecs = 1 },
            Condition = t.shape == 0 ? new Condition.Never() : null,
            If = t.shape == 1 ? "always()" : null,
            ContinueOnError = t.shape == 2,
            ParallelWith = t.shape == 3 ? [$"t{i / 2}"] : [],
        })]) with { MaxParallel = maxParallel, FailFast = failFast == 0 };

    [Fact]
    public void AnyWorkflow_UnderAnyAnswers_EndsOnceWithinItsBoundsAndReplays() =>
        Gen.Select(Workflows, Gen.Int).Sample((workflow, seed) => Drive(workflow, new Random(seed)), iter: 3_000);

    private static string[] EdgesOf(uint bits, int index) =>
        [.. Enumerable.Range(0, index).Where(i => (bits >> (i * 2) & 3) == 0).Select(i => $"t{i}")];

    private static void Drive(WorkflowDefinition workflow, Random random)
    {
        var run = new MachineHarness(workflow);
        var leases = new List<(string Task, int Attempt, Guid Token)>();
        var steps = 0;
        while (!run.State.IsTerminal)
        {
            (++steps).ShouldBeLessThan(5_000, "the execution does not come to an end");
            Act(run, leases, random);
            (run.State.Running.Count + run.State.Ready.Count).ShouldBeLessThanOrEqualTo(workflow.MaxParallel);
            (run.State.IsTerminal || !run.State.Ready.IsEmpty || !run.State.Running.IsEmpty || ExecutionPlanner.NextTimer(run.State) is not null)
                .ShouldBeTrue("an execution that has not ended always has something that moves it");
        }

        run.State.Settled.ShouldBe(run.Plan.Tasks.Length);
        run.Journal.OfType<ExecutionFinished>().Count().ShouldBe(1);
        foreach (var byTask in run.Journal.OfType<TaskEvent>().GroupBy(e => e.Task))
        {
            byTask.OfType<TaskCompleted>().Count().ShouldBeLessThanOrEqualTo(1);
            byTask.SkipWhile(e => e is not TaskCompleted).Skip(1).ShouldBeEmpty("nothing happens to a task after its completion");
        }

        StateText.Of(run.Replayed()).ShouldBe(StateText.Of(run.State));
    }

    private static void Act(MachineHarness run, List<(string Task, int Attempt, Guid Token)> leases, Random random)
    {
        var ready = run.Ready.ToList();
        switch (random.Next(12))
        {
            case 0 when leases.Count > 0:
                // A report that comes late, twice or for a lease that is gone.
                var late = leases[random.Next(leases.Count)];
                run.Report(late.Task, late.Token, MachineHarness.Done("late"), late.Attempt);
                break;
            case 1:
                run.Do(turn =>
                {
                    ExecutionCommands.ReturnLost(turn, _ => random.Next(2) == 0, random.NextDouble());
                    return true;
                });
                break;
            case 2 when random.Next(40) == 0:
                run.Do(turn => ExecutionCommands.Cancel(turn, null, null));
                break;
            case < 7 when ready.Count > 0:
                var task = ready[random.Next(ready.Count)];
                var attempt = run.Task(task).Attempt;
                leases.Add((task, attempt, run.Claim(task)));
                break;
            case < 11 when !run.State.Running.IsEmpty:
                var running = run.State.Running[random.Next(run.State.Running.Count)].Task.Path;
                run.Report(running, run.Task(running).Token, random.Next(4) switch
                {
                    0 => TaskOutcome.Failed(FailureKinds.ExitCode, "no", exitCode: 1),
                    1 when random.Next(4) == 0 => TaskOutcome.Returned(),
                    _ when run.State.IsEnding => TaskOutcome.Cancelled(),
                    _ => MachineHarness.Done("ok"),
                });
                break;
            default:
                if (ExecutionPlanner.NextTimer(run.State) is { } next && next > run.Now)
                {
                    run.Now = next;
                }

                run.Do(_ => true);
                break;
        }
    }
}
