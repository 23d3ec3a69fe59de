using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Torture.Checks;
using Periplon.Torture.Faults;
using Periplon.Torture.Load;

namespace Periplon.Torture.Report;

/// <summary>Shows where executions stood longest in which something should have followed at once: what to look at next.</summary>
internal static class SlowExecutions
{
    private const int Shown = 6;
    private static readonly TimeSpan WorthShowing = TimeSpan.FromSeconds(4);

    public static void Show(
        IReadOnlyDictionary<Guid, StoredExecution> stored, IReadOnlyDictionary<Guid, StartedExecution> started,
        IReadOnlyList<FaultRecord> faults, TextWriter output)
    {
        var slow = stored.Values.Where(execution => started.GetValueOrDefault(execution.Id)?.Workload.GoesOnAtOnce == true)
            .Select(execution => (Execution: execution, Pause: LongestPause(execution)))
            .Where(each => each.Pause.To.At - each.Pause.From.At > WorthShowing)
            .OrderByDescending(each => each.Pause.To.At - each.Pause.From.At)
            .Take(Shown);
        foreach (var (execution, (from, to)) in slow)
        {
            var before = faults.LastOrDefault(fault => fault.At <= to.At);
            output.WriteLine(
                $"slow: {execution.Id} of '{execution.Workflow}' stood {(to.At - from.At).TotalSeconds:F1} s from {from.At:HH:mm:ss.fff} "
                + $"({Word(from)}) to {to.At:HH:mm:ss.fff} ({Word(to)}); "
                + $"the last fault was {before?.Kind} of {before?.Target} at {before?.At:HH:mm:ss}");
        }
    }

    private static (ExecutionEvent From, ExecutionEvent To) LongestPause(StoredExecution execution) =>
        execution.Events.Zip(execution.Events.Skip(1)).MaxBy(pair => pair.Second.At - pair.First.At);

    private static string Word(ExecutionEvent happened)
    {
        var type = JsonSerializer.SerializeToElement(happened, ExecutionJson.Default.ExecutionEvent).GetProperty("type").GetString();
        return happened is TaskEvent ofTask ? $"{type} {ofTask.Task}" : $"{type}";
    }
}
