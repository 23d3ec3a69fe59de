using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Plans;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Executions;

/// <summary>Workflows and executions for tests of the engine.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public static WorkflowDefinition Workflow(string yaml)
    {
        var parsed = WorkflowParser.Parse(yaml);
        return parsed.Workflow.ShouldNotBeNull(string.Join('\n', parsed.Diagnostics));
    }

    /// <summary>A workflow of command tasks, each <c>name</c> or <c>name: keys of the task, in flow style</c>.</summary>
    public static string Yaml(string name, string head, params string[] tasks) =>
        $"name: {name}\nversion: 1.0.0\n{head}\ntasks:\n"
        + string.Join('\n', tasks.Select(task =>
        {
            var (id, keys) = task.Split(':', 2) is [var left, var right] ? (left, ", " + right.Trim()) : (task, "");
            return $"  {id}: {{command: {{executable: 'true'}}{keys}}}";
        }))
        + "\n";

    public static WorkflowDefinition Workflow(string head, params string[] tasks) => Workflow(Yaml("sample", head, tasks));

    public static ExecutionCreated Created(WorkflowDefinition workflow, DateTimeOffset at) => new()
    {
        At = at,
        ExecutionId = Guid.CreateVersion7(at),
        Organization = "default",
        WorkflowId = Guid.Parse("11111111-1111-1111-1111-111111111111"),
        Revision = 1,
        WorkflowName = workflow.Name,
        WorkflowVersion = workflow.Version,
        Inputs = new Dictionary<string, JsonElement>(),
        TimeLimitAt = workflow.TimeoutSecs is { } seconds ? at + TimeSpan.FromSeconds(seconds) : null,
    };

    /// <summary>A state as an engine would have it after its creation.</summary>
    public static ExecutionTurn Begin(WorkflowDefinition workflow, DateTimeOffset at)
    {
        var turn = new ExecutionTurn(ExecutionMachine.Start(ExecutionPlan.Compile(workflow), Created(workflow, at)), at);
        ExecutionPlanner.Advance(turn);
        return turn;
    }

    public static ExecutionState Do(ExecutionState state, DateTimeOffset at, Action<ExecutionTurn> command)
    {
        var turn = new ExecutionTurn(state, at);
        command(turn);
        ExecutionPlanner.Advance(turn);
        return turn.State;
    }

    public static ExecutionState Claim(ExecutionState state, string task, DateTimeOffset at, Guid token, string worker = "w1") =>
        Do(state, at, turn => ExecutionCommands.TryStart(turn, task, state.Find(task)!.Attempt, worker, token).ShouldBeTrue());

    public static ExecutionState Report(ExecutionState state, string task, DateTimeOffset at, Guid token, TaskOutcome outcome) =>
        Do(state, at, turn =>
            ExecutionCommands.Report(turn, task, state.Find(task)!.Attempt, token, outcome, 0).ShouldBeTrue());

    public static TaskOutcome Done(string text = "") => TaskOutcome.Completed(new TaskOutput { Text = text, Size = text.Length });

    public static TaskOutcome Failed(string message = "it failed") => TaskOutcome.Failed(FailureKinds.ExitCode, message, exitCode: 1);

    public static ExecutionRow Row(ExecutionState state)
    {
        var first = ExecutionRows.First(state.Created.ExecutionId, state.Created, 0);
        return ExecutionRows.Next(first, state, state.LastEventAt) ?? first;
    }
}
