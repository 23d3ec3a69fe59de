using System.Text.Json;
using Microsoft.Extensions.Logging;
using Periplon.Core.Executions;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks.Caching;
using Periplon.Engine.Tasks.Collections;
using Periplon.Engine.Tasks.Outputs;

namespace Periplon.Engine.Tasks;

/// <summary>
/// Runs one attempt from its request to its outcome: fills in what it refers to, runs it, produces its named outputs, writes its output
/// file, and masks the secrets in all that leaves.
/// </summary>
internal sealed partial class AttemptPipeline(
    IEnumerable<ITaskRunner> runners, CollectionReader collections, TaskCache cache, WholeOutputs wholeOutputs, NamedOutputs namedOutputs,
    OutputFile outputFile, TaskOptions options, ILogger<AttemptPipeline> logger)
{
    private readonly Dictionary<TaskKind, ITaskRunner> _runners = runners.ToDictionary(runner => runner.Kind);

    /// <summary>Runs an attempt. Everything that can go wrong is an outcome.</summary>
    internal async Task<TaskOutcome> RunAsync(AttemptRequest request, ITaskLog log, CancellationToken cancellationToken)
    {
        var runner = _runners.GetValueOrDefault(request.Task.Kind);
        if (runner is null && request.Work is not AttemptWork.Collection)
        {
            var known = string.Join(", ", _runners.Keys.Order());
            return TaskOutcome.Failed(
                FailureKinds.Internal,
                $"The task '{request.TaskPath}' is of kind {request.Task.Kind}, which this worker does not run; it runs: {known}");
        }

        TaskTexts? texts = null;
        TaskOutcome outcome;
        try
        {
            (request, var failure) = await wholeOutputs.FetchAsync(request, cancellationToken);
            if (failure is not null)
            {
                return failure;
            }

            texts = new TaskTexts(request, options);
            outcome = await ExpectedFailures.CatchAsync(() => RunAsync(request, runner, texts, log, cancellationToken), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            outcome = TaskOutcome.Cancelled();
        }
        catch (Exception exception)
        {
            // A defect ends this attempt, never the worker.
            LogDefect(exception, request.ExecutionId, request.TaskPath, request.Attempt);
            outcome = TaskOutcome.Failed(FailureKinds.Internal, $"A defect of the engine ended the attempt: {exception.Message}");
        }

        if (texts is null)
        {
            return outcome;
        }

        var masked = Mask(outcome, texts);
        await cache.StoreAsync(request, texts, masked, log, cancellationToken);
        return masked;
    }

    private async Task<TaskOutcome> RunAsync(
        AttemptRequest request, ITaskRunner? runner, TaskTexts texts, ITaskLog log, CancellationToken cancellationToken)
    {
        var directory = request.Directory ?? options.DirectoryOf(request.ExecutionId);
        Directory.CreateDirectory(directory);
        var context = new TaskContext
        {
            ExecutionId = request.ExecutionId,
            TaskPath = request.TaskPath,
            Attempt = request.Attempt,
            Task = request.Task,
            Workflow = request.Workflow,
            Texts = texts,
            Log = log,
            Directory = directory,
            Timeout = TimeLimit.Shorter(request.Timeout, request.Task.TimeoutSecs ?? request.Workflow.Defaults?.TimeoutSecs),
            Limits = LimitsDefinition.Of(request.Task.Limits, request.Workflow.Limits),
        };
        if (request.Work is AttemptWork.Collection)
        {
            return await collections.ReadAsync(context, cancellationToken);
        }

        var file = OutputFile.Find(context);
        if (await cache.FindAsync(request, texts, log, cancellationToken) is { } cached)
        {
            var problem = file is null ? null : await outputFile.WriteAsync(file, cached, cancellationToken);
            return new CapturedOutput(cached, problem).Completed();
        }

        var outcome = await runner!.RunAsync(context, cancellationToken);
        return outcome is { Kind: TaskOutcomeKind.Completed, Output: { } output }
            ? await PublishAsync(context, texts, output, file, cancellationToken)
            : outcome;
    }

    private async Task<TaskOutcome> PublishAsync(
        TaskContext context, TaskTexts texts, TaskOutput output, string? file, CancellationToken cancellationToken)
    {
        try
        {
            var produced = await namedOutputs.ProduceAsync(context, texts, output, cancellationToken);
            return produced.Problem is null && file is not null
                ? (produced with { Problem = await outputFile.WriteAsync(file, produced.Output, cancellationToken) }).Completed()
                : produced.Completed();
        }
        catch (TemplateException exception)
        {
            return TaskOutcome.Failed(FailureKinds.Output, exception.Message, output, output.ExitCode);
        }
    }

    private static TaskOutcome Mask(TaskOutcome outcome, TaskTexts texts)
    {
        if (!texts.HasSecrets)
        {
            return outcome;
        }

        var output = outcome.Output is not { } whole ? null : whole with
        {
            Text = whole.Text is null ? null : texts.Mask(whole.Text),
            Values = Mask(whole.Values, texts),
            State = Mask(whole.State, texts),
            Items = whole.Items is { } items ? texts.Mask(items) : null,
        };
        var failure = outcome.Failure is not { } reason ? null : reason with { Message = texts.Mask(reason.Message) };
        return new TaskOutcome(outcome.Kind, output, failure);
    }

    private static Dictionary<string, JsonElement>? Mask(IReadOnlyDictionary<string, JsonElement>? values, TaskTexts texts) =>
        values?.ToDictionary(value => value.Key, value => texts.Mask(value.Value), StringComparer.Ordinal);

    [LoggerMessage(LogLevel.Error, "Attempt {Attempt} of task {Task} in execution {ExecutionId} met a defect")]
    private partial void LogDefect(Exception exception, Guid executionId, string task, int attempt);
}
