using System.Text.Json.Serialization;

namespace Periplon.Api.Schedules;

/// <summary>Source-generated JSON of schedules.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(SchedulePage))]
[JsonSerializable(typeof(ScheduleCreated))]
[JsonSerializable(typeof(ScheduleUpdated))]
[JsonSerializable(typeof(ScheduleTriggered))]
[JsonSerializable(typeof(OccurrencePage))]
[JsonSerializable(typeof(ScheduleRunPage))]
[JsonSerializable(typeof(BackfillObject))]
[JsonSerializable(typeof(BackfillList))]
[JsonSerializable(typeof(BackfillPreview))]
[JsonSerializable(typeof(SaveScheduleRequest))]
[JsonSerializable(typeof(PreviewScheduleRequest))]
[JsonSerializable(typeof(BackfillRequest))]
internal sealed partial class ScheduleJson : JsonSerializerContext;
