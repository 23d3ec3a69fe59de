using System.Globalization;
using System.Text.Json;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Core.Inputs;
using Periplon.Core.Plans;
using Periplon.Core.Retries;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Workflows;

/// <summary>What a retry starts with.</summary>
/// <param name="Ended">The ended execution.</param>
/// <param name="Entry">Revision that the retry runs.</param>
/// <param name="Inputs">Its inputs, bound.</param>
/// <param name="Kept">What it keeps: JSON in UTF-8; empty for nothing.</param>
internal sealed record PreparedRetry(
    ExecutionState Ended, CatalogEntry Entry, IReadOnlyDictionary<string, JsonElement> Inputs, ReadOnlyMemory<byte> Kept);

/// <summary>
/// Prepares retries: reads the journal of the ended execution, which changes no more, and decides what is kept. The ended execution's grain
/// is not asked, so that nobody waits for it.
/// </summary>
internal sealed class RetryPreparation(IJournalStore journal, WorkflowCatalog catalog)
{
    /// <summary>Bytes of JSON that the kept results may have together. They are one journal row, and one message between silos.</summary>
    internal const int MaxKept = 32 * 1024 * 1024;

    /// <summary>Decides what the retry starts with, or why it cannot be had.</summary>
    /// <param name="row">The workflow.</param>
    /// <param name="request">The request.</param>
    /// <param name="edits">Its inputs.</param>
    /// <param name="cancellationToken">Ends the wait for the database.</param>
    public async Task<(StartResult? Refusal, PreparedRetry? Retry)> PrepareAsync(
        WorkflowRow row, RetryExecution request, IReadOnlyDictionary<string, JsonElement> edits, CancellationToken cancellationToken)
    {
        var rows = await journal.ReadAsync(request.RetryOf, 0, cancellationToken);
        var history = rows.SelectMany(each => EventCodec.Decode(each.Events.Span)).ToList();
        if (history.Count == 0 || history[0] is not ExecutionCreated created || created.Organization != request.Organization
            || created.WorkflowId != row.Id)
        {
            return (new StartResult { Status = StartStatus.ExecutionNotFound }, null);
        }

        var revision = ExecutionMachine.RevisionOf(history);
        var ran = await catalog.FindAsync(row.Id, revision, cancellationToken);
        if (ran is null)
        {
            return Refused(
                StartStatus.CannotKeep, "revision", $"Revision {revision}, which the execution ran, is not stored any more");
        }

        var ended = ExecutionMachine.Replay(ran.PlanOf(created.Subflow), history);
        if (!ended.IsTerminal)
        {
            return (new StartResult { Status = StartStatus.NotEnded }, null);
        }

        var number = request.Revision switch
        {
            RetryExecution.SameRevision => ended.Created.Revision,
            RetryExecution.LatestRevision => row.Revision,
            var asked => asked,
        };
        var entry = number < 1 ? null : await catalog.FindAsync(row.Id, number, cancellationToken);
        return entry is null
            ? Refused(
                StartStatus.CannotKeep, "revision",
                string.Create(CultureInfo.InvariantCulture, $"There is no revision {number}; the workflow has 1 to {row.Revision}"))
            : Prepare(ended, entry, request, edits);
    }

    private static (StartResult? Refusal, PreparedRetry? Retry) Prepare(
        ExecutionState ended, CatalogEntry entry, RetryExecution request, IReadOnlyDictionary<string, JsonElement> edits)
    {
        if (entry.Unsupported.Count > 0)
        {
            return Refused(StartStatus.NotRunnable, [.. entry.Unsupported.Select(WorkflowProblems.Of)]);
        }

        if (ended.Created.Subflow is { } subflow && !entry.Bundle.Plans.Workflow.Subflows.ContainsKey(subflow))
        {
            return Refused(
                StartStatus.CannotKeep, "revision", $"Revision {entry.Row.Revision} has no subflow '{subflow}', which the execution ran");
        }

        var plan = entry.PlanOf(ended.Created.Subflow);
        var binding = InputBinder.Bind(plan.Workflow.Inputs, Merged(ended, plan, edits));
        if (binding.Problems.Count > 0)
        {
            return Refused(StartStatus.InvalidInputs, [.. binding.Problems.Select(WorkflowProblems.Of)]);
        }

        // The same plan as an object says that it is the same revision.
        var target = entry.Row.Revision == ended.Created.Revision ? ended.Plan : plan;
        var choice = new RetryChoice(request.FromTask, request.FromStart, AsksConditionsAgain: edits.Count > 0);
        var decided = RetryPlanner.Decide(ended, target, choice);
        if (decided.Problems.Count > 0)
        {
            return Refused(StartStatus.CannotKeep, [.. decided.Problems.Select(each => WorkflowProblems.Of(each.Field, each.Message))]);
        }

        if (!decided.HasWork)
        {
            return (new StartResult { Status = StartStatus.NothingToRetry }, null);
        }

        var kept = decided.Kept.Count == 0
            ? []
            : JsonSerializer.SerializeToUtf8Bytes(decided.Kept, ExecutionJson.Default.IReadOnlyListKeptTask);
        return kept.Length > MaxKept
            ? Refused(
                StartStatus.CannotKeep, "from_task",
                $"What the retry would keep has {kept.Length} bytes; at most {MaxKept} are kept. Retry from an earlier task, or from the start")
            : (null, new PreparedRetry(ended, entry, binding.Values, kept));
    }

    // What another revision does not declare any more is left out, as long as nobody asks for it now.
    private static Dictionary<string, JsonElement> Merged(
        ExecutionState ended, ExecutionPlan plan, IReadOnlyDictionary<string, JsonElement> edits)
    {
        var merged = ended.Created.Inputs.Where(input => plan.Workflow.Inputs.ContainsKey(input.Key))
            .ToDictionary(input => input.Key, input => input.Value, StringComparer.Ordinal);
        foreach (var (name, value) in edits)
        {
            merged[name] = value;
        }

        return merged;
    }

    private static (StartResult? Refusal, PreparedRetry? Retry) Refused(StartStatus status, string path, string message) =>
        Refused(status, [WorkflowProblems.Of(path, message)]);

    private static (StartResult? Refusal, PreparedRetry? Retry) Refused(StartStatus status, IReadOnlyList<Problem> problems) =>
        (new StartResult { Status = status, Problems = problems }, null);
}
