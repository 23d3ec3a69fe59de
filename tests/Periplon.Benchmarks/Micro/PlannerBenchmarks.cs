using BenchmarkDotNet.Attributes;
using Periplon.Core.Executions;

namespace Periplon.Benchmarks.Micro;

/// <summary>One turn of an execution of many tasks: its cost must not grow with their number.</summary>
public class PlannerBenchmarks
{
    private ExecutionState _state = null!;
    private TaskState _running = null!;

    /// <summary>How many tasks the workflow has, each after the one before.</summary>
    [Params(10, 1_000, 10_000)]
    public int Tasks { get; set; }

    /// <summary>Starts the first task.</summary>
    [GlobalSetup]
    public void Start()
    {
        _state = MachineBenchmark.StartChain(Tasks);
        _running = _state.Task(_state.Running.Min.Task);
    }

    /// <summary>Takes the outcome of the first task and plans what it makes possible.</summary>
    [Benchmark]
    public int ReportAndAdvance()
    {
        var turn = new ExecutionTurn(_state, DateTimeOffset.UnixEpoch);
        var outcome = TaskOutcome.Completed(new TaskOutput { Text = "ok", Size = 2 });
        ExecutionCommands.Report(turn, _running.Instance.Path, _running.Attempt, _running.Token, outcome, 0);
        ExecutionPlanner.Advance(turn);
        return turn.Events.Count;
    }
}
