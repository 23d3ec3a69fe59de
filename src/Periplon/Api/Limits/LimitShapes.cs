using System.Text.Json.Serialization;

namespace Periplon.Api.Limits;

/// <summary>A page of the limits in use.</summary>
internal sealed record LimitPage(IReadOnlyList<LimitObject> Limits, string? NextAfter);

/// <summary>A limit as it stands. What only the other kind has is left out.</summary>
internal sealed record LimitObject
{
    public required string Key { get; init; }

    /// <summary><c>concurrency</c> or <c>rate</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Places, or starts in a period, as the newest asker said; null when the limit did not answer in time.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Limit { get; init; }

    /// <summary>Places that are taken.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Held { get; init; }

    /// <summary>How many wait for a place, or for the time of their start.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Waiting { get; init; }

    /// <summary>Who holds places, oldest first; the first hundred.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LimitHolderObject>? Holders { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? PeriodSecs { get; init; }

    /// <summary>Starts of the last period.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Recent { get; init; }

    /// <summary>When the next asker may start.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? NextAt { get; init; }
}

/// <summary>Who holds a place; without a task it is the execution as a whole.</summary>
internal sealed record LimitHolderObject(Guid ExecutionId, string? Task, DateTimeOffset Since);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(LimitPage))]
internal sealed partial class LimitJson : JsonSerializerContext;
