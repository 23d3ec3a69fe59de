using Periplon.Api.Requests;
using Periplon.Core.Names;
using Periplon.Core.Templates;
using Periplon.Engine.Bulk;
using Periplon.Engine.Storage;

namespace Periplon.Api.Bulk;

/// <summary>Reads the body of a bulk action, and names every mistake in it.</summary>
internal sealed class BulkRequests(IWorkflowStore workflows)
{
    private const int MaxReason = 1024;
    private const int MaxSignal = 256;

    public async Task<(string Action, BulkRequest Request)> ReadAsync(
        BulkActionRequest body, string organization, CancellationToken cancellationToken)
    {
        var fields = new QueryReader();
        Triggers.TriggerRequests.RefuseUnknown(body.Unknown, "", "action, filter, all, reason, params, dry_run", fields);
        var action = fields.OneOf("action", body.Action, [.. BulkActions.Words]);
        if (body.Action is null or "")
        {
            fields.Refuse("action", $"is missing; it must be one of {string.Join(", ", BulkActions.Words)}");
        }

        if (body.Reason?.Length > MaxReason)
        {
            fields.Refuse("reason", $"has {body.Reason.Length} characters; at most {MaxReason} are allowed");
        }

        var filter = body.Filter ?? new BulkFilterObject();
        Triggers.TriggerRequests.RefuseUnknown(
            filter.Unknown, "filter.", "workflow_id, workflow, status, triggered_by, parent_execution_id, labels, created_after, "
            + "created_before", fields);
        if (IsEmpty(filter) != (body.All is true))
        {
            fields.Refuse("filter", body.All is true
                ? "is given together with all; leave out one of them"
                : "names nothing; name what is meant, or say all: true for all executions");
        }

        var statuses = fields.Statuses("filter.status", filter.Status is { } words ? string.Join(',', words) : null);
        var request = new BulkRequest
        {
            WorkflowId = await FindWorkflowAsync(filter, organization, fields, cancellationToken),
            Statuses = statuses.Count > 0 || action is null ? [.. statuses.Distinct()] : BulkActions.StatusesOf(action),
            TriggeredBy = string.IsNullOrEmpty(filter.TriggeredBy) ? null : filter.TriggeredBy,
            ParentExecutionId = fields.Id("filter.parent_execution_id", filter.ParentExecutionId),
            Labels = filter.Labels ?? [],
            CreatedAfter = fields.Time("filter.created_after", filter.CreatedAfter),
            CreatedBefore = fields.Time("filter.created_before", filter.CreatedBefore),
            Signal = body.Params?.Name,
            Payload = body.Params?.Payload,
            FromTask = string.IsNullOrEmpty(body.Params?.FromTask) ? null : body.Params.FromTask,
            FromStart = body.Params?.FromStart ?? false,
            Latest = body.Params?.Revision == "latest",
        };
        CheckParams(action, body.Params, fields);
        fields.ThrowIfRefused();
        return (action!, request);
    }

    private static bool IsEmpty(BulkFilterObject filter) => filter is
    {
        WorkflowId: null or "", Workflow: null or "", Status: null or [], TriggeredBy: null or "", ParentExecutionId: null or "",
        Labels: null or { Count: 0 }, CreatedAfter: null or "", CreatedBefore: null or "",
    };

    private static void CheckParams(string? action, BulkParamsObject? given, QueryReader fields)
    {
        Triggers.TriggerRequests.RefuseUnknown(given?.Unknown, "params.", "name, payload, from_task, from_start, revision", fields);
        if (action is null)
        {
            return;
        }

        if (action is "signal")
        {
            CheckSignal(given, fields);
        }

        fields.OneOf("params.revision", given?.Revision, "same", "latest");
        if (given is { FromTask.Length: > 0, FromStart: true })
        {
            fields.Refuse("params.from_start", "contradicts from_task; give one of them");
        }

        foreach (var (name, owner, isGiven) in new[]
        {
            ("name", "signal", given?.Name is not null), ("payload", "signal", given?.Payload is not null),
            ("from_task", "retry", given?.FromTask is not null), ("from_start", "retry", given?.FromStart is not null),
            ("revision", "retry", given?.Revision is not null),
        })
        {
            if (isGiven && action != owner)
            {
                fields.Refuse($"params.{name}", $"has no meaning for {action}; it belongs to {owner}");
            }
        }
    }

    private static void CheckSignal(BulkParamsObject? given, QueryReader fields)
    {
        if (given?.Name is not { Length: > 0 and <= MaxSignal } name || name.Any(char.IsControl))
        {
            fields.Refuse("params.name", $"must have 1 to {MaxSignal} characters, none of them control characters");
        }

        if (given?.Payload is { } payload && ValueLimits.FindProblem(payload) is { } problem)
        {
            fields.Refuse("params.payload", problem);
        }
    }

    private async Task<Guid?> FindWorkflowAsync(
        BulkFilterObject filter, string organization, QueryReader fields, CancellationToken cancellationToken)
    {
        if (filter.Workflow is not { Length: > 0 } name)
        {
            return fields.Id("filter.workflow_id", filter.WorkflowId);
        }

        if (filter.WorkflowId is { Length: > 0 })
        {
            fields.Refuse("filter.workflow", "names the workflow a second time; give workflow or workflow_id");
        }

        var row = await workflows.FindByNameAsync(organization, name, cancellationToken);
        if (row is null)
        {
            fields.Refuse("filter.workflow", $"There is no workflow named '{LabelCharacters.Show(name)}'");
        }

        return row?.Id;
    }
}
