using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Tasks.Outputs;

namespace Periplon.Engine.Tasks.Models;

/// <summary>A prompt with all references filled in, and whom it goes to.</summary>
internal sealed record ModelPrompt
{
    public required PromptOrigin Origin { get; init; }
    public required string Text { get; init; }
    public string? System { get; init; }
    public required ChatOptions Options { get; init; }
    public required TimeSpan Limit { get; init; }
    /// <summary>Whether the log shows the answer while it comes.</summary>
    public bool Stream { get; init; }
}

/// <summary>Asks a model once: <c>llm</c> tasks and agents differ only in what they ask.</summary>
internal sealed class ModelCall(ModelClients clients, TaskOptions options, IArtifactStore artifacts, TimeProvider time)
{
    /// <summary>Asks, and makes an output of the answer. In answers too, lines such as <c>::set-output name=value</c> are obeyed.</summary>
    internal async Task<TaskOutcome> AskAsync(TaskContext context, ModelPrompt prompt, CancellationToken cancellationToken)
    {
        using var capture = new OutputCapture(context, options, artifacts);
        var agent = prompt.Origin.Agent is { } id ? $" as agent '{id}'" : "";
        // What an echo says is known before, and its output holds it; a log of it would cost more than the task.
        var isLogged = prompt.Stream || prompt.Origin.Agent is not null || prompt.Origin.Target.Provider is not ModelProvider.Echo;
        if (isLogged)
        {
            capture.Say($"Asking {prompt.Origin.Target}{agent}");
        }

        using var deadline = TimeLimit.Start(prompt.Limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var client = clients.Open(prompt.Origin.Target);
            var text = capture.Open("stdout", context.Limits.MaxStdoutBytes, commands: true, isLogged);
            var response = prompt.Stream
                ? await StreamAsync(client, prompt, text, stop.Token)
                : await AnswerAsync(client, prompt, text, stop.Token);
            SayUsage(capture, response.Usage);
            var output = await capture.CompleteAsync([text], code: null, store: true, stop.Token);
            return (TextAnswer.Of(response) is { } answer ? output with { Output = Add(answer, output.Output) } : output).Completed();
        }
        catch (ModelException exception)
        {
            return TaskOutcome.Failed(exception.Kind, exception.Message);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return TaskOutcome.TimedOut(prompt.Limit);
        }
    }

    private static async Task<ChatResponse> AnswerAsync(
        IChatClient client, ModelPrompt prompt, CapturedStream text, CancellationToken cancellationToken)
    {
        var response = await client.GetResponseAsync(MessagesOf(prompt), prompt.Origin.AddTo(prompt.Options), cancellationToken)
            .WaitAsync(cancellationToken);
        text.Append(Encoding.UTF8.GetBytes(response.Text));
        return response;
    }

    private static async Task<ChatResponse> StreamAsync(
        IChatClient client, ModelPrompt prompt, CapturedStream text, CancellationToken cancellationToken)
    {
        List<ChatResponseUpdate> updates = [];
        var answer = client.GetStreamingResponseAsync(MessagesOf(prompt), prompt.Origin.AddTo(prompt.Options), cancellationToken);
        await foreach (var update in answer.WithCancellation(cancellationToken))
        {
            updates.Add(update);
            text.Append(Encoding.UTF8.GetBytes(update.Text));
        }

        return updates.ToChatResponse();
    }

    /// <summary>Texts with empty lines between them, those without content left out.</summary>
    internal static string Paragraphs(params string?[] parts) =>
        string.Join("\n\n", parts.Where(part => !string.IsNullOrWhiteSpace(part)).Select(part => part!.Trim('\n')));

    private static List<ChatMessage> MessagesOf(ModelPrompt prompt)
    {
        List<ChatMessage> messages = [];
        if (prompt.System is { Length: > 0 } system)
        {
            messages.Add(new ChatMessage(ChatRole.System, system));
        }

        messages.Add(new ChatMessage(ChatRole.User, prompt.Text));
        return messages;
    }

    private static TaskOutput Add(TextAnswer answer, TaskOutput output) => output with
    {
        Values = Join(output.Values, answer.Outputs),
        State = Join(output.State, answer.State),
    };

    private static Dictionary<string, JsonElement>? Join(
        IReadOnlyDictionary<string, JsonElement>? lines, IReadOnlyDictionary<string, JsonElement> values)
    {
        Dictionary<string, JsonElement> joined = new(lines ?? new Dictionary<string, JsonElement>(0), StringComparer.Ordinal);
        foreach (var (name, value) in values)
        {
            joined[name] = value;
        }

        return joined.Count is 0 ? null : joined;
    }

    private static void SayUsage(OutputCapture capture, UsageDetails? usage)
    {
        if (usage is { InputTokenCount: { } read, OutputTokenCount: { } written })
        {
            capture.Say($"The model read {read} tokens and wrote {written}");
        }
    }
}
