using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Periplon.Api.Executions;
using Periplon.Api.Server;
using Periplon.Api.Workflows;

namespace Periplon.Api;

/// <summary>Source-generated JSON of everything the API reads and writes.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(ApiProblem))]
[JsonSerializable(typeof(WorkflowPage))]
[JsonSerializable(typeof(WorkflowCreated))]
[JsonSerializable(typeof(WorkflowUpdated))]
[JsonSerializable(typeof(WorkflowVersions))]
[JsonSerializable(typeof(ValidationObject))]
[JsonSerializable(typeof(SaveWorkflowRequest))]
[JsonSerializable(typeof(ExecutionPage))]
[JsonSerializable(typeof(ExecutionStarted))]
[JsonSerializable(typeof(ExecutionControlled))]
[JsonSerializable(typeof(ExecutionCancelled))]
[JsonSerializable(typeof(StartExecutionRequest))]
[JsonSerializable(typeof(ControlExecutionRequest))]
[JsonSerializable(typeof(SignalExecutionRequest))]
[JsonSerializable(typeof(ExecutionSignalled))]
[JsonSerializable(typeof(DecideExecutionRequest))]
[JsonSerializable(typeof(ExecutionDecided))]
[JsonSerializable(typeof(ApprovalList))]
[JsonSerializable(typeof(TaskList))]
[JsonSerializable(typeof(EventPage))]
[JsonSerializable(typeof(LogPage))]
[JsonSerializable(typeof(WhyObject))]
[JsonSerializable(typeof(GraphObject))]
[JsonSerializable(typeof(HealthObject))]
[JsonSerializable(typeof(ReadyObject))]
[JsonSerializable(typeof(LiveObject))]
[JsonSerializable(typeof(VersionObject))]
[JsonSerializable(typeof(StatsObject))]
[JsonSerializable(typeof(QueueObject))]
[JsonSerializable(typeof(string))]
internal sealed partial class ApiJson : JsonSerializerContext;

/// <summary>The same for answers: quotes and letters of any language stay readable. No answer is ever taken for HTML.</summary>
internal static class ApiAnswers
{
    public static ApiJson Json { get; } = new(
        new JsonSerializerOptions(ApiJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

/// <summary>Times are RFC 3339 in UTC, with a Z.</summary>
internal sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime);
}
