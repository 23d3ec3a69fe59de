using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Doctor;

/// <summary>The state that a journal leads to, and the row that belongs to it.</summary>
internal static class ExecutionReplay
{
    /// <summary>How the problem ends when the revision is missing, and nothing else is wrong.</summary>
    public const string NotStored = "is not stored";

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

            // As at its load: a history is read by the plan that it was moved to last.
            var revision = ExecutionMachine.RevisionOf(history);
            return await catalog.FindAsync(created.WorkflowId, revision, cancellationToken) is { } entry
                ? (ExecutionMachine.Replay(entry.PlanOf(created.Subflow), history), null)
                : (null, $"revision {revision} of workflow {created.WorkflowId} {NotStored}");
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
