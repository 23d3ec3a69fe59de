using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Files;
using Periplon.Engine.Tasks.Http;

namespace Periplon.Engine.Tasks.Collections;

/// <summary>
/// Reads the items of a <c>for_each</c> loop from a file or a web server. Paths are relative to where the task's scripts would run;
/// addresses keep to the rules of HTTP tasks.
/// </summary>
internal sealed class CollectionReader(HttpSender sender, TaskOptions options, TimeProvider time)
{
    /// <summary>Reads the items; expected failures are outcomes of the kind <c>collection</c>, a time limit aside.</summary>
    internal async Task<TaskOutcome> ReadAsync(TaskContext context, CancellationToken cancellationToken)
    {
        var outcome = await ExpectedFailures.CatchAsync(() => ReadSourceAsync(context, cancellationToken), cancellationToken);
        return outcome.Failure is { } failure && failure.Kind is not (FailureKinds.Timeout or FailureKinds.Collection)
            ? Failed(failure.Message, failure.ExitCode)
            : outcome;
    }

    private Task<TaskOutcome> ReadSourceAsync(TaskContext context, CancellationToken cancellationToken) =>
        (context.Task.Loop as LoopDefinition.ForEach)?.Collection switch
        {
            CollectionDefinition.File file => ReadFileAsync(file, context, cancellationToken),
            CollectionDefinition.Http http => ReadHttpAsync(http, context, cancellationToken),
            _ => Task.FromResult(TaskOutcome.Failed(
                FailureKinds.Internal, $"The loop of task '{context.TaskPath}' has no items that a worker has to read")),
        };

    private async Task<TaskOutcome> ReadFileAsync(
        CollectionDefinition.File file, TaskContext context, CancellationToken cancellationToken)
    {
        var workingDir = context.Task.Script?.WorkingDir ?? context.Task.Command?.WorkingDir;
        if (WorkingDirectory.Find(context, workingDir, out var failure) is not { } directory)
        {
            return failure!;
        }

        var path = Path.GetFullPath(context.Texts.Strict(file.Path), directory);
        using var deadline = TimeLimit.Start(context.Timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            await using var content = RegularFile.Open(path);
            return await ParseAsync(content, file.Format, null, $"the file {path}", context, stop.Token);
        }
        catch (FileNotFoundException)
        {
            return Failed($"the file {path} does not exist on this worker");
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return TaskOutcome.TimedOut(context.Timeout!.Value);
        }
    }

    private async Task<TaskOutcome> ReadHttpAsync(
        CollectionDefinition.Http source, TaskContext context, CancellationToken cancellationToken)
    {
        var verb = Array.FindIndex(Enum.GetNames<HttpVerb>(), name => name.Equals(source.Method, StringComparison.OrdinalIgnoreCase));
        if (verb < 0)
        {
            var known = string.Join(", ", Enum.GetNames<HttpVerb>()).ToUpperInvariant();
            return Failed($"'{source.Method}' is no method of HTTP; allowed are {known}");
        }

        var http = new HttpDefinition
        {
            Method = Enum.GetValues<HttpVerb>()[verb], Url = source.Url, Headers = source.Headers, Body = source.Body,
        };
        if (HttpRequestPlan.Make(context with { Task = context.Task with { Http = http } }, out var problem) is not { } plan)
        {
            return Failed(problem!);
        }

        var limit = context.Timeout ?? options.HttpTimeout;
        using var deadline = TimeLimit.Start(limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await sender.SendAsync(
                plan, http, context.Texts, message => Say(context, message),
                (response, last) => ReadAnswerAsync(source, response, last, context, stop.Token), stop.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return TaskOutcome.TimedOut(limit);
        }
    }

    private static async Task<TaskOutcome> ReadAnswerAsync(
        CollectionDefinition.Http source, HttpResponseMessage response, HttpRequestPlan plan, TaskContext context,
        CancellationToken cancellationToken)
    {
        var what = $"{plan.Method} {plan.Url.Host}";
        if (!response.IsSuccessStatusCode)
        {
            return Failed($"{what} answered {(int)response.StatusCode} {response.ReasonPhrase}", (int)response.StatusCode);
        }

        await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await ParseAsync(content, source.Format, source.JsonPath, $"the answer to {what}", context, cancellationToken);
    }

    private static async Task<TaskOutcome> ParseAsync(
        Stream content, CollectionFormat format, string? jsonPath, string what, TaskContext context, CancellationToken cancellationToken)
    {
        JsonElement items;
        try
        {
            items = await CollectionParser.ReadAsync(content, format, jsonPath, cancellationToken);
        }
        catch (CollectionException exception)
        {
            return Failed($"{what}: {exception.Message}");
        }

        Say(context, $"The loop has {items.GetArrayLength()} items, read from {what}");
        return TaskOutcome.Completed(new TaskOutput { Items = items });
    }

    private static void Say(TaskContext context, string message) => context.Log.Write("engine", context.Texts.Mask(message));

    private static TaskOutcome Failed(string message, int? code = null) =>
        TaskOutcome.Failed(FailureKinds.Collection, $"The items of the loop could not be read: {message}", exitCode: code);
}
