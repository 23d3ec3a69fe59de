using System.Text.Json;
using Periplon.Core.Executions;

namespace Periplon.Torture.Checks;

/// <summary>An execution as the database holds it: its row, and its journal.</summary>
internal sealed class StoredExecution
{
    public required Guid Id { get; init; }

    public required string Workflow { get; init; }

    public required string Status { get; init; }

    /// <summary>The number that its start carried as a label; null for children.</summary>
    public int? Number { get; init; }

    public string? Result { get; init; }

    public DateTimeOffset? NextWakeAt { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>Its events in the order in which they were recorded.</summary>
    public List<ExecutionEvent> Events { get; } = [];

    public bool HasEnded => Status is "completed" or "failed" or "cancelled" or "timed_out";

    /// <summary>When a task's outcome was recorded for good, or its execution ended without; null while neither has happened.</summary>
    public DateTimeOffset? SettledAt(string task) =>
        (Events.OfType<TaskEvent>().LastOrDefault(
            happened => happened.Task == task && happened is (TaskCompleted or TaskFailed { Final: true } or TaskCancelled or TaskSkipped))
        ?? (ExecutionEvent?)Events.OfType<ExecutionFinished>().FirstOrDefault())?.At;

    /// <summary>The recorded history, one line for each event.</summary>
    public IEnumerable<string> Lines() => Events.Select(happened =>
        $"{happened.At:HH:mm:ss.fff} {JsonSerializer.Serialize(happened, ExecutionJson.Default.ExecutionEvent)}");

    public static int? NumberIn(string labels)
    {
        using var document = JsonDocument.Parse(labels);
        return document.RootElement.TryGetProperty("torture", out var number) && int.TryParse(number.GetString(), out var value)
            ? value
            : null;
    }
}
