using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Models;

/// <summary>Answers prompts; one implementation per provider.</summary>
internal interface ILanguageModel
{
    ModelProvider Provider { get; }

    /// <summary>Answers one prompt. What a provider refuses is an answer with a problem, never an exception.</summary>
    Task<ModelAnswer> AnswerAsync(ModelRequest request, CancellationToken cancellationToken);
}

/// <summary>A prompt with all references filled in.</summary>
internal sealed record ModelRequest
{
    public required LlmDefinition Definition { get; init; }
    public required string Prompt { get; init; }
    public string? SystemPrompt { get; init; }
    public string? Endpoint { get; init; }
    public string? ApiKey { get; init; }
    /// <summary>Stable key of the attempt, for providers that drop repeated requests.</summary>
    public required string AttemptKey { get; init; }
}

/// <summary>What a model said.</summary>
/// <param name="Text">The answer; null when there is none.</param>
/// <param name="Problem">Why there is none.</param>
internal sealed record ModelAnswer(string? Text, string? Problem);

/// <summary>Answers with the prompt itself, for tests and demonstrations.</summary>
internal sealed class EchoModel : ILanguageModel
{
    public ModelProvider Provider => ModelProvider.Echo;

    public Task<ModelAnswer> AnswerAsync(ModelRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(new ModelAnswer(request.Prompt, null));
}
