using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks.Models;

namespace Periplon.Engine.Tests.Tasks;

/// <summary>A model that only streams, in pieces that are no lines.</summary>
internal sealed class StreamingProvider : IModelProvider
{
    public ModelProvider Provider => ModelProvider.Google;

    public IChatClient Open(ModelTarget target) => new StreamingClient();

    private sealed class StreamingClient : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromException<ChatResponse>(new NotSupportedException("This model only streams."));

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            foreach (var piece in (string[])["fir", "st\nsec", "ond"])
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                yield return new ChatResponseUpdate(ChatRole.Assistant, piece);
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }
    }
}
