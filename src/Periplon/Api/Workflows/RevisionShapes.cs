using System.Text.Json;
using System.Text.Json.Serialization;
using Periplon.Client.Workflows;

namespace Periplon.Api.Workflows;

/// <summary>What a revision means for the executions that are under way.</summary>
internal sealed record ImpactObject(
    Guid WorkflowId, int? Revision, long Live, IReadOnlyList<RevisionCount> ByRevision, int Checked, int CanMigrate, int CannotMigrate,
    bool Sampled, IReadOnlyList<ObstacleObject> Reasons)
{
    public static ImpactObject From(Guid workflowId, ImpactReport report)
    {
        var others = report.Live.Where(each => each.Key != report.Revision).Sum(each => each.Value);
        return new(
            workflowId, report.Revision == 0 ? null : report.Revision, report.Live.Values.Sum(),
            [.. report.Live.OrderBy(each => each.Key).Select(each => new RevisionCount(each.Key, each.Value))],
            report.Checked, report.CanMigrate, report.Checked - report.CanMigrate, others > report.Checked,
            [.. report.Obstacles.Select(ObstacleObject.From)]);
    }
}

/// <summary>How many executions under way are pinned to a revision.</summary>
internal sealed record RevisionCount(int Revision, long Live);

/// <summary>Why executions cannot be moved, how many, and some of them.</summary>
internal sealed record ObstacleObject(string Reason, string Message, string? Task, int Count, IReadOnlyList<Guid> Executions)
{
    public static ObstacleObject From(MigrationObstacle obstacle) =>
        new(obstacle.Reason, obstacle.Message, obstacle.Task, obstacle.Count, obstacle.Executions);
}

/// <summary>The body of a migration.</summary>
internal sealed record MigrateExecutionsRequest
{
    /// <summary>The revision; left out, the newest.</summary>
    public int? ToRevision { get; init; }
    /// <summary>Only executions of this revision.</summary>
    public int? FromRevision { get; init; }
    /// <summary>Only these executions.</summary>
    public IReadOnlyList<string>? Executions { get; init; }
    /// <summary>Whether they are only checked.</summary>
    public bool? DryRun { get; init; }
    /// <summary>The next_after of the answer before.</summary>
    public string? After { get; init; }

    /// <summary>Fields that are not known; they are refused by name.</summary>
    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>What became of a migration; next_after is where the next call goes on.</summary>
internal sealed record MigrationObject(
    Guid WorkflowId, int ToRevision, bool DryRun, IReadOnlyList<Guid> Migrated, int Unchanged, int Refused,
    IReadOnlyList<ObstacleObject> Reasons, Guid? NextAfter);

/// <summary>Source-generated JSON of impact reports and migrations.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(ImpactObject))]
[JsonSerializable(typeof(MigrateExecutionsRequest))]
[JsonSerializable(typeof(MigrationObject))]
internal sealed partial class RevisionJson : JsonSerializerContext;
