using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Doctor;

/// <summary>The state that a journal leads to, and the row that belongs to it.</summary>
internal static class ExecutionReplay
{
    /// <summary>Replays a journal; or says why that is not possible.</summary>
    public static async Task<(ExecutionState? State, string? Problem)> OfAsync(
        WorkflowCatalog catalog, Guid id, IReadOnlyList<JournalRow> journal, CancellationToken cancellationToken)
    {
        try
        {
            var history = journal.SelectMany(row => EventCodec.Decode(row.Events.Span)).ToList();
            if (history.FirstOrDefault() is not ExecutionCreated created)
            {
                return (null, "its journal does not begin with its creation");
            }

            return await catalog.FindAsync(created.WorkflowId, created.Revision, cancellationToken) is { } entry
                ? (ExecutionMachine.Replay(entry.PlanOf(created.Subflow), history), null)
                : (null, $"revision {created.Revision} of workflow {created.WorkflowId} is not stored");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException or KeyNotFoundException
            or NullReferenceException)
        {
            return (null, $"its journal cannot be replayed: {e.Message}");
        }
    }

    /// <summary>The row that belongs to a state; when it wakes next is as late as can be.</summary>
    public static ExecutionRow RowOf(ExecutionRow row, ExecutionState state, DateTimeOffset now)
    {
        var first = ExecutionRows.First(row.Id, state.Created, row.Partition) with
        {
            WorkflowVersion = row.WorkflowVersion, Revision = row.Revision, Labels = row.Labels,
        };
        return ExecutionRows.Next(first, state, now) ?? first;
    }
}
