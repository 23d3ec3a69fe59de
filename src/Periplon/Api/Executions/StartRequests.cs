using Periplon.Api.Requests;
using Periplon.Core.Names;
using Periplon.Engine.Executions;

namespace Periplon.Api.Executions;

/// <summary>A start request whose fields are in order.</summary>
internal sealed record CheckedStart(
    Guid? WorkflowId, string? WorkflowName, ReadOnlyMemory<byte> Inputs, string TriggerType, int Priority, Guid? ParentExecutionId,
    IReadOnlyDictionary<string, string>? Labels);

/// <summary>Reads the body of a start and names every mistake in it.</summary>
internal static class StartRequests
{
    private const int MaxLabels = 32;
    private const int MaxLabelKey = 128;
    private const int MaxLabelValue = 512;
    private const int MaxTriggerType = 64;

    public static CheckedStart Read(RequestBody body)
    {
        var request = body.ReadJson(ApiJson.Default.StartExecutionRequest);
        var fields = new QueryReader();
        foreach (var name in request.Unknown?.Keys ?? Enumerable.Empty<string>())
        {
            fields.Refuse(name, "is not known; allowed are workflow_id, workflow, input_params, inputs, trigger_type, priority, "
                + "parent_execution_id, labels");
        }

        if (string.IsNullOrEmpty(request.WorkflowId) == string.IsNullOrEmpty(request.Workflow))
        {
            fields.Refuse("workflow_id", "give either workflow_id or workflow (the name), and not both");
        }

        if (request is { InputParams: not null, Inputs: not null })
        {
            fields.Refuse("inputs", "is the same as input_params; give one of them");
        }

        if (request.TriggerType is { } trigger && (string.IsNullOrWhiteSpace(trigger) || trigger.Length > MaxTriggerType))
        {
            fields.Refuse("trigger_type", $"must have 1 to {MaxTriggerType} characters");
        }
        else if (request.TriggerType?.Any(char.IsControl) is true)
        {
            fields.Refuse("trigger_type", "must hold no control characters");
        }
        else if (TriggerTypes.Reserved.Contains(request.TriggerType, StringComparer.OrdinalIgnoreCase))
        {
            fields.Refuse(
                "trigger_type",
                $"'{request.TriggerType}' is a word of the engine's own, as are {string.Join(", ", TriggerTypes.Reserved)}; choose another");
        }

        if (request.Workflow?.Any(char.IsControl) is true)
        {
            fields.Refuse("workflow", "must hold no control characters");
        }

        var start = new CheckedStart(
            fields.Id("workflow_id", request.WorkflowId),
            request.Workflow,
            ReadInputs(request, fields),
            request.TriggerType ?? "manual",
            request.Priority ?? 0,
            fields.Id("parent_execution_id", request.ParentExecutionId),
            request.Labels);
        CheckLabels(request.Labels, fields);
        fields.ThrowIfRefused();
        return start;
    }

    private static ReadOnlyMemory<byte> ReadInputs(StartExecutionRequest request, QueryReader fields)
    {
        var (name, json) = request.InputParams is { } old ? ("input_params", old) : ("inputs", request.Inputs.GetValueOrDefault());
        if (json.Utf8.IsEmpty || json.Utf8.Span[0] == (byte)'{')
        {
            return json.Utf8;
        }

        fields.Refuse(name, "must be a JSON object of input values");
        return default;
    }

    private static void CheckLabels(Dictionary<string, string>? labels, QueryReader fields)
    {
        if (labels?.Count > MaxLabels)
        {
            fields.Refuse("labels", $"has {labels.Count} entries; at most {MaxLabels} are allowed");
        }

        foreach (var (key, value) in labels ?? [])
        {
            // The list's filter reads key:value, so a colon in the key could never be found.
            if (key.Length is 0 or > MaxLabelKey || key.Contains(':', StringComparison.Ordinal))
            {
                fields.Refuse("labels", $"'{key}' is not a label's key; it has 1 to {MaxLabelKey} characters and no colon");
            }

            if (!LabelCharacters.FitKey(key))
            {
                fields.Refuse("labels", $"'{LabelCharacters.Show(key)}' is not a label's key; it holds no control characters");
            }

            if (value is not null && !LabelCharacters.FitValue(value))
            {
                fields.Refuse($"labels.{LabelCharacters.Show(key)}", "must hold no control characters but tabs and line breaks");
            }

            if (value is not { Length: <= MaxLabelValue })
            {
                fields.Refuse($"labels.{key}", $"must be a text of at most {MaxLabelValue} characters");
            }
        }
    }
}
