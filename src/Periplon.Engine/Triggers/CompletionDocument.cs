using System.Buffers;
using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Triggers;

/// <summary>What the paths of a completion trigger look into: the execution that ended.</summary>
internal static class CompletionDocument
{
    public static JsonElement Of(ExecutionRow row)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("execution_id", row.Id);
            writer.WriteString("workflow_id", row.WorkflowId);
            writer.WriteString("workflow_name", row.WorkflowName);
            writer.WriteString("workflow_version", row.WorkflowVersion);
            writer.WriteString("status", row.Status.ToWord());
            writer.WriteString("error", row.Error);
            writer.WriteString("trigger_type", row.TriggerType);
            writer.WriteString("triggered_by", row.TriggeredBy);
            writer.WriteString("created_at", row.CreatedAt.UtcDateTime);
            writer.WriteString("completed_at", row.CompletedAt!.Value.UtcDateTime);
            WriteRaw(writer, "outputs", row.Result ?? "{}");
            WriteRaw(writer, "inputs", row.Inputs);
            WriteRaw(writer, "labels", row.Labels);
            writer.WriteEndObject();
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static void WriteRaw(Utf8JsonWriter writer, string name, string json)
    {
        writer.WritePropertyName(name);
        writer.WriteRawValue(json);
    }
}
