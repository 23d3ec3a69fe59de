using System.Text.Json;
using Periplon.Client.Workflows;
using Periplon.Engine.Storage;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Triggers;

/// <summary>What became of a run.</summary>
internal sealed record TriggerOutcome(TriggerRunStatus Status, string? Detail = null);

/// <summary>
/// Starts the execution of a run that was claimed. The claim chose the execution's id, so that whoever repeats this, on any silo, gets the
/// same execution.
/// </summary>
internal sealed class TriggerStarter(IGrainFactory grains, RepeatedCalls calls, IWorkflowStore workflows, WorkflowCatalog catalog)
{
    private const int MaxDetail = 2000;

    /// <summary>Starts, and says what became of it; what does not answer is an exception, and leaves the run pending.</summary>
    public async Task<TriggerOutcome> StartAsync(
        TriggerRow trigger, TriggerRun run, JsonElement document, JsonElement whole, CancellationToken cancellationToken)
    {
        var workflowId = trigger.Definition.WorkflowId!.Value;
        var request = new StartExecution
        {
            ExecutionId = run.ExecutionId!.Value,
            Organization = trigger.Organization,
            Inputs = TriggerInputs.ToUtf8(await InputsAsync(trigger, document, whole, cancellationToken)),
            Priority = trigger.Definition.Priority,
            TriggerType = TriggerStore.ToWord(trigger.Kind),
            TriggeredBy = trigger.By,
            // No parent: what follows from an execution is not a part of it, and stays when that one is deleted.
            Labels = TriggerLabels.Of(trigger, run),
        };
        var workflow = grains.GetGrain<IWorkflowGrain>(workflowId.ToString("D"));
        var result = await calls.AskAsync(() => workflow.StartAsync(request, cancellationToken), cancellationToken);
        var name = trigger.WorkflowName is { } known ? $"'{known}'" : workflowId.ToString("D");
        return result.Status switch
        {
            // The id is this run's alone: whatever has it was started by this run, perhaps with a mapping that was changed since.
            StartStatus.Started or StartStatus.AlreadyStarted or StartStatus.Conflict => new(TriggerRunStatus.Started),
            StartStatus.WorkflowNotFound => Refused($"The workflow {name} does not exist any more"),
            StartStatus.WorkflowInactive => Refused($"The workflow {name} is not active"),
            StartStatus.NotRunnable => Refused($"The workflow {name} uses what this version does not run: {Messages(result)}"),
            _ => Refused($"The inputs do not fit workflow {name}: {Messages(result)}"),
        };
    }

    public static TriggerOutcome Refused(string detail) =>
        new(TriggerRunStatus.Refused, detail.Length > MaxDetail ? detail[..MaxDetail] : detail);

    private async Task<IReadOnlyDictionary<string, JsonElement>> InputsAsync(
        TriggerRow trigger, JsonElement document, JsonElement whole, CancellationToken cancellationToken)
    {
        if (trigger.Definition.Inputs is { } mapped)
        {
            return TriggerInputs.Of(mapped, document);
        }

        // Only where it is declared: a workflow without inputs refuses values it does not know.
        var row = await workflows.FindAsync(trigger.Definition.WorkflowId!.Value, cancellationToken);
        return row is not null && row.Organization == trigger.Organization
            && await catalog.FindAsync(row.Id, row.Revision, cancellationToken) is { } entry
            && entry.Plan.Workflow.Inputs.ContainsKey(TriggerInputs.WholeInput)
                ? new Dictionary<string, JsonElement> { [TriggerInputs.WholeInput] = whole }
                : new Dictionary<string, JsonElement>();
    }

    private static string Messages(StartResult result) =>
        string.Join("; ", result.Problems.Take(5).Select(problem => $"{problem.Path}: {problem.Message}"));
}
