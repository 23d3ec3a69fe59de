using System.Text.Json;
using System.Text.Json.Serialization;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Bulk;

/// <summary>One action on all executions of a filter, and how far it is.</summary>
internal sealed record BulkOperation
{
    /// <summary>So many errors are kept.</summary>
    public const int MostErrors = 20;

    /// <summary>So many operations of an organization are under way at most.</summary>
    public const int MostRunning = 20;

    public required Guid Id { get; init; }
    public required string Organization { get; init; }
    /// <summary>One of <see cref="BulkActions.Words"/>.</summary>
    public required string Action { get; init; }
    public required BulkRequest Request { get; init; }
    public string? Reason { get; init; }
    public BulkStatus Status { get; init; }
    public bool CancelRequested { get; init; }
    /// <summary>How many executions matched at its start.</summary>
    public long Matched { get; init; }
    public long Done { get; init; }
    /// <summary>How many were as asked already, or had ended.</summary>
    public long Unchanged { get; init; }
    public long Failed { get; init; }
    public IReadOnlyList<BulkError> Errors { get; init; } = [];
    /// <summary>The last execution that was dealt with; newer ones come first.</summary>
    public ExecutionCursor? Cursor { get; init; }
    /// <summary>Token of whoever works on it; a write with another one changes nothing.</summary>
    public Guid? Claim { get; init; }
    /// <summary>Silo that works on it.</summary>
    public string? Owner { get; init; }
    public DateTimeOffset? LeaseUntil { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public string? CreatedBy { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>The executions it is about: those that match and existed before it.</summary>
    public ExecutionFilter Filter => Request.ToFilter(Organization, CreatedAt);

    /// <summary>The operation after some executions were dealt with, the last of which is <paramref name="cursor"/>.</summary>
    public BulkOperation With(IReadOnlyCollection<(Guid Id, BulkOutcome Outcome)> results, ExecutionCursor cursor) => this with
    {
        Done = Done + results.Count(result => result.Outcome.Kind is BulkOutcomeKind.Done),
        Unchanged = Unchanged + results.Count(result => result.Outcome.Kind is BulkOutcomeKind.Unchanged),
        Failed = Failed + results.Count(result => result.Outcome.Kind is BulkOutcomeKind.Failed),
        Errors =
        [
            .. Errors,
            .. results.Where(result => result.Outcome.Kind is BulkOutcomeKind.Failed).Take(MostErrors - Errors.Count)
                .Select(result => new BulkError(result.Id, result.Outcome.Error!)),
        ],
        Cursor = cursor,
    };
}

internal enum BulkStatus
{
    Running,
    Completed,
    Cancelled,
}

/// <summary>An execution on which the action failed, and why.</summary>
internal sealed record BulkError(Guid ExecutionId, string Error);

/// <summary>What became of the action on one execution.</summary>
internal readonly record struct BulkOutcome(BulkOutcomeKind Kind, string? Error = null)
{
    public static BulkOutcome Done => new(BulkOutcomeKind.Done);
    public static BulkOutcome Unchanged => new(BulkOutcomeKind.Unchanged);

    public static BulkOutcome Failed(string error) => new(BulkOutcomeKind.Failed, error);
}

internal enum BulkOutcomeKind
{
    Done,
    Unchanged,
    Failed,
}

/// <summary>A place in the list of operations, newest first: the last row of the page before.</summary>
internal sealed record BulkCursor(DateTimeOffset CreatedAt, Guid Id);

/// <summary>Which executions, and what the action needs to know.</summary>
internal sealed record BulkRequest
{
    public Guid? WorkflowId { get; init; }
    public IReadOnlyList<ExecutionStatus> Statuses { get; init; } = [];
    public string? TriggeredBy { get; init; }
    public Guid? ParentExecutionId { get; init; }
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
    public DateTimeOffset? CreatedAfter { get; init; }
    public DateTimeOffset? CreatedBefore { get; init; }
    /// <summary>Name of the signal.</summary>
    public string? Signal { get; init; }
    /// <summary>What the signal brings.</summary>
    public JsonElement? Payload { get; init; }
    /// <summary>Task that a retry runs again with all that depends on it.</summary>
    public string? FromTask { get; init; }
    /// <summary>Whether a retry runs everything again.</summary>
    public bool FromStart { get; init; }
    /// <summary>Whether a retry runs the newest revision rather than the same.</summary>
    public bool Latest { get; init; }

    public ExecutionFilter ToFilter(string organization, DateTimeOffset before) => new()
    {
        Organization = organization,
        WorkflowId = WorkflowId,
        Statuses = Statuses,
        TriggeredBy = TriggeredBy,
        ParentExecutionId = ParentExecutionId,
        Labels = Labels,
        CreatedAfter = CreatedAfter,
        CreatedBefore = CreatedBefore < before ? CreatedBefore : before,
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(BulkRequest))]
[JsonSerializable(typeof(IReadOnlyList<BulkError>))]
internal sealed partial class BulkJson : JsonSerializerContext;
