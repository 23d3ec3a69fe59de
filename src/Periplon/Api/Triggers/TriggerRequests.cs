using System.Text.Json;
using Periplon.Api.Requests;
using Periplon.Core.Executions;
using Periplon.Core.Names;
using Periplon.Engine.Storage;
using Periplon.Engine.Triggers;

namespace Periplon.Api.Triggers;

/// <summary>A request whose fields are in order.</summary>
internal sealed record CheckedTrigger(string Name, TriggerKind Kind, TriggerDefinition Definition, string? Secret);

/// <summary>Reads the body that creates or replaces a trigger, and names every mistake in it.</summary>
internal sealed class TriggerRequests(IWorkflowStore workflows)
{
    public const int MinSecret = 16;
    public const int MaxSecret = 512;

    private const int MaxName = 128;
    private const int MaxText = 2048;
    private const int MaxLabels = 32;
    private const int MaxLabelKey = 128;
    private const int MaxLabelValue = 512;
    private const int MaxTolerance = 3600;

    private static readonly string[] _webhookRoots = ["body", "headers", "query"];

    private static readonly string[] _completionRoots =
    [
        "outputs", "inputs", "labels", "status", "error", "execution_id", "workflow_id", "workflow_name", "workflow_version", "created_at",
        "completed_at", "trigger_type", "triggered_by",
    ];

    public async Task<CheckedTrigger> ReadAsync(SaveTriggerRequest request, string organization, CancellationToken cancellationToken)
    {
        var fields = new QueryReader();
        RefuseUnknown(
            request.Unknown, "",
            "name, kind, description, workflow_id, workflow, inputs, labels, priority, signal, signature, after, secret, is_paused",
            fields);
        CheckName(request, fields);
        var kind = fields.OneOf("kind", request.Kind, "webhook", "completion");
        if (request.Kind is null or "")
        {
            fields.Refuse("kind", "is missing; it must be one of webhook, completion");
        }

        var isWebhook = kind is "webhook";
        var workflowId = await FindAsync("workflow", request.WorkflowId, request.Workflow, organization, fields, cancellationToken);
        CheckLabels("labels", request.Labels, fields);
        var definition = new TriggerDefinition
        {
            Description = string.IsNullOrEmpty(request.Description) ? null : request.Description,
            WorkflowId = workflowId,
            Inputs = TriggerMappings.Read(request.Inputs, isWebhook ? _webhookRoots : _completionRoots, fields),
            Labels = request.Labels is { Count: > 0 } labels ? labels : null,
            Priority = request.Priority ?? 0,
            Signal = isWebhook && request.Signal is { } signal
                ? await ReadSignalAsync(signal, organization, fields, cancellationToken)
                : null,
            Signature = isWebhook ? ReadSignature(request.Signature, fields) : null,
            After = !isWebhook && request.After is { } after ? await ReadAfterAsync(after, organization, fields, cancellationToken) : null,
        };
        CheckParts(request, isWebhook, definition, fields);
        CheckSecret(request.Secret, fields);
        fields.ThrowIfRefused();
        return new CheckedTrigger(
            request.Name!, isWebhook ? TriggerKind.Webhook : TriggerKind.Completion, definition,
            string.IsNullOrEmpty(request.Secret) ? null : request.Secret);
    }

    public static void CheckSecret(string? secret, QueryReader fields)
    {
        if (!string.IsNullOrEmpty(secret) && (secret.Length is < MinSecret or > MaxSecret || secret.Any(char.IsControl)))
        {
            fields.Refuse("secret", $"must have {MinSecret} to {MaxSecret} characters, none of them control characters");
        }
    }

    public static void RefuseUnknown(Dictionary<string, JsonElement>? unknown, string prefix, string allowed, QueryReader fields)
    {
        foreach (var name in unknown?.Keys ?? Enumerable.Empty<string>())
        {
            fields.Refuse(prefix + name, "is not known; allowed are " + allowed);
        }
    }

