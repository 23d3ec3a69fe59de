using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Triggers;

/// <summary>What a delivery is answered with.</summary>
internal enum WebhookStatus
{
    /// <summary>There is no such trigger, or the signature is wrong: nobody is told which.</summary>
    Unauthorized,
    /// <summary>The trigger is paused.</summary>
    Paused,
    /// <summary>An execution was started or executions were signalled.</summary>
    Accepted,
    /// <summary>The same delivery was accepted before.</summary>
    Repeated,
    /// <summary>The delivery is good and nothing was done; the detail says why.</summary>
    Refused,
}

/// <summary>What became of a delivery.</summary>
internal sealed record WebhookResult(WebhookStatus Status, TriggerRun? Run = null, string? Detail = null);

/// <summary>Takes deliveries of webhook triggers: checks the signature, then starts or signals once for each delivery.</summary>
internal sealed class WebhookTriggers(
    TriggerStore triggers, TriggerRunStore runs, TriggerStarter starter, TriggerSignals signals, TimeProvider time)
{
    // An unknown trigger costs the same check as a known one, so that its answer takes as long.
    private static readonly SignatureRule _anyRule = new();

    public async Task<WebhookResult> ReceiveAsync(Guid id, WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var found = await triggers.FindWebhookAsync(id, cancellationToken);
        var rule = found?.Row.Definition.Signature ?? _anyRule;
        var isValid = WebhookSignature.Verify(rule, found?.Secrets.ValidAt(now) ?? ["none"], delivery, now);
        if (found is not { Row: var trigger } || !isValid)
        {
            return new(WebhookStatus.Unauthorized);
        }

        if (trigger.IsPaused)
        {
            return new(WebhookStatus.Paused, Detail: $"Trigger '{trigger.Name}' is paused");
        }

        var document = delivery.ToDocument();
        var (run, _) = await runs.ClaimAsync(
            new TriggerRun
            {
                TriggerId = trigger.Id,
                Source = delivery.KeyOf(rule.Scheme, document),
                Organization = trigger.Organization,
                Fingerprint = delivery.FingerprintOf(rule.Scheme),
                ExecutionId = trigger.Definition.WorkflowId is null ? null : ExecutionIds.New(time),
                CreatedAt = now,
                UpdatedAt = now,
            },
            cancellationToken);
        if (run.Status is TriggerRunStatus.Started or TriggerRunStatus.Signalled)
        {
            return new(WebhookStatus.Repeated, run, run.Detail);
        }

        // Not taken on, or refused before: what stood in the way may have been mended, and the sender tries again.
        var outcome = await ActAsync(trigger, run, document, cancellationToken);
        await runs.SettleAsync(run, outcome.Status, outcome.Detail, time.GetUtcNow(), cancellationToken);
        return new(
            outcome.Status is TriggerRunStatus.Refused ? WebhookStatus.Refused : WebhookStatus.Accepted,
            run with { Status = outcome.Status, Detail = outcome.Detail }, outcome.Detail);
    }

    private Task<TriggerOutcome> ActAsync(TriggerRow trigger, TriggerRun run, JsonElement document, CancellationToken cancellationToken)
    {
        if (trigger.Definition.Signal is not null)
        {
            return signals.SendAsync(trigger, run, document, cancellationToken);
        }

        return run.ExecutionId is null
            ? Task.FromResult(TriggerStarter.Refused("The trigger only signalled when this was first delivered; send it under another id"))
            : starter.StartAsync(trigger, run, document, document.GetProperty("body"), cancellationToken);
    }
}
