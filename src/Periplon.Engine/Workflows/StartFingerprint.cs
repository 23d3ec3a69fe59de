using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Periplon.Client.Workflows;

namespace Periplon.Engine.Workflows;

/// <summary>
/// SHA-256 of what a start asks for, before defaults are filled in: the same request again has the same one, whatever became of the
/// workflow meanwhile. The order of members and labels does not count. Who asks does not either: a key belongs to the organization.
/// </summary>
internal static class StartFingerprint
{
    public static string Of(Guid workflowId, StartExecution request, IReadOnlyDictionary<string, JsonElement> inputs)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            writer.WriteStringValue(workflowId);
            writer.WriteNumberValue(request.Revision);
            writer.WriteNumberValue(request.Priority);
            writer.WriteStringValue(request.TriggerType);
            writer.WriteStringValue(request.ParentExecutionId?.ToString("D"));
            WriteMembers(writer, inputs);
            writer.WriteStartObject();
            var labels = request.Labels ?? new Dictionary<string, string>();
            foreach (var (key, value) in labels.OrderBy(label => label.Key, StringComparer.Ordinal))
            {
                writer.WriteString(key, value);
            }

            writer.WriteEndObject();
            writer.WriteEndArray();
        }

        return Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan));
    }

    /// <summary>The same of a request to retry.</summary>
    public static string OfRetry(Guid workflowId, RetryExecution request, IReadOnlyDictionary<string, JsonElement> inputs)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            writer.WriteStringValue("retry");
            writer.WriteStringValue(workflowId);
            writer.WriteStringValue(request.RetryOf);
            writer.WriteStringValue(request.FromTask);
            writer.WriteBooleanValue(request.FromStart);
            writer.WriteNumberValue(request.Revision);
            WriteMembers(writer, inputs);
            writer.WriteEndArray();
        }

        return Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan));
    }

    private static void WriteMembers(Utf8JsonWriter writer, IEnumerable<KeyValuePair<string, JsonElement>> members)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in members.OrderBy(member => member.Key, StringComparer.Ordinal))
        {
            writer.WritePropertyName(name);
            Write(writer, value);
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteMembers(writer, value.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, member.Value)));
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