    private static void CheckName(SaveTriggerRequest request, QueryReader fields)
    {
        if (string.IsNullOrWhiteSpace(request.Name) || request.Name.Length > MaxName || request.Name.Any(char.IsControl))
        {
            fields.Refuse("name", $"must have 1 to {MaxName} characters, none of them control characters");
        }

        if (request.Description?.Length > MaxText)
        {
            fields.Refuse("description", $"has {request.Description.Length} characters; at most {MaxText} are allowed");
        }
    }

    // What belongs to the other kind, or is missing from this one.
    private static void CheckParts(SaveTriggerRequest request, bool isWebhook, TriggerDefinition definition, QueryReader fields)
    {
        var namesWorkflow = request.WorkflowId is { Length: > 0 } || request.Workflow is { Length: > 0 };
        if (isWebhook)
        {
            if (namesWorkflow == request.Signal is not null)
            {
                fields.Refuse("workflow", "give either the workflow that is started or signal, and not both");
            }

            if (request.After is not null)
            {
                fields.Refuse("after", "belongs to triggers of kind completion");
            }

            if (request.Signal is not null && (request.Inputs is not null || request.Labels is not null || request.Priority is not null))
            {
                fields.Refuse("signal", "starts nothing, so that inputs, labels and priority have no meaning with it");
            }

            return;
        }

        if (request.Kind is not "completion")
        {
            return;
        }

        if (!namesWorkflow)
        {
            fields.Refuse("workflow", "is missing: the workflow that is started, by name or as workflow_id");
        }

        if (request.After is null)
        {
            fields.Refuse("after", "is missing: {workflow, statuses?, labels?} of the executions whose end is awaited");
        }

        foreach (var (name, given) in new (string, object?)[]
            { ("signal", request.Signal), ("signature", request.Signature), ("secret", request.Secret) })
        {
            if (given is not null)
            {
                fields.Refuse(name, "belongs to triggers of kind webhook");
            }
        }

        if (definition.After is { } after && definition.WorkflowId is { } started && after.WorkflowId == started)
        {
            fields.Refuse("after.workflow", "is the workflow that is started: each end would start it again");
        }
    }

    private async Task<TriggerSignal> ReadSignalAsync(
        TriggerSignalObject signal, string organization, QueryReader fields, CancellationToken cancellationToken)
    {
        RefuseUnknown(signal.Unknown, "signal.", "name, payload, execution, workflow_id, workflow, label, label_value", fields);
        if (string.IsNullOrEmpty(signal.Name) || signal.Name.Length > 256 || signal.Name.Any(char.IsControl))
        {
            fields.Refuse("signal.name", "must have 1 to 256 characters, none of them control characters");
        }

        foreach (var (name, path) in new[]
            { ("signal.payload", signal.Payload), ("signal.execution", signal.Execution), ("signal.label_value", signal.LabelValue) })
        {
            if (path is not null)
            {
                TriggerMappings.CheckPath(name, path, _webhookRoots, fields);
            }
        }

        var byLabel = signal is not { Label: null, LabelValue: null, Workflow: null, WorkflowId: null };
        if (byLabel == signal.Execution is not null)
        {
            fields.Refuse("signal", "give either execution, or workflow with label and label_value");
        }

        var workflow = byLabel
            ? await FindAsync("signal.workflow", signal.WorkflowId, signal.Workflow, organization, fields, cancellationToken)
            : null;
        if (byLabel && (string.IsNullOrEmpty(signal.Label) || signal.LabelValue is null))
        {
            fields.Refuse("signal.label", "needs label (the key) and label_value (the path to its value)");
        }

        if (byLabel && signal is { WorkflowId: null, Workflow: null })
        {
            fields.Refuse("signal.workflow", "is missing: the workflow whose live executions are signalled");
        }

        return new TriggerSignal
        {
            Name = signal.Name ?? "", Payload = signal.Payload, Execution = signal.Execution, WorkflowId = workflow, Label = signal.Label,
            LabelValue = signal.LabelValue,
        };
    }

