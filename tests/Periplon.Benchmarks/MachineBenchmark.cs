using System.Diagnostics;
using Periplon.Core.Executions;
using Periplon.Core.Plans;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Benchmarks;

/// <summary>
/// What the execution machine itself costs, without journal, queue or network: every task is claimed and completed at once.
/// </summary>
internal static class MachineBenchmark
{
    private static readonly (string Name, string Tasks, int MaxParallel)[] Cases =
    [
        ("loop", "l: {RUN, loop: {type: repeat, count: N}}", 16),
        ("loop-objects", "l: {RUN, loop: {type: for_each, iterator: x, collection: {source: inline, items: [ITEMS]}}}", 16),
        ("loop-parallel", "l: {RUN, loop: {type: repeat, count: N, parallel: true, max_parallel: 100}}", 1_000),
        ("loop-groups", "l: {loop: {type: repeat, count: N}, subtasks: [{a: {RUN}}, {b: {RUN, depends_on: [a]}}]}", 16),
        ("fan-out", "TASKS", 16),
        ("fan-out-wide", "TASKS", 1_000_000),
        ("fan-in", "TASKS, last: {RUN, depends_on: [NAMES]}", 16),
        ("chain", "CHAIN", 16),
        ("signals", "SIGNALS", 16),
        ("cancel-wide", "TASKS", 1_000_000),
    ];

    internal static void Run(int count)
    {
        foreach (var (name, tasks, maxParallel) in Cases)
        {
            var plan = ExecutionPlan.Compile(Definition(tasks, count) with { MaxParallel = maxParallel });
            Drive(ExecutionPlan.Compile(Definition(tasks, 100) with { MaxParallel = maxParallel }), name);
            var bytes = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            var events = Drive(plan, name);
            watch.Stop();
            bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
            Console.WriteLine(
                $"machine     {name,-14} {count} tasks: {watch.Elapsed.TotalMilliseconds,8:F0} ms, "
                + $"{watch.Elapsed.TotalMicroseconds / count,6:F1} us and "
                + $"{bytes / (double)count / 1024,5:F1} KiB a task, {events} events");
        }
    }

    private static WorkflowDefinition Definition(string tasks, int count)
    {
        string Each(Func<int, string> text) => string.Join(", ", Enumerable.Range(0, count).Select(text));
        var yaml = tasks
            .Replace("ITEMS", Each(i => $"{{id: {i}, tags: [a, b]}}"), StringComparison.Ordinal)
            .Replace("TASKS", Each(i => $"t{i}: {{RUN}}"), StringComparison.Ordinal)
            .Replace("CHAIN", Each(i => $"t{i}: {{RUN, depends_on: [{(i == 0 ? "" : $"t{i - 1}")}]}}"), StringComparison.Ordinal)
            .Replace("SIGNALS", Each(i => $"t{i}: {{wait_for: s{i}}}"), StringComparison.Ordinal)
            .Replace("NAMES", Each(i => $"t{i}"), StringComparison.Ordinal)
            .Replace("count: N", $"count: {count}", StringComparison.Ordinal)
            .Replace("RUN", "command: {executable: \"true\"}", StringComparison.Ordinal);
        var parsed = WorkflowParser.Parse($"name: bench\nversion: \"1\"\ntasks: {{{yaml}}}\n");
        return parsed.Workflow ?? throw new InvalidOperationException(string.Join('\n', parsed.Diagnostics));
    }

    /// <summary>An execution of tasks in a row, the first of them running.</summary>
    internal static ExecutionState StartChain(int count)
    {
        var turn = new ExecutionTurn(Start(ExecutionPlan.Compile(Definition("CHAIN", count))), DateTimeOffset.UnixEpoch);
        ExecutionPlanner.Advance(turn);
        ClaimFirst(turn);
        return turn.State;
    }

    /// <summary>Starts the first task that is ready.</summary>
    internal static void ClaimFirst(ExecutionTurn turn) => Claim(turn, turn.State.Ready.Min.Task);

    private static ExecutionState Start(ExecutionPlan plan) => ExecutionMachine.Start(plan, new ExecutionCreated
    {
        At = DateTimeOffset.UnixEpoch, ExecutionId = Guid.Empty, Organization = "bench", WorkflowId = Guid.Empty, Revision = 1,
        WorkflowName = "bench", WorkflowVersion = "1", Inputs = new Dictionary<string, System.Text.Json.JsonElement>(),
    });

    private static int Drive(ExecutionPlan plan, string name)
    {
        var now = DateTimeOffset.UnixEpoch;
        var state = Start(plan);
        var events = 1;
        var cancelled = false;
        while (!state.IsTerminal)
        {
            var turn = new ExecutionTurn(state, now);
            if (name == "cancel-wide" && state.Ready.IsEmpty && !state.Running.IsEmpty && !cancelled)
            {
                cancelled = ExecutionCommands.Cancel(turn, null, null);
            }
            else if (name == "cancel-wide" && !state.Ready.IsEmpty)
            {
                Claim(turn, state.Ready.Min.Task);
            }
            else
            {
                Act(turn, state);
            }

            ExecutionPlanner.Advance(turn);
            state = turn.State;
            events += turn.Events.Count;
            _ = ExecutionPlanner.NextTimer(state);
        }

        return events;
    }

    private static void Act(ExecutionTurn turn, ExecutionState state)
    {
        if (!state.Running.IsEmpty)
        {
            var task = state.Task(state.Running.Min.Task);
            var outcome = state.IsEnding ? TaskOutcome.Cancelled() : TaskOutcome.Completed(new TaskOutput { Text = "ok", Size = 2 });
            ExecutionCommands.Report(turn, task.Instance.Path, task.Attempt, task.Token, outcome, 0);
        }
        else if (!state.Ready.IsEmpty)
        {
            Claim(turn, state.Ready.Min.Task);
        }
        else if (!state.Waiting.IsEmpty)
        {
            var wait = state.Task(state.Waiting.Max.Task).Wait!;
            ExecutionCommands.Signal(turn, new SignalReceived { At = turn.Now, Kind = WaitKind.Signal, Name = wait.Name! });
        }
    }

    private static void Claim(ExecutionTurn turn, TaskInstance task) =>
        ExecutionCommands.TryStart(turn, task.Path, turn.State.Task(task).Attempt, "w", new Guid(1, 0, 0, new byte[8]));
}
