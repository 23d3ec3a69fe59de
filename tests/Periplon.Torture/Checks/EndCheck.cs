using Periplon.Core.Executions;
using Periplon.Torture.Load;

namespace Periplon.Torture.Checks;

/// <summary>Every acknowledged execution has exactly one end, the one its workflow leads to, and is stored once.</summary>
internal static class EndCheck
{
    public static void Run(
        IReadOnlyDictionary<Guid, StoredExecution> stored, IReadOnlyDictionary<Guid, StartedExecution> acknowledged,
        IReadOnlyList<Workload> workloads, Violations violations)
    {
        foreach (var lost in acknowledged.Values.Where(started => !stored.ContainsKey(started.Id)))
        {
            violations.Add(
                "lost", $"Execution {lost.Id} of '{lost.Workload.Name}', number {lost.Number}, was acknowledged and is not stored");
        }

        var numbered = stored.Values.Where(execution => execution.Number is not null).ToLookup(execution => execution.Number);
        foreach (var twice in numbered.Where(group => group.Count() > 1))
        {
            violations.Add(
                "started-twice", $"The start with number {twice.Key} made {twice.Count()} executions: "
                + string.Join(", ", twice.Select(execution => execution.Id)),
                twice.First().Id);
        }

        var byName = workloads.ToDictionary(workload => workload.Name);
        foreach (var execution in stored.Values)
        {
            CheckOne(execution, byName, acknowledged, violations);
        }
    }

    private static void CheckOne(
        StoredExecution execution, Dictionary<string, Workload> workloads, IReadOnlyDictionary<Guid, StartedExecution> acknowledged,
        Violations violations)
    {
        var ends = execution.Events.OfType<ExecutionFinished>().ToList();
        if (!execution.HasEnded)
        {
            violations.Add(
                "no-end", $"Execution {execution.Id} of '{execution.Workflow}' is still {execution.Status}, its next wake-up is "
                + $"{(execution.NextWakeAt is { } next ? $"{next:HH:mm:ss}" : "none")}", execution.Id);
            return;
        }

        if (ends.Count != 1 || execution.Events[^1] != ends[0])
        {
            violations.Add(
                "ends", $"The journal of execution {execution.Id} has {ends.Count} ends, and events after the first", execution.Id);
        }
        else if (ends[0].Status.ToWord() != execution.Status)
        {
            violations.Add(
                "status", $"Execution {execution.Id} ended as {ends[0].Status.ToWord()}, and its row says {execution.Status}",
                execution.Id);
        }

        if (execution.Number is { } number && workloads.TryGetValue(execution.Workflow, out var workload))
        {
            if (!workload.Ends.Contains(execution.Status))
            {
                violations.Add(
                    "wrong-end", $"Execution {execution.Id} of '{execution.Workflow}' ended as {execution.Status}, expected "
                    + string.Join(" or ", workload.Ends), execution.Id);
            }
            else if (workload.Result?.Invoke(number) is { } result && result != execution.Result)
            {
                violations.Add(
                    "wrong-result", $"Execution {execution.Id} of '{execution.Workflow}' has the result {execution.Result}, "
                    + $"expected {result}",
                    execution.Id);
            }

            if (!acknowledged.ContainsKey(execution.Id))
            {
                violations.Add(
                    "unknown", $"Execution {execution.Id}, number {number}, is stored, but its key was answered with another",
                    execution.Id);
            }
        }
    }
}
