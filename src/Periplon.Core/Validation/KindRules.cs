using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>What a task executes: exactly one thing, and all of it.</summary>
internal static class KindRules
{
    internal static void Check(ValidationContext context)
    {
        foreach (var node in context.Tree.Nodes)
        {
            var kinds = KindsOf(node.Task);
            CheckExclusive(context, node, kinds);
            CheckPresent(context, node, kinds);
            CheckScript(context, node);
            CheckMcpServer(context, node);
        }
    }

    // The reference does not count llm and uses_workflow here, and knows nothing of the later kinds. A task executes one thing
    // (design §8), so all of them count. uses_workflow has a code of its own.
    private static void CheckExclusive(ValidationContext context, TaskNode node, List<string> kinds)
    {
        if (kinds.Count < 2)
        {
            return;
        }

        const string Hint = "Keep one of them, and put the others into tasks of their own.";
        var list = string.Join(", ", kinds);
        if (node.Task.UsesWorkflow is not null)
        {
            context.Report.Add(
                node.Realm.Severity,
                node.IsTopLevel ? ValidationCodes.GroupWorkflowNotAlone : ValidationCodes.SubtaskGroupWorkflowNotAlone,
                $"{node.Path}.uses_workflow",
                $"Task '{node.FullId}' says uses_workflow together with another execution type: {list}.",
                Hint);
        }

        if (kinds.Count(kind => kind != "uses_workflow") > 1)
        {
            context.Report.Add(
                node.Realm.Severity,
                node.IsTopLevel ? ValidationCodes.SeveralKinds : ValidationCodes.SubtaskSeveralKinds,
                LastInFile(context, node, kinds),
                $"Task '{node.FullId}' has {kinds.Count} execution types: {list}; a task has one.",
                Hint);
        }
    }

    /// <summary>Path of the execution type that was written last: the one that is too many.</summary>
    private static string LastInFile(ValidationContext context, TaskNode node, List<string> kinds) =>
        kinds.Where(kind => kind != "uses_workflow")
            .Select(kind => $"{node.Path}.{kind}")
            .OrderBy(path => context.Workflow.Source.Find(path).Line)
            .ThenBy(path => context.Workflow.Source.Find(path).Column)
            .Last();

    private static void CheckPresent(ValidationContext context, TaskNode node, List<string> kinds)
    {
        var task = node.Task;
        if (kinds.Count > 0 || task.Subtasks.Count > 0 || task.Loop is not null || context.Workflow.Defaults?.Agent is not null)
        {
            return;
        }

        const string Hint = "Give it an agent, script, command, http, llm or another execution type, or subtasks.";
        var message = $"Task '{node.FullId}' has nothing to execute.";
        if (node.IsMainTopLevel)
        {
            context.Report.Error(ValidationCodes.NoKind, node.Path, message, Hint);
        }
        else if (node.Realm.Kind is not TaskRealmKind.Stages && !InheritsAgent(node) && !context.Workflow.Tasks.ContainsKey(task.Id))
        {
            // Stage tasks are left out: the agents of their stage execute them. A name alone may mean a top-level task.
            context.Report.Warning(ValidationCodes.SubtaskNoKind, node.Path, message, Hint);
        }
    }

    private static bool InheritsAgent(TaskNode node)
    {
        for (var parent = node.Parent; parent is not null; parent = parent.Parent)
        {
            if (parent.Task.Agent is not null)
            {
                return true;
            }
        }

        return false;
    }

    private static void CheckScript(ValidationContext context, TaskNode node)
    {
        if (node.Task.Script is { } script && script.Content is null && string.IsNullOrWhiteSpace(script.File))
        {
            context.Report.Error(
                ValidationCodes.ScriptWithoutSource,
                $"{node.Path}.script",
                $"The script of task '{node.FullId}' has neither 'content' nor 'file'.",
                "Write the source under 'content', or name a file that holds it.");
        }
    }

    private static void CheckMcpServer(ValidationContext context, TaskNode node)
    {
        if (node.Task.McpTool is { } tool && !context.Workflow.McpServers.ContainsKey(tool.Server))
        {
            context.Report.Warning(
                ValidationCodes.McpServerUnknown,
                $"{node.Path}.mcp_tool.server",
                $"Task '{node.FullId}' calls the MCP server '{tool.Server}', which is not declared.",
                context.Hint(tool.Server, context.Workflow.McpServers, "MCP servers"));
        }
    }

    /// <summary>The keys of all execution types that the task gives.</summary>
    private static List<string> KindsOf(TaskDefinition task)
    {
        List<string> kinds = [];
        Add(task.Agent, "agent");
        Add(task.Script, "script");
        Add(task.Command, "command");
        Add(task.Llm, "llm");
        Add(task.Http, "http");
        Add(task.McpTool, "mcp_tool");
        Add(task.Subflow, "subflow");
        Add(task.Uses, "uses");
        Add(task.Embed, "embed");
        Add(task.UsesWorkflow, "uses_workflow");
        Add(task.Switch, "switch");
        Add(task.Sleep, "sleep");
        Add(task.WaitFor, "wait_for");
        Add(task.Approval, "approval");
        return kinds;

        void Add(object? value, string key)
        {
            if (value is not null)
            {
                kinds.Add(key);
            }
        }
    }
}
