using System.Text.Json;
using Periplon.Core.Executions;

namespace Periplon.Engine.Workers;

/// <summary>Outcomes on their way from the worker to the execution.</summary>
internal static class TaskOutcomes
{
    /// <summary>The outcome as JSON. One that has no form in JSON becomes a failure that says so, because a report must never be
    /// lost.</summary>
    public static byte[] Encode(TaskOutcome outcome)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(outcome, ExecutionJson.Default.TaskOutcome);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            var failed = TaskOutcome.Failed(FailureKinds.Internal, "The attempt ended, but what it published cannot be written as JSON");
            return JsonSerializer.SerializeToUtf8Bytes(failed, ExecutionJson.Default.TaskOutcome);
        }
    }
}
