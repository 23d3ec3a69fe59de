using Microsoft.Extensions.AI;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Models;

/// <summary>The clients of all providers. With a script of answers, it answers in place of every one of them.</summary>
internal sealed class ModelClients(IEnumerable<IModelProvider> providers, TaskOptions options, TimeProvider time)
{
    private readonly Dictionary<ModelProvider, IModelProvider> _providers = providers.ToDictionary(provider => provider.Provider);

    // One for all prompts: it counts how often its rules were used.
    private readonly Lazy<IChatClient>? _script =
        options.ModelScript is { } script ? new Lazy<IChatClient>(() => new ScriptedClient(script, time)) : null;

    /// <summary>Opens a client for a target.</summary>
    /// <exception cref="ModelException">There is no client for this provider.</exception>
    internal IChatClient Open(ModelTarget target)
    {
        if (_script is not null)
        {
            return _script.Value;
        }

        if (_providers.TryGetValue(target.Provider, out var provider))
        {
            return provider.Open(target);
        }

        throw new ModelException(FailureKinds.Model, target.Provider is ModelProvider.Script
            ? "The provider 'script' needs a script of answers; name one with --ai-script FILE or ai.script"
            : $"The provider '{target.Provider.ToWord()}' is not in this version; "
                + $"there is: {string.Join(", ", _providers.Keys.Order().Select(known => known.ToWord()))}");
    }
}