    private static SignatureRule ReadSignature(TriggerSignatureObject? signature, QueryReader fields)
    {
        RefuseUnknown(signature?.Unknown, "signature.", "scheme, tolerance_secs", fields);
        var word = fields.OneOf("signature.scheme", signature?.Scheme, [.. SignatureSchemes.Words]) ?? "periplon";
        var tolerance = signature?.ToleranceSecs ?? 300;
        if (tolerance is < 1 or > MaxTolerance)
        {
            fields.Refuse("signature.tolerance_secs", $"'{tolerance}' is not allowed; it must be from 1 to {MaxTolerance}");
        }

        return new SignatureRule { Scheme = SignatureSchemes.Find(word) ?? default, ToleranceSecs = tolerance };
    }

    private async Task<CompletionRule?> ReadAfterAsync(
        TriggerAfterObject after, string organization, QueryReader fields, CancellationToken cancellationToken)
    {
        RefuseUnknown(after.Unknown, "after.", "workflow_id, workflow, statuses, labels", fields);
        var statuses = new List<ExecutionStatus>();
        foreach (var word in after.Statuses ?? [])
        {
            if (StatusRules.TryParse(word, out var status) && status.IsTerminal())
            {
                statuses.Add(status);
            }
            else
            {
                fields.Refuse("after.statuses", $"'{word}' is no final status; allowed are completed, failed, cancelled, timed_out");
            }
        }

        CheckLabels("after.labels", after.Labels, fields);
        var workflow = await FindAsync("after.workflow", after.WorkflowId, after.Workflow, organization, fields, cancellationToken);
        if (workflow is null && after is { WorkflowId: null, Workflow: null })
        {
            fields.Refuse("after.workflow", "is missing: the workflow whose end is awaited, by name or as workflow_id");
        }

        return workflow is { } id
            ? new CompletionRule { WorkflowId = id, Statuses = [.. statuses.Distinct()], Labels = after.Labels ?? [] }
            : null;
    }

    private async Task<Guid?> FindAsync(
        string name, string? id, string? workflow, string organization, QueryReader fields, CancellationToken cancellationToken)
    {
        if (id is { Length: > 0 })
        {
            var found = fields.Id(name + "_id", id) is { } parsed ? await workflows.FindAsync(parsed, cancellationToken) : null;
            if (Guid.TryParse(id, out _) && (found is null || found.IsDeleted || found.Organization != organization))
            {
                fields.Refuse(name + "_id", $"There is no workflow '{id}'");
                return null;
            }

            // Both may be given, as the answers of the API have them; then they have to agree.
            if (found is not null && workflow is { Length: > 0 } && found.Name != workflow)
            {
                fields.Refuse(name, $"'{workflow}' is not the name of workflow '{id}', which is '{found.Name}'; give one of them");
            }

            return found?.Id;
        }

        if (workflow is not { Length: > 0 })
        {
            return null;
        }

        var row = await workflows.FindByNameAsync(organization, workflow, cancellationToken);
        if (row is null)
        {
            fields.Refuse(name, $"There is no workflow named '{LabelCharacters.Show(workflow)}'");
        }

        return row?.Id;
    }

    private static void CheckLabels(string name, Dictionary<string, string>? labels, QueryReader fields)
    {
        if (labels?.Count > MaxLabels)
        {
            fields.Refuse(name, $"has {labels.Count} entries; at most {MaxLabels} are allowed");
        }

        foreach (var (key, value) in labels ?? [])
        {
            if (key.Length is 0 or > MaxLabelKey || key.Contains(':', StringComparison.Ordinal) || !LabelCharacters.FitKey(key))
            {
                fields.Refuse(
                    name, $"'{LabelCharacters.Show(key)}' is not a label's key; it has 1 to {MaxLabelKey} characters, no colon and no "
                    + "control characters");
            }

            if (value is not { Length: <= MaxLabelValue } || !LabelCharacters.FitValue(value))
            {
                fields.Refuse(
                    $"{name}.{LabelCharacters.Show(key)}",
                    $"must be a text of at most {MaxLabelValue} characters without control characters");
            }
        }
    }
}
