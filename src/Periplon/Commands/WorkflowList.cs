using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Core.Workflows;

namespace Periplon.Commands;

/// <summary>Lists the agents and tasks of a workflow.</summary>
internal static class WorkflowList
{
    /// <summary>All tasks with their dotted ids, parents before their subtasks.</summary>
    public static IEnumerable<(string Path, TaskDefinition Task)> Tasks(WorkflowDefinition workflow) =>
        workflow.Tasks.SelectMany(pair => WithSubtasks(pair.Key, pair.Value));

    public static void Write(CommandShell shell, WorkflowDefinition workflow)
    {
        if (workflow.Agents.Count > 0)
        {
            shell.WriteTable(["agent", "description", "tools"], workflow.Agents.Select(pair => (IReadOnlyList<string>)
                [pair.Key, Counted.FirstLine(pair.Value.Description), string.Join(", ", pair.Value.Tools)]));
        }

        if (workflow.Tasks.Count > 0)
        {
            shell.WriteTable(["task", "kind", "description", "depends on"], Tasks(workflow).Select(each => (IReadOnlyList<string>)
                [each.Path, KindOf(each.Task), Counted.FirstLine(each.Task.Description), string.Join(", ", each.Task.DependsOn)]));
        }
    }

    /// <summary>What a checked file holds and what was found, in the shape that programs know.</summary>
    public static JsonObject ToJson(CheckedWorkflow file, bool verbose)
    {
        var workflow = file.Workflow;
        var json = new JsonObject
        {
            ["valid"] = file.IsValid,
            ["workflow_name"] = workflow?.Name,
            ["workflow_version"] = workflow?.Version,
            ["agents_count"] = workflow?.Agents.Count ?? 0,
            ["tasks_count"] = workflow is null ? 0 : Tasks(workflow).Count(),
        };
        if (verbose && workflow is not null)
        {
            json["agents"] = AgentsToJson(workflow);
            json["tasks"] = TasksToJson(workflow);
        }

        json["diagnostics"] = DiagnosticReport.ToJson(file.Diagnostics);
        return json;
    }

    /// <summary>The word for what a task executes, such as <c>mcp_tool</c>; <c>group</c> for one that only holds others.</summary>
    public static string KindOf(TaskDefinition task) => task switch
    {
        { Kind: TaskKind.None, Subtasks.Count: > 0 } => "group",
        _ => task.Kind.ToWord(),
    };

    public static JsonArray Strings(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    private static JsonArray AgentsToJson(WorkflowDefinition workflow) => new([.. workflow.Agents.Select(pair => (JsonNode)new JsonObject
    {
        ["name"] = pair.Key, ["description"] = pair.Value.Description, ["tools"] = Strings(pair.Value.Tools),
    })]);

    private static JsonArray TasksToJson(WorkflowDefinition workflow) => new([.. Tasks(workflow).Select(each => (JsonNode)new JsonObject
    {
        ["name"] = each.Path, ["description"] = each.Task.Description, ["depends_on"] = Strings(each.Task.DependsOn),
    })]);

    private static IEnumerable<(string Path, TaskDefinition Task)> WithSubtasks(string path, TaskDefinition task) =>
        task.Subtasks.SelectMany(child => WithSubtasks($"{path}.{child.Id}", child)).Prepend((path, task));
}
