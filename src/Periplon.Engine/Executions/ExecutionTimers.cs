namespace Periplon.Engine.Executions;

/// <summary>
/// How long a timer of an execution runs. Timers count another clock in whole milliseconds, so one may fire before its time, and none
/// reaches further than some weeks: whoever sets one looks at the execution again when it fires, and sets the next.
/// </summary>
internal static class ExecutionTimers
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>The time until a point in time, or a part of it.</summary>
    public static TimeSpan Until(DateTimeOffset at, DateTimeOffset now)
    {
        var due = at - now;
        return due <= TimeSpan.Zero ? TimeSpan.Zero
            : due >= Longest ? Longest
            : TimeSpan.FromMilliseconds(Math.Ceiling(due.TotalMilliseconds));
    }
}
