using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Periplon.Engine.Tasks.Models;

/// <summary>A client whose whole answer is known at once.</summary>
internal abstract class TextChatClient : IChatClient
{
    /// <summary>Answers the messages.</summary>
    protected abstract Task<TextAnswer> AnswerAsync(
        IReadOnlyList<ChatMessage> messages, PromptOrigin origin, CancellationToken cancellationToken);

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var answer = await AnswerAsync([.. messages], PromptOrigin.Of(options), cancellationToken);
        return answer.AddTo(new ChatResponse(new ChatMessage(ChatRole.Assistant, answer.Text))
        {
            ModelId = options?.ModelId, FinishReason = ChatFinishReason.Stop,
        });
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => GC.SuppressFinalize(this);

    /// <summary>The texts of a role, joined by line breaks.</summary>
    protected static string TextOf(IEnumerable<ChatMessage> messages, ChatRole role) =>
        string.Join('\n', messages.Where(message => message.Role == role).Select(message => message.Text));
}

/// <summary>An answer, and values that it sets beside its text.</summary>
/// <param name="Text">The text.</param>
internal sealed record TextAnswer(string Text)
{
    private const string Key = "periplon";

    /// <summary>Named outputs.</summary>
    public IReadOnlyDictionary<string, JsonElement> Outputs { get; init; } = new Dictionary<string, JsonElement>(0);

    /// <summary>State values.</summary>
    public IReadOnlyDictionary<string, JsonElement> State { get; init; } = new Dictionary<string, JsonElement>(0);

    /// <summary>Adds itself to a response, when there is more to it than the text.</summary>
    internal ChatResponse AddTo(ChatResponse response)
    {
        if (Outputs.Count + State.Count > 0)
        {
            (response.AdditionalProperties ??= [])[Key] = this;
        }

        return response;
    }

    /// <summary>Finds it in a response; null when the text is all.</summary>
    internal static TextAnswer? Of(ChatResponse response) => response.AdditionalProperties?.GetValueOrDefault(Key) as TextAnswer;
}

/// <summary>Answers with the prompt itself, for tests and demonstrations.</summary>
internal sealed class EchoProvider : IModelProvider
{
    public Core.Workflows.ModelProvider Provider => Core.Workflows.ModelProvider.Echo;

    public IChatClient Open(ModelTarget target) => new EchoClient();

    private sealed class EchoClient : TextChatClient
    {
        protected override Task<TextAnswer> AnswerAsync(
            IReadOnlyList<ChatMessage> messages, PromptOrigin origin, CancellationToken cancellationToken) =>
            Task.FromResult(new TextAnswer(TextOf(messages, ChatRole.User)));
    }
}
