using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Validation;

/// <summary>
/// Refuses workflows that need a part of the language which this version loads but does not run, so that none is run by halves.
/// </summary>
public static class RunnableCheck
{
    /// <summary>Lists everything that keeps a workflow from being started.</summary>
    /// <param name="workflow">A workflow without validation errors.</param>
    /// <returns>One error for each construct, in the order of the file; empty when the workflow can run.</returns>
    public static IReadOnlyList<Diagnostic> Check(WorkflowDefinition workflow)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        var report = new ValidationReport(workflow.Source);
        var tree = TaskTree.Of(workflow, report);
        CheckWorkflow(report, workflow);
        foreach (var node in tree.Nodes)
        {
            // What no task calls is never run: subflows.
            if (node.Realm.Subflow is null)
            {
                CheckTask(report, workflow, node);
            }
        }

        return report.InFileOrder();
    }

    private static void CheckWorkflow(ValidationReport report, WorkflowDefinition workflow)
    {
        const string What = "The workflow";
        Refuse(
            report,
            workflow.Notifications is { DefaultChannels.Count: > 0 },
            ValidationCodes.WorkflowNotificationNotRun,
            "notifications",
            What,
            "notifications");
        CheckOnError(report, workflow.Defaults?.OnError, "defaults.on_error", "The default of tasks");
    }

    private static void CheckTask(ValidationReport report, WorkflowDefinition workflow, TaskNode node)
    {
        var task = node.Task;
        Need(task.McpTool is not null, ValidationCodes.McpToolNotRun, "mcp_tool", "mcp_tool");
        Need(task.Subflow is not null, ValidationCodes.SubflowNotRun, "subflow", "subflow");
        Need(task.Uses is not null, ValidationCodes.UsesNotRun, "uses", "uses");
        Need(task.Embed is not null, ValidationCodes.EmbedNotRun, "embed", "embed");
        Need(task.UsesWorkflow is not null, ValidationCodes.UsesWorkflowNotRun, "uses_workflow", "uses_workflow");
        Need(task.DefinitionOfDone is not null, ValidationCodes.DefinitionOfDoneNotRun, "definition_of_done", "definition_of_done");
        Need(task.OnComplete is not null, ValidationCodes.TaskNotificationNotRun, "on_complete", "on_complete.notify");
        Need(task.Cache is not null, ValidationCodes.CacheNotRun, "cache", "cache");
        Need(
            task.Llm is { Provider: not ModelProvider.Echo },
            ValidationCodes.LlmProviderNotRun,
            "llm.provider",
            $"llm with the provider '{task.Llm?.Provider.ToString().ToLowerInvariant()}' (only 'echo' runs)");
        Need(UsesAgent(workflow, task), ValidationCodes.AgentNotRun, "agent", "agent");
        if (task.OnError is not null)
        {
            CheckOnError(report, task.OnError, $"{node.Path}.on_error", $"Task '{node.FullId}'");
        }

        void Need(bool isNeeded, string code, string field, string construct)
        {
            if (isNeeded)
            {
                Refuse(report, true, code, $"{node.Path}.{field}", $"Task '{node.FullId}'", construct);
            }
        }
    }

    // A task that names nothing to execute takes the default agent.
    private static bool UsesAgent(WorkflowDefinition workflow, TaskDefinition task) =>
        task.Agent is not null
        || (workflow.Defaults?.Agent is not null && task is { Kind: TaskKind.None, Subtasks.Count: 0 });

    private static void CheckOnError(ValidationReport report, ErrorHandlingDefinition? onError, string path, string what)
    {
        Refuse(
            report,
            onError?.FallbackAgent is not null,
            ValidationCodes.FallbackAgentNotRun,
            $"{path}.fallback_agent",
            what,
            "on_error.fallback_agent");
        Refuse(report, onError?.Notify is not null, ValidationCodes.TaskNotificationNotRun, $"{path}.notify", what, "on_error.notify");
    }

    private static void Refuse(ValidationReport report, bool isNeeded, string code, string path, string what, string construct)
    {
        if (isNeeded)
        {
            report.Error(
                code, path, $"{what} needs {construct}, which this version loads but does not run.", "Remove it to start the workflow.");
        }
    }
}
