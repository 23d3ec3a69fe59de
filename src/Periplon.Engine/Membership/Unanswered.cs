using Orleans.Runtime;
using Polly;

namespace Periplon.Engine.Membership;

/// <summary>Tells whether a grain call ended without an answer of the grain, so that its outcome is unknown.</summary>
internal static class Unanswered
{
    /// <summary>
    /// By a time-out, a silo that is gone, a grain for which no place was found in time, or one that the runtime could not bring to life
    /// (Orleans throws its plain exception, for instance while a place on a silo is given that was just declared dead).
    /// </summary>
    public static bool Is(Exception exception) =>
        exception is TimeoutException or SiloUnavailableException or OrleansMessageRejectionException or ExecutionRejectedException
        || exception.GetType() == typeof(OrleansException);
}
