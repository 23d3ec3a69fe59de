using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Triggers;

/// <summary>
/// What an ended execution sets off. Each pair of trigger and execution is claimed by a row before anything is started, so that any number
/// of silos may come to it, in any order and more than once.
/// </summary>
internal sealed class CompletionStarts(TriggerRunStore runs, IExecutionQueries executions, TriggerStarter starter, TimeProvider time)
{
    /// <summary>So many executions may follow from each other by triggers; a circle of workflows ends there.</summary>
    public const int MaxDepth = 16;

    /// <summary>Handles one ended execution for one trigger. True when this call dealt with it.</summary>
    public async Task<bool> HandleAsync(TriggerRow trigger, ExecutionRow ended, CancellationToken cancellationToken)
    {
        if (!Matches(trigger, ended))
        {
            return false;
        }

        var now = time.GetUtcNow();
        var depth = await runs.FindDepthAsync(ended.Id, cancellationToken) + 1;
        var (run, _) = await runs.ClaimAsync(
            new TriggerRun
            {
                TriggerId = trigger.Id,
                Source = ended.Id.ToString("D"),
                Organization = trigger.Organization,
                SourceExecutionId = ended.Id,
                ExecutionId = ExecutionIds.New(time),
                Depth = depth,
                CreatedAt = now,
                UpdatedAt = now,
            },
            cancellationToken);
        return run.Status is TriggerRunStatus.Pending && await FinishAsync(trigger, run, ended, cancellationToken);
    }

    /// <summary>Goes on with a run that was claimed and not dealt with.</summary>
    public async Task<bool> ResumeAsync(TriggerRow trigger, TriggerRun run, CancellationToken cancellationToken) =>
        await executions.FindAsync(run.Organization, run.SourceExecutionId!.Value, cancellationToken) is { } ended
        && await FinishAsync(trigger, run, ended, cancellationToken);

    private async Task<bool> FinishAsync(TriggerRow trigger, TriggerRun run, ExecutionRow ended, CancellationToken cancellationToken)
    {
        TriggerOutcome outcome;
        if (run.Depth > MaxDepth)
        {
            outcome = TriggerStarter.Refused(
                $"{run.Depth} executions would follow from each other by triggers; allowed are {MaxDepth}. Do workflows start each other?");
        }
        else
        {
            var document = CompletionDocument.Of(ended);
            outcome = await starter.StartAsync(trigger, run, document, document, cancellationToken);
        }

        await runs.SettleAsync(run, outcome.Status, outcome.Detail, time.GetUtcNow(), cancellationToken);
        return true;
    }

    private static bool Matches(TriggerRow trigger, ExecutionRow ended) => ended.CompletedAt is { } at && Matches(
        trigger,
        new EndedExecution(ended.Id, ended.Organization, ended.WorkflowId, at, ended.Status, ended.TriggerType, ended.Labels));

    internal static bool Matches(TriggerRow trigger, EndedExecution ended)
    {
        var rule = trigger.Definition.After!;
        return ended.Organization == trigger.Organization && ended.WorkflowId == rule.WorkflowId && ended.TriggerType != "subflow"
            && ended.CompletedAt >= trigger.ActiveSince
            && (rule.Statuses.Count == 0 || rule.Statuses.Contains(ended.Status))
            && HasLabels(ended.Labels, rule.Labels);
    }

    private static bool HasLabels(string json, IReadOnlyDictionary<string, string> wanted)
    {
        if (wanted.Count == 0)
        {
            return true;
        }

        var labels = JsonSerializer.Deserialize(json, Core.Executions.ExecutionJson.Default.IReadOnlyDictionaryStringString)!;
        return wanted.All(label => labels.TryGetValue(label.Key, out var value) && value == label.Value);
    }
}
