namespace Periplon.Engine.Triggers;

/// <summary>Labels of executions that triggers have started.</summary>
internal static class TriggerLabels
{
    /// <summary>Id of the execution whose end started this one.</summary>
    public const string SourceExecutionId = "source_execution_id";

    /// <summary>The labels of the trigger and, where an execution's end started it, the id of that one.</summary>
    public static IReadOnlyDictionary<string, string>? Of(TriggerRow trigger, TriggerRun run) => run.SourceExecutionId is { } source
        ? new Dictionary<string, string>(trigger.Definition.Labels ?? new Dictionary<string, string>())
        {
            [SourceExecutionId] = source.ToString("D"),
        }
        : trigger.Definition.Labels;
}
