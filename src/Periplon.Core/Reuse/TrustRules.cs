using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>What tasks and groups of a source that is not trusted may do: read, and nothing else.</summary>
public static class TrustRules
{
    private static readonly string[] ReadingTools = ["Read", "Grep", "Glob"];

    private static readonly TaskKind[] HarmlessKinds =
    [
        TaskKind.None, TaskKind.Uses, TaskKind.Agent, TaskKind.Switch, TaskKind.Sleep, TaskKind.WaitFor, TaskKind.Approval,
    ];

    /// <summary>What a task asks for that its source may not have, as the end of a sentence; null when all is well.</summary>
    /// <param name="task">The task.</param>
    public static string? FindProblem(LibraryTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.Origin.IsTrusted ? null : FindProblem(task.Manifest.AgentTemplate);
    }

    /// <summary>What a group asks for that its source may not have, as the end of a sentence; null when all is well.</summary>
    /// <param name="group">The group.</param>
    public static string? FindProblem(LibraryGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        if (group.Origin.IsTrusted)
        {
            return null;
        }

        if (group.Manifest.SharedConfig?.Permissions is { } shared && FindProblem(shared) is { } problem)
        {
            return $"its shared_config {problem}";
        }

        foreach (var workflow in group.Manifest.Workflows)
        {
            if (TaskWalk.All(workflow.Tasks.Values).FirstOrDefault(task => !HarmlessKinds.Contains(task.Kind)) is { } task)
            {
                return $"the task '{task.Id}' of its workflow '{workflow.Name}' is of the kind {task.Kind.ToString().ToLowerInvariant()}";
            }

            foreach (var agent in workflow.Agents.Values)
            {
                if (FindProblem(agent) is { } wrong)
                {
                    return $"the agent '{agent.Id}' of its workflow '{workflow.Name}' {wrong}";
                }
            }
        }

        return null;
    }

    /// <summary>A task with the tools that its source may have, where it names none: none would leave all to it.</summary>
    internal static PredefinedTaskManifest Restrict(PredefinedTaskManifest manifest, LibraryOrigin origin) =>
        origin.IsTrusted || manifest.AgentTemplate.Tools.Count > 0
            ? manifest
            : manifest with { AgentTemplate = manifest.AgentTemplate with { Tools = ReadingTools } };

    private static string? FindProblem(AgentDefinition agent) =>
        agent.Tools.FirstOrDefault(tool => !ReadingTools.Contains(tool)) is { } tool
            ? $"uses the tool {tool}"
            : FindProblem(agent.Permissions);

    private static string? FindProblem(PermissionsDefinition permissions) =>
        permissions.Mode is not ("default" or "plan") ? $"has the permission mode {permissions.Mode}"
        : permissions.AllowedDirectories is { Count: > 0 } directories ? $"asks for the directory {directories[0]}"
        : null;
}
