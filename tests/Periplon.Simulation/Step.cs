namespace Periplon.Simulation;

/// <summary>Something that happens next: on a silo, or outside of all of them (network, database, time).</summary>
internal readonly record struct Step(Silo? Silo, SendOrPostCallback Do, object? State);

/// <summary>When a step happens; of two at the same time the one that was asked for first.</summary>
internal readonly record struct StepOrder(long At, long Number) : IComparable<StepOrder>
{
    public int CompareTo(StepOrder other) => At != other.At ? At.CompareTo(other.At) : Number.CompareTo(other.Number);
}

/// <summary>A promise was broken.</summary>
internal sealed class ViolationException(string message) : Exception(message);
