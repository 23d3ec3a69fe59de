using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Validation;

/// <summary>What the process that is to run workflows has.</summary>
public sealed record RunnableOptions
{
    /// <summary>Whether a script of answers stands in for every model provider. Default: false.</summary>
    public bool HasModelScript { get; init; }
}

/// <summary>
/// Refuses workflows that need a part of the language which this version loads but does not run, so that none is run by halves.
/// </summary>
public static class RunnableCheck
{
    /// <summary>Lists everything that keeps a workflow from being started.</summary>
    /// <param name="workflow">A workflow without validation errors.</param>
    /// <param name="options">What there is to run it with; null means the defaults.</param>
    /// <returns>One error for each construct, in the order of the file; empty when the workflow can run.</returns>
    public static IReadOnlyList<Diagnostic> Check(WorkflowDefinition workflow, RunnableOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        var models = new RunnableModels(workflow, options ?? new RunnableOptions());
        var report = new ValidationReport(workflow.Source);
        var tree = TaskTree.Of(workflow, report);
        CheckWorkflow(report, workflow, models);
        foreach (var node in tree.Nodes)
        {
            CheckTask(report, workflow, node, models);
        }

        return report.InFileOrder();
    }

    private static void CheckWorkflow(ValidationReport report, WorkflowDefinition workflow, RunnableModels models)
    {
        const string What = "The workflow";
        CheckChannels(
            report,
            workflow.Notifications?.DefaultChannels,
            ValidationCodes.WorkflowNotificationNotRun,
            "notifications.default_channels",
            What,
            "notifications");
        CheckOnError(report, workflow.Defaults?.OnError, "defaults.on_error", "The default of tasks", models);
    }

    private static void CheckTask(ValidationReport report, WorkflowDefinition workflow, TaskNode node, RunnableModels models)
    {
        var task = node.Task;
        Need(task.McpTool is not null, ValidationCodes.McpToolNotRun, "mcp_tool", "mcp_tool");
        if (task.Llm is { } llm)
        {
            RefuseModel(report, models.ProblemOf(llm), ValidationCodes.LlmProviderNotRun, $"{node.Path}.llm.provider", What(node), "llm");
        }

        if (AgentOf(workflow, node) is { } agent)
        {
            RefuseModel(
                report,
                models.ProblemOf(agent, node.Realm),
                ValidationCodes.AgentNotRun,
                $"{node.Path}.agent",
                What(node),
                $"agent '{agent}'");
        }

        CheckChannels(
            report,
            task.OnComplete?.Channels,
            ValidationCodes.TaskNotificationNotRun,
            $"{node.Path}.on_complete.notify.channels",
            What(node),
            "on_complete.notify");
        CheckOnError(report, task.OnError, $"{node.Path}.on_error", What(node), models, node.Realm);

        void Need(bool isNeeded, string code, string field, string construct)
        {
            if (isNeeded)
            {
                Refuse(report, true, code, $"{node.Path}.{field}", $"Task '{node.FullId}'", construct);
            }
        }
    }

    private static string What(TaskNode node) => $"Task '{node.FullId}'";

    // A task that names nothing to execute takes the default agent: that of the file its subflow was fetched from, or the workflow's.
    private static string? AgentOf(WorkflowDefinition workflow, TaskNode node) =>
        node.Task.Agent ?? (node.Task is { Kind: TaskKind.None, Subtasks.Count: 0 }
            ? (node.Realm.Subflow?.File?.Defaults ?? workflow.Defaults)?.Agent
            : null);

    private static void CheckOnError(
        ValidationReport report,
        ErrorHandlingDefinition? onError,
        string path,
        string what,
        RunnableModels models,
        TaskRealm? realm = null)
    {
        if (onError?.FallbackAgent is { } agent)
        {
            RefuseModel(
                report,
                models.ProblemOf(agent, realm),
                ValidationCodes.FallbackAgentNotRun,
                $"{path}.fallback_agent",
                what,
                $"on_error.fallback_agent '{agent}'");
        }

        CheckChannels(
            report,
            onError?.Notify?.Channels,
            ValidationCodes.TaskNotificationNotRun,
            $"{path}.notify.channels",
            what,
            "on_error.notify");
    }

    // Console and files are run; whatever else would have to be dropped is refused before the start.
    private static void CheckChannels(
        ValidationReport report, IReadOnlyList<NotificationChannel>? channels, string code, string path, string what, string construct)
    {
        for (var i = 0; i < (channels?.Count ?? 0); i++)
        {
            Refuse(
                report,
                channels![i] is not (NotificationChannel.Console or NotificationChannel.File),
                code,
                $"{path}[{i}]",
                what,
                $"{construct} through {WordOf(channels[i])} (only 'console' and 'file' run)");
        }
    }

    private static string WordOf(NotificationChannel channel) =>
        channel is NotificationChannel.PagerDuty ? "'pager_duty'" : $"'{channel.GetType().Name.ToLowerInvariant()}'";

    private static void RefuseModel(ValidationReport report, string? problem, string code, string path, string what, string construct)
    {
        if (problem is not null)
        {
            report.Error(
                code, path, $"{what} needs {construct} with {problem}.",
                "Start it with a script of answers (--ai-script FILE, or ai.script), or use the provider 'echo'.");
        }
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
