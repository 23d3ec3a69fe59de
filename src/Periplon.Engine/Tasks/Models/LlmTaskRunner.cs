using Microsoft.Extensions.AI;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Models;

/// <summary>Asks a language model once.</summary>
internal sealed class LlmTaskRunner(ModelCall call, TaskOptions options) : ITaskRunner
{
    public TaskKind Kind => TaskKind.Llm;

    public Task<TaskOutcome> RunAsync(TaskContext context, CancellationToken cancellationToken) =>
        ExpectedFailures.CatchAsync(() => AskAsync(context, cancellationToken), cancellationToken);

    private Task<TaskOutcome> AskAsync(TaskContext context, CancellationToken cancellationToken)
    {
        var llm = context.Task.Llm!;
        return WorkingDirectory.FindToRead(context, out var failure) is { } directory
            ? call.AskAsync(context, Fill(llm, context, directory), cancellationToken)
            : Task.FromResult(failure!);
    }

    private ModelPrompt Fill(LlmDefinition llm, TaskContext context, string directory) => new()
    {
        Text = WithProgress(context, context.Texts.Prompt(llm.Prompt)),
        System = llm.SystemPrompt is { } system ? context.Texts.Prompt(system) : null,
        Stream = llm.Stream,
        Limit = TimeLimit.Shorter(context.Timeout, llm.TimeoutSecs) ?? options.ModelTimeout,
        Options = new ChatOptions
        {
            ModelId = llm.Model is { Length: > 0 } model ? model : null,
            Temperature = (float?)llm.Temperature,
            TopP = (float?)llm.TopP,
            TopK = llm.TopK,
            MaxOutputTokens = llm.MaxTokens,
            StopSequences = llm.Stop.Count is 0 ? null : [.. llm.Stop],
        },
        Origin = new PromptOrigin
        {
            TaskPath = context.TaskPath,
            Attempt = context.Attempt,
            AttemptKey = context.AttemptKey,
            Directory = directory,
            Target = new ModelTarget
            {
                Provider = llm.Provider,
                Model = llm.Model,
                Endpoint = Fill(llm.Endpoint, context),
                ApiKey = Fill(llm.ApiKey, context),
            },
            ExtraParams = llm.ExtraParams.ToDictionary(
                param => param.Key, param => context.Texts.Strict(param.Value), StringComparer.Ordinal),
        },
    };

    // Without progress the prompt stays as it is, line breaks at its end included.
    private static string WithProgress(TaskContext context, string prompt) =>
        context.Progress is { } progress ? ModelCall.Paragraphs(progress, prompt) : prompt;

    private static string? Fill(string? text, TaskContext context) => text is null ? null : context.Texts.Strict(text);
}
