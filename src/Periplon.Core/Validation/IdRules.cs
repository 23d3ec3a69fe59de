namespace Periplon.Core.Validation;

/// <summary>Ids: every one can be named, and none breaks the paths that name them.</summary>
internal static class IdRules
{
    internal static void Check(ValidationContext context)
    {
        var workflow = context.Workflow;
        foreach (var node in context.Tree.Nodes)
        {
            CheckId(context, node.Task.Id, node.Path, "task");
        }

        CheckIds(context, workflow.Agents.Keys, "agents", "agent");
        CheckIds(context, workflow.Subflows.Keys, "subflows", "subflow");
        CheckIds(context, workflow.TaskGroups.Keys, "task_groups", "task group");
        CheckIds(context, workflow.Inputs.Keys, "inputs", "input");
        CheckIds(context, workflow.Outputs.Keys, "outputs", "output");
        CheckIds(context, workflow.Secrets.Keys, "secrets", "secret");
        CheckIds(context, workflow.McpServers.Keys, "mcp_servers", "MCP server");
        CheckIds(context, workflow.Workflows.Keys, "workflows", "orchestration");
    }

    private static void CheckIds(ValidationContext context, IEnumerable<string> ids, string path, string what)
    {
        foreach (var id in ids)
        {
            CheckId(context, id, $"{path}.{id}", what);
        }
    }

    private static void CheckId(ValidationContext context, string id, string path, string what)
    {
        if (string.IsNullOrWhiteSpace(id))
        {
            context.Report.Error(
                ValidationCodes.IdEmpty, path, $"The id of this {what} is empty, so nothing can name it.", "Give it a name.");
        }
        else if (id.FirstOrDefault(BreaksPaths) is var found and not '\0')
        {
            var character = char.IsWhiteSpace(found) ? "white space" : $"'{found}'";
            context.Report.Warning(
                ValidationCodes.IdBreaksPaths,
                path,
                $"The id '{id}' of this {what} holds {character}, which paths and references give another meaning.",
                "Use letters, digits, '-' and '_'.");
        }
    }

    private static bool BreaksPaths(char c) => c is '.' or '[' or ']' or '/' || char.IsWhiteSpace(c);
}
