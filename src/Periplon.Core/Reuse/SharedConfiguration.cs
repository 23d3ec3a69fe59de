using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>Applies what the tasks of a group share (reference §22.6).</summary>
internal static class SharedConfiguration
{
    /// <summary>A task as its group has it.</summary>
    internal static PredefinedTaskManifest Apply(PredefinedTaskManifest task, SharedConfig? shared)
    {
        if (shared is null)
        {
            return task;
        }

        var inputs = new OrderedDictionary<string, PredefinedInput>(task.Inputs, StringComparer.Ordinal);
        foreach (var (name, definition) in shared.Inputs)
        {
            inputs.TryAdd(name, new PredefinedInput(definition));
        }

        var agent = task.AgentTemplate;
        return task with
        {
            Inputs = inputs,
            AgentTemplate = agent with
            {
                Description = ReferenceRewriter.FillEnvironment(agent.Description, shared.Environment),
                SystemPrompt = agent.SystemPrompt is { } prompt ? ReferenceRewriter.FillEnvironment(prompt, shared.Environment) : null,
                Permissions = agent.Permissions.Mode == "default" && shared.Permissions is { } given ? given : agent.Permissions,
                MaxTurns = agent.MaxTurns ?? shared.MaxTurns,
            },
        };
    }

    /// <summary>A task of a group's workflow with the group's environment beneath its own.</summary>
    internal static TaskDefinition Apply(TaskDefinition task, SharedConfig? shared)
    {
        if (shared is not { Environment.Count: > 0 })
        {
            return task;
        }

        return task with
        {
            Script = task.Script is { } script ? script with { Env = Beneath(script.Env, shared.Environment) } : null,
            Command = task.Command is { } command ? command with { Env = Beneath(command.Env, shared.Environment) } : null,
        };
    }

    private static Dictionary<string, string> Beneath(IReadOnlyDictionary<string, string> own, IReadOnlyDictionary<string, string> shared)
    {
        var all = new Dictionary<string, string>(shared, StringComparer.Ordinal);
        foreach (var (name, value) in own)
        {
            all[name] = value;
        }

        return all;
    }
}
