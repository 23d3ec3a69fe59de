using System.Text.Json;
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

/// <summary>Gathers texts that may hold references; those without braces are dropped at once, unless they are expressions.</summary>
internal sealed class TextList
{
    private readonly List<ReferenceText> _texts = [];

    internal TaskNode? Node { get; set; }

    internal void Add(string path, string? text, TextUse use = TextUse.Text)
    {
        if (text is not null && (use is TextUse.Expression || HoldsBraces(text)))
        {
            _texts.Add(new ReferenceText(path, text, use, Node));
        }
    }

    internal void AddMap(string path, IReadOnlyDictionary<string, string> map, TextUse use = TextUse.Text)
    {
        foreach (var (key, text) in map)
        {
            if (HoldsBraces(text))
            {
                Add($"{path}.{key}", text, use);
            }
        }
    }

    internal void AddValues(string path, IReadOnlyDictionary<string, JsonElement> values, TextUse use = TextUse.Text)
    {
        foreach (var (key, value) in values)
        {
            AddValue($"{path}.{key}", value, use);
        }
    }

    internal void AddValue(string path, JsonElement? value, TextUse use = TextUse.Text)
    {
        if (value is not { } root || root.ValueKind is not (JsonValueKind.String or JsonValueKind.Array or JsonValueKind.Object))
        {
            return;
        }

        Stack<(string Path, JsonElement Value)> open = new([(path, root)]);
        while (open.TryPop(out var next))
        {
            switch (next.Value.ValueKind)
            {
                case JsonValueKind.String:
                    Add(next.Path, next.Value.GetString(), use);
                    break;
                case JsonValueKind.Array:
                    foreach (var (index, item) in next.Value.EnumerateArray().Index())
                    {
                        open.Push(($"{next.Path}[{index}]", item));
                    }

                    break;
                case JsonValueKind.Object:
                    foreach (var member in next.Value.EnumerateObject())
                    {
                        open.Push(($"{next.Path}.{member.Name}", member.Value));
                    }

                    break;
            }
        }
    }

    internal void AddOutputs(string path, IReadOnlyDictionary<string, OutputDefinition> outputs)
    {
        foreach (var (name, output) in outputs)
        {
            AddValue($"{path}.{name}", output.Value);
            Add($"{path}.{name}.source.path", (output.Source as OutputSource.File)?.Path);
        }
    }

    /// <summary>The texts gathered so far; the list is empty afterwards.</summary>
    internal ReferenceText[] Take()
    {
        if (_texts.Count == 0)
        {
            return [];
        }

        ReferenceText[] taken = [.. _texts];
        _texts.Clear();
        return taken;
    }

    private static bool HoldsBraces(string text) =>
        text.Contains("${", StringComparison.Ordinal) || text.Contains("{{", StringComparison.Ordinal);
}
