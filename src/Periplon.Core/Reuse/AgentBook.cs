using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>The agents of a workflow or subflow, and those that are made for its predefined tasks.</summary>
/// <param name="declared">The declared agents.</param>
internal sealed class AgentBook(IReadOnlyDictionary<string, AgentDefinition> declared)
{
    private readonly OrderedDictionary<string, AgentDefinition> _agents = new(declared, StringComparer.Ordinal);
    private readonly Dictionary<string, string> _idByKey = new(StringComparer.Ordinal);

    internal IReadOnlyDictionary<string, AgentDefinition> Agents => _idByKey.Count == 0 ? declared : _agents;

    /// <summary>
    /// The id of an agent: the task's name and version with underscores, and a number where that is taken by another one.
    /// </summary>
    /// <param name="key">What tells the agent apart from others of the same task; equal keys share an agent.</param>
    /// <param name="task">The predefined task.</param>
    /// <param name="agent">The agent.</param>
    internal string Add(string key, LibraryTask task, AgentDefinition agent)
    {
        if (_idByKey.TryGetValue(key, out var known))
        {
            return known;
        }

        var id = $"{task.Name}_{task.Version.ToString().Replace('.', '_').Replace('+', '_')}";
        var free = id;
        for (var number = 2; _agents.ContainsKey(free); number++)
        {
            free = $"{id}_{number}";
        }

        _agents[free] = agent with { Id = free };
        return _idByKey[key] = free;
    }
}
