using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Core.Inputs;
using Periplon.Core.Plans;
using Periplon.Core.Workflows;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Executions;

/// <summary>The first turn of an execution, on the cluster and in a local run: its creation and what follows from it at once.</summary>
/// <param name="Created">The state right after the creation.</param>
/// <param name="State">The state at the end of the turn.</param>
/// <param name="Row">Its row of the executions table.</param>
/// <param name="Events">The events of the turn, the creation first.</param>
internal sealed record ExecutionBeginning(
    ExecutionState Created, ExecutionState State, ExecutionRow Row, IReadOnlyList<ExecutionEvent> Events)
{
    /// <summary>The first event of an execution.</summary>
    public static ExecutionCreated CreatedOf(ExecutionPlan plan, CreateExecution request, DateTimeOffset now)
    {
        var workflow = plan.Workflow;
        var labels = new Dictionary<string, string>(workflow.Labels);
        foreach (var (key, value) in request.Start.Labels ?? new Dictionary<string, string>(0))
        {
            labels[key] = value;
        }

        return new ExecutionCreated
        {
            At = now,
            ExecutionId = request.Start.ExecutionId,
            Organization = request.Start.Organization,
            WorkflowId = request.WorkflowId,
            Revision = request.Revision,
            WorkflowName = workflow.Name,
            WorkflowVersion = workflow.Version,
            Inputs = JsonSerializer.Deserialize(request.Start.Inputs.Span, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement)!,
            SecretInputs = NamesOf(workflow, request),
            Priority = request.Start.Priority,
            TriggerType = request.Start.TriggerType,
            TriggeredBy = request.Start.TriggeredBy,
            ParentExecutionId = request.Start.ParentExecutionId,
            TimeLimitAt = workflow.TimeoutSecs is { } seconds ? now + TimeSpan.FromSeconds(seconds) : null,
            Labels = labels.Count > 0 ? labels : null,
            RequestHash = request.RequestHash,
            Subflow = request.Subflow,
            ParentTask = request.ParentTask,
            Depth = request.Depth,
            RetryOf = request.RetryOf,
            Kept = request.Kept.IsEmpty
                ? null
                : JsonSerializer.Deserialize(request.Kept.Span, ExecutionJson.Default.IReadOnlyListKeptTask),
        };
    }

    private static List<string>? NamesOf(WorkflowDefinition workflow, CreateExecution request)
    {
        List<string> names = [.. SecretInputs.NamesOf(workflow) ?? [], .. request.SecretInputs ?? []];
        return names.Count > 0 ? [.. names.Distinct()] : null;
    }

    /// <summary>Decides the turn.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="created">The first event.</param>
    /// <param name="partition">The partition of the queue.</param>
    /// <param name="onDecided">May let attempts start with the turn.</param>
    public static ExecutionBeginning Of(
        ExecutionPlan plan, ExecutionCreated created, int partition, Action<ExecutionState, ExecutionTurn>? onDecided = null)
    {
        var start = ExecutionMachine.Start(plan, created);
        var turn = new ExecutionTurn(start, created.At);
        ExecutionPlanner.Advance(turn);
        onDecided?.Invoke(start, turn);
        var row = ExecutionRows.First(created.ExecutionId, created, partition);
        return new(start, turn.State, ExecutionRows.Next(row, turn.State, turn.Now) ?? row, [created, .. turn.Events]);
    }

    /// <summary>Stores the turn as the journal's first row.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="beforeRepeat">Returns when the append may be tried again after the database was away; null: always.</param>
    /// <param name="cancellationToken">Gives up waiting, not the append.</param>
    /// <exception cref="JournalConflictException">The execution exists already.</exception>
    public Task AppendAsync(IJournalStore journal, Func<ValueTask>? beforeRepeat, CancellationToken cancellationToken)
    {
        var created = State.Created;
        return journal.AppendAsync(
            new JournalAppend(created.ExecutionId, 1, EventCodec.Encode(Events), Guid.NewGuid(), created.At, Row) { BeforeRepeat = beforeRepeat },
            cancellationToken);
    }
}
