using System.Text;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Tasks.Outputs;

namespace Periplon.Engine.Tasks.Models;

/// <summary>Asks a language model once.</summary>
internal sealed class LlmTaskRunner(IEnumerable<ILanguageModel> models, TaskOptions options, IArtifactStore artifacts, TimeProvider time)
    : ITaskRunner
{
    private readonly Dictionary<ModelProvider, ILanguageModel> _models = models.ToDictionary(model => model.Provider);

    public TaskKind Kind => TaskKind.Llm;

    public Task<TaskOutcome> RunAsync(TaskContext context, CancellationToken cancellationToken) =>
        ExpectedFailures.CatchAsync(() => AskAsync(context, cancellationToken), cancellationToken);

    private async Task<TaskOutcome> AskAsync(TaskContext context, CancellationToken cancellationToken)
    {
        var llm = context.Task.Llm!;
        if (!_models.TryGetValue(llm.Provider, out var model))
        {
            var known = string.Join(", ", _models.Keys.Order().Select(provider => provider.ToString().ToLowerInvariant()));
            return TaskOutcome.Failed(
                FailureKinds.Model,
                $"The provider '{llm.Provider.ToString().ToLowerInvariant()}' is not in this version; there is: {known}");
        }

        using var capture = new OutputCapture(context, options, artifacts);
        capture.Say($"Asking {llm.Provider.ToString().ToLowerInvariant()} {llm.Model}".TrimEnd());
        var limit = TimeLimit.Shorter(context.Timeout, llm.TimeoutSecs) ?? options.ModelTimeout;
        using var deadline = TimeLimit.Start(limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            var answer = await model.AnswerAsync(Fill(llm, context), stop.Token).WaitAsync(stop.Token);
            return await ConcludeAsync(answer, context, capture, stop.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return TaskOutcome.TimedOut(limit);
        }
    }

    private static ModelRequest Fill(LlmDefinition llm, TaskContext context) => new()
    {
        Definition = llm,
        Prompt = context.Texts.Strict(llm.Prompt),
        SystemPrompt = Fill(llm.SystemPrompt, context),
        Endpoint = Fill(llm.Endpoint, context),
        ApiKey = Fill(llm.ApiKey, context),
        AttemptKey = context.AttemptKey,
    };

    private static string? Fill(string? text, TaskContext context) => text is null ? null : context.Texts.Strict(text);

    private static async Task<TaskOutcome> ConcludeAsync(
        ModelAnswer answer, TaskContext context, OutputCapture capture, CancellationToken cancellationToken)
    {
        if (answer.Text is null)
        {
            return TaskOutcome.Failed(FailureKinds.Model, context.Texts.Mask(answer.Problem ?? "The model gave no answer"));
        }

        var text = capture.Open("stdout", context.Limits.MaxStdoutBytes);
        text.Append(Encoding.UTF8.GetBytes(answer.Text));
        return (await capture.CompleteAsync([text], code: null, store: true, cancellationToken)).Completed();
    }
}
