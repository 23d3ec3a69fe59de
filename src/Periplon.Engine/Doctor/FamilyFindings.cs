using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Doctor;

/// <summary>What can be wrong between an execution and those of its subflows.</summary>
internal sealed class FamilyFindings(Database database)
{
    // Messages between them are repeated within a minute at the latest.
    private static readonly TimeSpan Grace = ExecutionFindings.StuckAfter;

    public async Task<IReadOnlyList<Finding>> OfAsync(
        ExecutionRow row, ExecutionState state, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var waits = state.Waiting
            .Select(rank => state.Task(rank.Task))
            .Where(task => task.Wait is { Kind: WaitKind.Child, Child: not null } wait && wait.At < now - Grace)
            .ToList();
        var parent = state.Created is { ParentTask: not null, ParentExecutionId: { } id } ? id : (Guid?)null;
        if (waits.Count == 0 && parent is null)
        {
            return [];
        }

        var others = waits.ConvertAll(task => task.Wait!.Child!.Value);
        if (parent is { } one)
        {
            others.Add(one);
        }

        var ends = await ReadEndsAsync(others, cancellationToken);
        var findings = new List<Finding>();
        foreach (var task in waits)
        {
            var child = task.Wait!.Child!.Value;
            var exists = ends.TryGetValue(child, out var endedAt);
            if (exists && !(endedAt < now - Grace))
            {
                continue;
            }

            findings.Add(ExecutionFindings.About(
                row, "child_outcome_lost", FindingSeverity.Error,
                exists
                    ? $"Task '{task.Instance.Path}' waits for execution {child}, which ended at {ExecutionFindings.Text(endedAt)}"
                    : $"Task '{task.Instance.Path}' waits for execution {child}, which does not exist",
                "It goes on only when it is told of that end",
                "--repair makes the sweep look at it now; it then asks for the outcome, or starts the execution again",
                ExecutionRepairs.Wake(row)));
        }

        if (parent is { } above && (!ends.TryGetValue(above, out var parentEnd) || parentEnd < now - Grace))
        {
            findings.Add(ExecutionFindings.About(
                row, "parent_gone", FindingSeverity.Warning,
                ends.ContainsKey(above)
                    ? $"It runs for execution {above}, which ended at {ExecutionFindings.Text(parentEnd)}"
                    : $"It runs for execution {above}, which does not exist any more",
                "Nobody waits for what it does",
                "Cancel it, if it does not end by itself"));
        }

        return findings;
    }

    // The ends of those that exist; null for those that have not ended.
    private async Task<Dictionary<Guid, DateTimeOffset?>> ReadEndsAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"select id, completed_at from executions where id{command.AddIds("ids", ids)}";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ends = new Dictionary<Guid, DateTimeOffset?>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ends[reader.GetGuid(0)] = reader.FindTime(1);
        }

        return ends;
    }
}
