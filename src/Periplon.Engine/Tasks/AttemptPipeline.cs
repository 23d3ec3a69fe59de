using System.Text.Json;
using Microsoft.Extensions.Logging;
using Periplon.Core.Executions;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks.Caching;
using Periplon.Engine.Tasks.Collections;
using Periplon.Engine.Tasks.Done;
using Periplon.Engine.Tasks.Outputs;

namespace Periplon.Engine.Tasks;

/// <summary>
/// Runs one attempt from its request to its outcome: fills in what it refers to, runs it, produces its named outputs, writes its output
/// file, checks its definition of done, and masks the secrets in all that leaves.
/// </summary>
internal sealed partial class AttemptPipeline(
    IEnumerable<ITaskRunner> runners, CollectionReader collections, TaskCache cache, WholeOutputs wholeOutputs, NamedOutputs namedOutputs,
    OutputFile outputFile, DoneCheck doneCheck, TaskOptions options, ILogger<AttemptPipeline> logger)
{
    private readonly Dictionary<TaskKind, ITaskRunner> _runners = runners.ToDictionary(runner => runner.Kind);

    /// <summary>Runs an attempt. Everything that can go wrong is an outcome.</summary>
    internal async Task<TaskOutcome> RunAsync(AttemptRequest request, ITaskLog log, CancellationToken cancellationToken)
    {
        if (FindRunner(request, out var problem) is not { } run)
        {
            return TaskOutcome.Failed(FailureKinds.Internal, problem!);
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
            outcome = await ExpectedFailures.CatchAsync(() => RunAsync(request, run, texts, log, cancellationToken), cancellationToken);
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

    // An agent may run a task of any kind, in place of what the task itself would do.
    private Func<TaskContext, CancellationToken, Task<TaskOutcome>>? FindRunner(AttemptRequest request, out string? problem)
    {
        problem = null;
        if (request.Work is AttemptWork.Check)
        {
            return (_, _) => Task.FromResult(TaskOutcome.Completed(new TaskOutput()));
        }

        if (request.Work is AttemptWork.Collection)
        {
            return collections.ReadAsync;
        }

        var kind = request.AgentId is null ? request.Task.Kind : TaskKind.Agent;
        if (request.Work is AttemptWork.Task && _runners.TryGetValue(kind, out var runner))
        {
            return runner.RunAsync;
        }

        var what = request.Work is AttemptWork.Task ? $"is of kind {kind}" : $"needs the work {request.Work}";
        problem = $"The task '{request.TaskPath}' {what}, which this worker does not run; it runs: "
            + string.Join(", ", _runners.Keys.Order());
        return null;
    }

    private async Task<TaskOutcome> RunAsync(
        AttemptRequest request, Func<TaskContext, CancellationToken, Task<TaskOutcome>> run, TaskTexts texts, ITaskLog log,
        CancellationToken cancellationToken)
    {
        var context = new TaskContext
        {
            ExecutionId = request.ExecutionId,
            TaskPath = request.TaskPath,
            Attempt = request.Attempt,
            Task = request.Task,
            Workflow = request.Workflow,
            Texts = texts,
            Log = log,
            Directory = request.Directory ?? options.DirectoryOf(request.ExecutionId),
            Timeout = TimeLimit.Shorter(request.Timeout, request.Task.TimeoutSecs ?? request.Workflow.Defaults?.TimeoutSecs),
            Limits = LimitsDefinition.Of(request.Task.Limits, request.Workflow.Limits),
            AgentId = request.AgentId,
            Feedback = request.Feedback,
            Progress = request.Context,
        };

        // Found before the task runs: a text that cannot be filled in must not cost a run.
        var file = request.Work is AttemptWork.Task ? OutputFile.Find(context) : null;
        var criteria = request.Work is not AttemptWork.Collection && request.Task.DefinitionOfDone is { } done
            ? DoneTexts.Fill(done, texts) : [];
        if (request.Work is AttemptWork.Task && await cache.FindAsync(request, texts, log, cancellationToken) is { } cached)
        {
            var problem = file is null ? null : await outputFile.WriteAsync(file, cached, cancellationToken);
            return new CapturedOutput(cached, problem).Completed();
        }

        var outcome = await run(context, cancellationToken);
        if (outcome is { Kind: TaskOutcomeKind.Completed, Output: { } output } && request.Work is AttemptWork.Task)
        {
            outcome = await PublishAsync(context, texts, output, file, cancellationToken);
            if (outcome.Failure?.Kind is FailureKinds.Output)
            {
                // What is missing may be what the definition of done asks for, and that gives another attempt, with feedback.
                var check = await CheckAsync(context, criteria, output, cancellationToken);
                return check.Kind is TaskOutcomeKind.Completed ? outcome : check;
            }
        }

        return request.Work is not AttemptWork.Collection && outcome is { Kind: TaskOutcomeKind.Completed, Output: { } published }
            ? await CheckAsync(context, criteria, published, cancellationToken)
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

    private async Task<TaskOutcome> CheckAsync(
        TaskContext context, IReadOnlyList<DoneCriterion> criteria, TaskOutput output, CancellationToken cancellationToken)
    {
        try
        {
            return await doneCheck.CheckAsync(context, criteria, output, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return TaskOutcome.Cancelled(output);
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
