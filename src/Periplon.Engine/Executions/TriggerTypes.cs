namespace Periplon.Engine.Executions;

/// <summary>The words with which lists say what started an execution.</summary>
internal static class TriggerTypes
{
    public const string Subflow = "subflow";
    public const string Schedule = "schedule";
    public const string ScheduledManual = "scheduled_manual";
    public const string ScheduleBackfill = "schedule_backfill";
    public const string Webhook = "webhook";
    public const string Completion = "completion";
    public const string Retry = "retry";

    /// <summary>What only the engine may say, because it decides by it what belongs together. Callers choose among all other
    /// words.</summary>
    public static IReadOnlyList<string> Reserved { get; } =
        [Subflow, Schedule, ScheduledManual, ScheduleBackfill, Webhook, Completion, Retry];
}
