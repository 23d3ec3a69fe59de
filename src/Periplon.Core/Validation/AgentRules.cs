using System.Collections.Frozen;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Validation;

/// <summary>Agents, and the names that tasks call them by.</summary>
internal static class AgentRules
{
    internal static readonly FrozenSet<string> Tools = FrozenSet.Create(
        StringComparer.Ordinal,
        "Read", "Write", "Edit", "Bash", "Grep", "Glob", "WebSearch", "WebFetch", "Task", "TodoWrite", "Skill", "SlashCommand");

    internal static readonly FrozenSet<string> PermissionModes = FrozenSet.Create(
        StringComparer.Ordinal, "default", "acceptEdits", "plan", "bypassPermissions");

    internal static void Check(ValidationContext context)
    {
        var workflow = context.Workflow;
        CheckAgents(context, workflow.Agents, "agents", ValidationCodes.AgentToolUnknown, ValidationCodes.PermissionModeUnknown);
        foreach (var (id, subflow) in workflow.Subflows)
        {
            CheckAgents(
                context,
                subflow.Agents,
                $"subflows.{id}.agents",
                ValidationCodes.SubflowToolUnknown,
                ValidationCodes.SubflowPermissionModeUnknown);
        }

        var used = CheckTasks(context);
        CheckDefaults(context, used);
        CheckParticipants(context, used);
        foreach (var stage in workflow.Workflows.Values.SelectMany(orchestration => orchestration.Steps))
        {
            used.UnionWith(stage.Agents);
        }

        foreach (var id in workflow.Agents.Keys.Where(id => !used.Contains(id)))
        {
            context.Report.Info(
                ValidationCodes.AgentUnused,
                $"agents.{id}",
                $"Agent '{id}' is not used by any task.",
                "Name it in a task's 'agent', or remove it.");
        }
    }

    private static void CheckAgents(
        ValidationContext context, IReadOnlyDictionary<string, AgentDefinition> agents, string path, string toolCode, string modeCode)
    {
        foreach (var (id, agent) in agents)
        {
            for (var i = 0; i < agent.Tools.Count; i++)
            {
                var tool = agent.Tools[i];
                if (!Tools.Contains(tool))
                {
                    var nearest = context.Names.Find(tool, Tools);
                    context.Report.Error(
                        toolCode,
                        $"{path}.{id}.tools[{i}]",
                        $"Agent '{id}' names the tool '{tool}', which does not exist.",
                        nearest is null
                            ? $"Tools: {string.Join(", ", Tools.Order(StringComparer.Ordinal))}."
                            : $"Did you mean '{nearest}'?");
                }
            }

            if (!PermissionModes.Contains(agent.Permissions.Mode))
            {
                context.Report.Error(
                    modeCode,
                    $"{path}.{id}.permissions.mode",
                    $"Agent '{id}' has the permission mode '{agent.Permissions.Mode}', which does not exist.",
                    "Modes: default, acceptEdits, plan, bypassPermissions.");
            }
        }
    }

    private static HashSet<string> CheckTasks(ValidationContext context)
    {
        HashSet<string> used = [];
        foreach (var node in context.Tree.Nodes)
        {
            if (node.Task.Agent is { } agent)
            {
                used.Add(agent);
                CheckTaskAgent(context, node, agent);
            }

            if (node.Task.OnError?.FallbackAgent is { } fallback)
            {
                used.Add(fallback);
                if (!node.Realm.Agents.ContainsKey(fallback))
                {
                    context.Report.Warning(
                        ValidationCodes.FallbackAgentUnknown,
                        $"{node.Path}.on_error.fallback_agent",
                        $"Task '{node.FullId}' falls back to the agent '{fallback}', which is not declared.",
                        context.Hint(fallback, node.Realm.Agents, "agents"));
                }
            }
        }

        return used;
    }

    private static void CheckTaskAgent(ValidationContext context, TaskNode node, string agent)
    {
        if (node.Realm.Agents.ContainsKey(agent))
        {
            return;
        }

        var (code, severity) = node switch
        {
            { Realm.Kind: TaskRealmKind.Subflow } => (ValidationCodes.SubflowAgentUnknown, DiagnosticSeverity.Error),
            { IsMainTopLevel: true } => (ValidationCodes.AgentUnknown, DiagnosticSeverity.Error),
            _ => (ValidationCodes.SubtaskAgentUnknown, node.Realm.Severity),
        };
        context.Report.Add(
            severity,
            code,
            $"{node.Path}.agent",
            $"Task '{node.FullId}' names the agent '{agent}', which is not declared.",
            context.Hint(agent, node.Realm.Agents, "agents"));
    }

    private static void CheckDefaults(ValidationContext context, HashSet<string> used)
    {
        var agents = context.Workflow.Agents;
        if (context.Workflow.Defaults?.Agent is { } agent)
        {
            used.Add(agent);
            if (!agents.ContainsKey(agent))
            {
                context.Report.Error(
                    ValidationCodes.DefaultAgentUnknown,
                    "defaults.agent",
                    $"The default agent '{agent}' is not declared.",
                    context.Hint(agent, agents, "agents"));
            }
        }

        if (context.Workflow.Defaults?.OnError?.FallbackAgent is { } fallback)
        {
            used.Add(fallback);
            if (!agents.ContainsKey(fallback))
            {
                context.Report.Warning(
                    ValidationCodes.FallbackAgentUnknown,
                    "defaults.on_error.fallback_agent",
                    $"The default fallback agent '{fallback}' is not declared.",
                    context.Hint(fallback, agents, "agents"));
            }
        }
    }

    private static void CheckParticipants(ValidationContext context, HashSet<string> used)
    {
        foreach (var (name, channel) in context.Workflow.Communication?.Channels ?? new Dictionary<string, ChannelDefinition>())
        {
            used.UnionWith(channel.Participants);
            for (var i = 0; i < channel.Participants.Count; i++)
            {
                var participant = channel.Participants[i];
                if (!context.Workflow.Agents.ContainsKey(participant))
                {
                    context.Report.Warning(
                        ValidationCodes.ParticipantUnknown,
                        $"communication.channels.{name}.participants[{i}]",
                        $"Channel '{name}' names the participant '{participant}', which is not a declared agent.",
                        context.Hint(participant, context.Workflow.Agents, "agents"));
                }
            }
        }
    }
}
