using BenchmarkDotNet.Attributes;
using Periplon.Core.Executions;

namespace Periplon.Benchmarks.Micro;

/// <summary>The journal row of a turn that takes an outcome and starts the next task.</summary>
public class JournalBenchmarks
{
    private IReadOnlyList<ExecutionEvent> _events = [];
    private byte[] _row = [];

    /// <summary>Makes the events of such a turn.</summary>
    [GlobalSetup]
    public void Record()
    {
        var state = MachineBenchmark.StartChain(2);
        var running = state.Task(state.Running.Min.Task);
        var turn = new ExecutionTurn(state, DateTimeOffset.UnixEpoch);
        var outcome = TaskOutcome.Completed(new TaskOutput { Text = new string('x', 200), Size = 200 });
        ExecutionCommands.Report(turn, running.Instance.Path, running.Attempt, running.Token, outcome, 0);
        ExecutionPlanner.Advance(turn);
        MachineBenchmark.ClaimFirst(turn);
        _events = [.. turn.Events];
        _row = EventCodec.Encode(_events);
    }

    /// <summary>Events to bytes.</summary>
    [Benchmark]
    public byte[] Encode() => EventCodec.Encode(_events);

    /// <summary>Bytes to events.</summary>
    [Benchmark]
    public int Decode() => EventCodec.Decode(_row).Count;
}
