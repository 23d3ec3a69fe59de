using Periplon.Core.Executions;
using Periplon.Core.Migrations;
using Periplon.Core.Reuse;

namespace Periplon.Engine.Workflows;

/// <summary>Checks executions against a revision, or against a definition that is not stored yet.</summary>
internal static class MigrationChecks
{
    public static MigrationVerdict Check(ExecutionState state, IReadOnlyList<ExecutionEvent> history, CatalogEntry entry) =>
        entry.Unsupported is [var first, ..]
            ? Refused(entry.Row.Revision, $"Revision {entry.Row.Revision} cannot be run: {first.Message}")
            : Check(state, history, entry.Bundle, entry.Row.Revision);

    public static MigrationVerdict Check(
        ExecutionState state, IReadOnlyList<ExecutionEvent> history, WorkflowBundle bundle, int revision) =>
        state.Created.Subflow is { } subflow && !bundle.Plans.Workflow.Subflows.ContainsKey(subflow)
            ? Refused(revision, $"Revision {revision} has no subflow '{subflow}', which the execution runs")
            : MigrationCheck.Check(state, history, bundle.Plans.PlanOf(state.Created.Subflow), revision);

    private static MigrationVerdict Refused(int revision, string message) =>
        new() { Revision = revision, Refusal = new MigrationRefusal(MigrationReasons.TaskMissing, message) };
}
