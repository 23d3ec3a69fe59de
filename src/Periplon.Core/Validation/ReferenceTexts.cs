using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>What a text is used for.</summary>
internal enum TextUse
{
    /// <summary>One of the texts that the language reference checks: descriptions, system prompts and task inputs.</summary>
    Prompt,
    /// <summary>Any other text that is filled in.</summary>
    Text,
    /// <summary>Environment and directory of a script or command.</summary>
    Shell,
    /// <summary>A credential; its secrets have rules of their own.</summary>
    Credential,
    /// <summary>An expression, which names values without braces too.</summary>
    Expression,
}

/// <summary>A text that may hold references.</summary>
internal readonly record struct ReferenceText(string Path, string Text, TextUse Use, TaskNode? Node);

/// <summary>Lists the texts of a file that are filled in. The source of scripts and the words of commands are not among them.</summary>
internal static class ReferenceTexts
{
    internal static IEnumerable<ReferenceText> Of(ValidationContext context)
    {
        var texts = new TextList();
        AddWorkflow(texts, context.Workflow);
        foreach (var text in texts.Take())
        {
            yield return text;
        }

        foreach (var node in context.Tree.Nodes)
        {
            texts.Node = node;
            TaskTexts.Add(texts, node);
            foreach (var text in texts.Take())
            {
                yield return text;
            }
        }
    }

    private static void AddWorkflow(TextList texts, WorkflowDefinition workflow)
    {
        texts.Add("cwd", workflow.Cwd);
        texts.AddOutputs("outputs", workflow.Outputs);
        texts.Add("concurrency.key", workflow.Concurrency?.Key);
        foreach (var (id, agent) in workflow.Agents)
        {
            AddAgent(texts, agent, $"agents.{id}");
        }

        foreach (var (id, group) in workflow.TaskGroups)
        {
            texts.Add($"task_groups.{id}.description", group.Description);
            texts.Add($"task_groups.{id}.condition", group.Condition);
            texts.AddValues($"task_groups.{id}.inputs", group.Inputs);
            texts.AddOutputs($"task_groups.{id}.outputs", group.Outputs);
        }

        foreach (var (id, server) in workflow.McpServers)
        {
            texts.Add($"mcp_servers.{id}.url", server.Url);
            texts.AddMap($"mcp_servers.{id}.env", server.Env);
            texts.AddMap($"mcp_servers.{id}.headers", server.Headers);
        }

        NotificationTexts.AddChannels(texts, "notifications.default_channels", workflow.Notifications?.DefaultChannels ?? []);
    }

    private static void AddAgent(TextList texts, AgentDefinition agent, string path)
    {
        texts.Add($"{path}.description", agent.Description, TextUse.Prompt);
        texts.Add($"{path}.system_prompt", agent.SystemPrompt, TextUse.Prompt);
        texts.Add($"{path}.cwd", agent.Cwd);
    }
}
