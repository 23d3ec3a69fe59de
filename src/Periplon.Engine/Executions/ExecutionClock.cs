namespace Periplon.Engine.Executions;

/// <summary>
/// The time of one execution. It is the wall clock's, but never earlier than its last event plus what has passed since by a clock that does
/// not jump: a wall clock that is set back holds up no timer, and the times of a history never run backwards.
/// </summary>
internal sealed class ExecutionClock(TimeProvider time, DateTimeOffset lastEventAt)
{
    private readonly Lock _gate = new();
    private DateTimeOffset _floor = lastEventAt;
    private long _since = time.GetTimestamp();

    /// <summary>The time now.</summary>
    public DateTimeOffset Now
    {
        get
        {
            lock (_gate)
            {
                var wall = time.GetUtcNow();
                var earliest = _floor + time.GetElapsedTime(_since);
                return wall > earliest ? wall : earliest;
            }
        }
    }

    /// <summary>Events with this time were recorded.</summary>
    public void OnRecorded(DateTimeOffset at)
    {
        lock (_gate)
        {
            // What passed between the decision and now counts already.
            var earliest = _floor + time.GetElapsedTime(_since);
            (_floor, _since) = (at > earliest ? at : earliest, time.GetTimestamp());
        }
    }
}
