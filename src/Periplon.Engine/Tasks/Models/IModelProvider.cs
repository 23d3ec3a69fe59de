using Microsoft.Extensions.AI;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Models;

/// <summary>Makes clients of one provider of language models.</summary>
internal interface IModelProvider
{
    ModelProvider Provider { get; }

    /// <summary>
    /// A client for a target. It reports what the provider refuses by <see cref="ModelException"/>; the caller disposes of it.
    /// </summary>
    IChatClient Open(ModelTarget target);
}

/// <summary>Whom a prompt goes to.</summary>
internal sealed record ModelTarget
{
    public required ModelProvider Provider { get; init; }
    /// <summary>Name of the model; null leaves it to the provider.</summary>
    public string? Model { get; init; }
    /// <summary>Base URL; null is the provider's own.</summary>
    public string? Endpoint { get; init; }
    /// <summary>Key; null is that of the worker's environment.</summary>
    public string? ApiKey { get; init; }

    public override string ToString() => Model is { Length: > 0 } ? $"{Provider.ToWord()} {Model}" : Provider.ToWord();
}

/// <summary>No answer, for a reason that the provider gives.</summary>
/// <param name="kind">Kind of the failure; see <see cref="Core.Executions.FailureKinds"/>.</param>
/// <param name="message">What happened.</param>
internal sealed class ModelException(string kind, string message) : Exception(message)
{
    internal string Kind { get; } = kind;
}

/// <summary>Words of providers.</summary>
internal static class ModelProviderWords
{
    /// <summary>The word of the language.</summary>
    internal static string ToWord(this ModelProvider provider) => provider.ToString().ToLowerInvariant();
}
