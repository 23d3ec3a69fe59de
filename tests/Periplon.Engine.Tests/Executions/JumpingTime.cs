using Microsoft.Extensions.Time.Testing;

namespace Periplon.Engine.Tests.Executions;

/// <summary>A wall clock that somebody sets, beside timers and time stamps that run on.</summary>
internal sealed class JumpingTime(DateTimeOffset start) : TimeProvider
{
    private readonly FakeTimeProvider _steady = new(start);

    /// <summary>How far the wall clock is off.</summary>
    public TimeSpan Jump { get; set; }

    public override long TimestampFrequency => _steady.TimestampFrequency;

    public void Advance(TimeSpan by) => _steady.Advance(by);

    public override DateTimeOffset GetUtcNow() => _steady.GetUtcNow() + Jump;

    public override long GetTimestamp() => _steady.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _steady.CreateTimer(callback, state, dueTime, period);
}
