namespace Periplon.Engine.Queue;

/// <summary>
/// Executions that could not be looked at. Each is tried again by itself, however far away its time is: soon at first, because it may only
/// be that its silo has just died, and after pauses that double.
/// </summary>
internal sealed class FailedLooks
{
    /// <summary>Before the second try.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);

    /// <summary>No pause is longer.</summary>
    public static readonly TimeSpan LongestPause = Executions.ExecutionRows.SafetyInterval;

    private readonly Dictionary<Guid, (DateTimeOffset At, TimeSpan Pause)> _looks = [];

    /// <summary>When the first of them is to be tried again; null when there is none.</summary>
    public DateTimeOffset? NextAt => _looks.Count == 0 ? null : _looks.Values.Min(static look => look.At);

    /// <summary>Takes note of a failure; returns when the execution is tried again.</summary>
    public DateTimeOffset Add(Guid execution, DateTimeOffset now)
    {
        var pause = _looks.TryGetValue(execution, out var before) ? before.Pause * 2 : FirstPause;
        pause = pause < LongestPause ? pause : LongestPause;
        _looks[execution] = (now + pause, pause);
        return now + pause;
    }

    /// <summary>The execution has answered.</summary>
    public void Remove(Guid execution) => _looks.Remove(execution);

    /// <summary>Whose pause is over.</summary>
    public IReadOnlyList<Guid> Due(DateTimeOffset now) => [.. _looks.Where(look => look.Value.At <= now).Select(look => look.Key)];

    /// <summary>All are looked at anyway.</summary>
    public void Clear() => _looks.Clear();
}
