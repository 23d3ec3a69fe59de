using System.Text.Json;
using Microsoft.Extensions.Logging;
using Periplon.Client.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Triggers;

/// <summary>
/// What an ended execution sets off. Each pair of trigger and execution is claimed by a row before anything is started, so that any number
/// of silos may come to it, in any order and more than once.
/// </summary>
internal sealed partial class CompletionStarts(
    TriggerRunStore runs, IExecutionQueries executions, TriggerStarter starter, TriggerPauses pauses, TimeProvider time,
    ILogger<CompletionStarts> logger)
{
    /// <summary>So many executions may follow from each other by triggers; a circle of workflows ends there.</summary>
    public const int MaxDepth = 16;

    /// <summary>
    /// Takes one ended execution on for one trigger, and starts what follows from it unless the trigger's workflow does not answer: then
    /// the run waits. True when this call dealt with it.
    /// </summary>
    public async Task<bool> HandleAsync(TriggerRow trigger, ExecutionRow ended, CancellationToken cancellationToken)
    {
        if (!Matches(trigger, ended))
        {
            return false;
        }

        var run = await ClaimAsync(trigger, ended, cancellationToken);
        if (run.Status is not TriggerRunStatus.Pending || pauses.Holds(trigger.Id, time.GetUtcNow()))
        {
            return false;
        }

        try
        {
            await FinishAsync(trigger, run, ended, cancellationToken);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogWaits(exception, trigger.Id, ended.Id);
            return false;
        }
    }

    /// <summary>Goes on with a run that was claimed and not dealt with. False when the execution that ended is gone.</summary>
    public async Task<bool> ResumeAsync(TriggerRow trigger, TriggerRun run, CancellationToken cancellationToken)
    {
        if (await executions.FindAsync(run.Organization, run.SourceExecutionId!.Value, cancellationToken) is not { } ended)
        {
            return false;
        }

        await FinishAsync(trigger, run, ended, cancellationToken);
        return true;
    }

    private async Task<TriggerRun> ClaimAsync(TriggerRow trigger, ExecutionRow ended, CancellationToken cancellationToken)
    {
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
        return run;
    }

    private async Task FinishAsync(TriggerRow trigger, TriggerRun run, ExecutionRow ended, CancellationToken cancellationToken)
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
            outcome = await AskAsync(trigger, run, document, cancellationToken);
        }

        await runs.SettleAsync(run, outcome.Status, outcome.Detail, time.GetUtcNow(), cancellationToken);
    }

    private async Task<TriggerOutcome> AskAsync(
        TriggerRow trigger, TriggerRun run, JsonElement document, CancellationToken cancellationToken)
    {
        try
        {
            var outcome = await starter.StartAsync(trigger, run, document, document, cancellationToken);
            pauses.OnAnswer(trigger.Id);
            return outcome;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            pauses.OnSilence(trigger.Id, time.GetUtcNow());
            throw;
        }
    }

    private static bool Matches(TriggerRow trigger, ExecutionRow ended) => ended.CompletedAt is { } at && Matches(
        trigger,
        new EndedExecution(ended.Id, ended.Organization, ended.WorkflowId, at, ended.Status, ended.TriggerType, ended.Labels));

    internal static bool Matches(TriggerRow trigger, EndedExecution ended)
    {
        var rule = trigger.Definition.After!;
        return ended.Organization == trigger.Organization && ended.WorkflowId == rule.WorkflowId
            && ended.TriggerType != TriggerTypes.Subflow && ended.CompletedAt >= trigger.ActiveSince
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

    [LoggerMessage(LogLevel.Warning, "What trigger {TriggerId} starts after execution {ExecutionId} was not answered; it is tried again")]
    private partial void LogWaits(Exception exception, Guid triggerId, Guid executionId);
}
