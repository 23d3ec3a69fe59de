using System.Text.Json;
using System.Text.Json.Serialization;

namespace Periplon.Core.Executions;

/// <summary>Encodes the events of one turn as a journal row: a JSON array in UTF-8, each event with its <c>type</c>.</summary>
public static class EventCodec
{
    /// <summary>Encodes events.</summary>
    /// <param name="events">At least one event.</param>
    public static byte[] Encode(IReadOnlyList<ExecutionEvent> events) =>
        JsonSerializer.SerializeToUtf8Bytes(events, ExecutionJson.Default.IReadOnlyListExecutionEvent);

    /// <summary>Decodes what <see cref="Encode"/> made, also by earlier versions.</summary>
    /// <param name="row">The row's bytes.</param>
    /// <exception cref="JsonException">The bytes are not a row of events.</exception>
    public static IReadOnlyList<ExecutionEvent> Decode(ReadOnlySpan<byte> row) =>
        JsonSerializer.Deserialize(row, ExecutionJson.Default.IReadOnlyListExecutionEvent)
            ?? throw new JsonException("A journal row is null");
}

/// <summary>Source-generated JSON of events and of what they hold.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowOutOfOrderMetadataProperties = true,
    // Room for a value of the greatest depth inside whatever holds it.
    MaxDepth = 128)]
[JsonSerializable(typeof(IReadOnlyList<ExecutionEvent>))]
[JsonSerializable(typeof(TaskOutcome))]
[JsonSerializable(typeof(TaskOutput))]
[JsonSerializable(typeof(IReadOnlyList<KeptTask>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, JsonElement>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(double))]
[JsonSerializable(typeof(IReadOnlyList<JsonElement>))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(bool))]
public sealed partial class ExecutionJson : JsonSerializerContext;
