using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Periplon.Api.Requests;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Templates;
using Periplon.Engine.Audit;
using Periplon.Engine.Storage;

namespace Periplon.Api.Executions;

/// <summary>Executions: retry, and skip a task.</summary>
internal static class ExecutionRetryApi
{
    private const string RetryScope = "POST /api/v1/executions/{id}/retry";
    private const int MaxReason = 1024;
    private const int MaxPath = 1024;

    public static void MapExecutionRetry(this RouteGroupBuilder executions)
    {
        executions.MapPost("/{id}/retry", RetryExecution).RequirePermission(Permissions.WorkflowExecute)
            .Accepts<RetryExecutionRequest>(isOptional: true, RequestBody.Json)
            .Produces<ExecutionRetried>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status409Conflict);
        executions.MapPost("/{id}/tasks/{path}/skip", SkipTask).RequirePermission(Permissions.ExecutionCancel)
            .Accepts<SkipTaskBody>(isOptional: true, RequestBody.Json).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Created<ExecutionRetried>, Created<ExecutionObject>, ApiProblem>> RetryExecution(
        string id, [FromQuery] string? wait, [FromHeader(Name = RouteIds.IdempotencyKeyHeader)] string? idempotencyKey,
        HttpContext context, CallerIdentity caller, ExecutionReader reader, IExecutionQueries queries, IGrainFactory grains,
        GrainCalls calls, IAuditTrail audit, TimeProvider time, CancellationToken cancellationToken)
    {
        var seconds = ExecutionsApi.ReadWait(wait);
        var key = RouteIds.CheckIdempotencyKey(idempotencyKey);
        var row = await reader.GetRowAsync(id, caller, cancellationToken);
        var request = Read(await RequestBody.ReadAsync(context, optional: true)) with
        {
            Organization = caller.Organization, RetryOf = row.Id, TriggeredBy = caller.User,
            ExecutionId = key is null ? ExecutionIds.New(time) : ExecutionIds.FromKey(caller.Organization, RetryScope, key),
        };
        var grain = grains.GetGrain<IWorkflowGrain>(row.WorkflowId.ToString("D"));
        var (result, count) = await calls.RetryAsync(() => grain.RetryAsync(request, cancellationToken), id, cancellationToken);
        if (result.Status is not (StartStatus.Started or StartStatus.AlreadyStarted))
        {
            return Refused(result, row, key);
        }

        if (key is not null && result.Status is StartStatus.AlreadyStarted && count == 1)
        {
            context.Response.Headers[RouteIds.ReplayedHeader] = "true";
        }
        else
        {
            await audit.AddAsync(
                caller, "execution.retry", $"execution {row.Id:D}",
                new() { ["execution"] = request.ExecutionId, ["from_task"] = request.FromTask, ["from_start"] = request.FromStart });
        }

        var location = $"/api/v1/executions/{request.ExecutionId:D}";
        return seconds > TimeSpan.Zero && await queries.FindAsync(caller.Organization, request.ExecutionId, cancellationToken) is { } begun
            ? TypedResults.Created(location, await reader.ShowAsync(begun, seconds, cancellationToken))
            : TypedResults.Created(
                location, new ExecutionRetried(request.ExecutionId, row.WorkflowId, row.Id, "queued", "Execution queued"));
    }

    private static Client.Workflows.RetryExecution Read(RequestBody content)
    {
        var body = content.IsEmpty ? new RetryExecutionRequest() : content.ReadJson(RetryJson.Default.RetryExecutionRequest);
        var fields = new QueryReader();
        foreach (var name in body.Unknown?.Keys ?? Enumerable.Empty<string>())
        {
            fields.Refuse(name, "is not known; allowed are from_task, from_start, inputs, revision");
        }

        if (body is { FromTask: not null, FromStart: true })
        {
            fields.Refuse("from_start", "cannot be given together with from_task");
        }

        if (body.FromTask is { Length: 0 or > MaxPath })
        {
            fields.Refuse("from_task", "must be the path of a task, such as build or group.child");
        }

        if (body is { Inputs: not null, InputParams: not null })
        {
            fields.Refuse("inputs", "is the same as input_params; give one of them");
        }

        var inputs = (body.Inputs ?? body.InputParams).GetValueOrDefault().Utf8;
        if (!inputs.IsEmpty && inputs.Span[0] != (byte)'{')
        {
            fields.Refuse("inputs", "must be a JSON object of input values");
        }

        var revision = ReadRevision(body.Revision, fields);
        fields.ThrowIfRefused();
        return new()
        {
            ExecutionId = default, Organization = "", RetryOf = default, FromTask = body.FromTask, FromStart = body.FromStart ?? false,
            Inputs = inputs, Revision = revision,
        };
    }

    private static int ReadRevision(RawJson? given, QueryReader fields)
    {
        if (given is not { Utf8.IsEmpty: false } json)
        {
            return Client.Workflows.RetryExecution.SameRevision;
        }

        var value = JsonElement.Parse(json.Utf8.Span);
        var text = value.ValueKind is JsonValueKind.String ? value.GetString() : value.GetRawText();
        if (text == "same")
        {
            return Client.Workflows.RetryExecution.SameRevision;
        }

        if (text == "latest")
        {
            return Client.Workflows.RetryExecution.LatestRevision;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
        {
            return number;
        }

        fields.Refuse("revision", $"'{text}' is not allowed; it must be same, latest or the number of a revision");
        return 0;
    }

    private static ApiProblem Refused(StartResult result, ExecutionRow row, string? key)
    {
        var id = row.Id.ToString("D");
        IReadOnlyList<ProblemError> errors = [.. result.Problems.Select(Workflows.DiagnosticObject.ToError)];
        var messages = string.Join("; ", result.Problems.Take(5).Select(problem => $"{problem.Path}: {problem.Message}"));
        return result.Status switch
        {
            StartStatus.NotEnded => ApiProblem.Conflict(
                $"Execution '{id}' has not ended; only ended ones can be retried. Cancel it first, or wait for its end", id),
            StartStatus.NothingToRetry => ApiProblem.Conflict(
                $"Execution '{id}' completed, so nothing of it is left to run. Name a task as from_task, or give from_start: true", id),
            StartStatus.ExecutionNotFound => ApiProblem.Create(404, $"The history of execution '{id}' is not kept any more", id),
            StartStatus.WorkflowNotFound => ApiProblem.Conflict(
                $"Workflow '{row.WorkflowName}' ({row.WorkflowId:D}) of execution '{id}' was deleted; it cannot be retried", id),
            StartStatus.WorkflowInactive => ApiProblem.Conflict(
                $"Workflow '{row.WorkflowName}' ({row.WorkflowId:D}) is not active; set is_active to true to retry its executions", id),
            StartStatus.NotRunnable => ApiProblem.NotRunnable(
                "The workflow uses parts of the language that this version does not run: " + messages, id, errors),
            StartStatus.CannotKeep => ApiProblem.Create(422, "The execution cannot be retried so: " + messages, id, errors: errors),
            StartStatus.Conflict when key is not null => ApiProblem.KeyReused(key),
            StartStatus.Conflict => ApiProblem.Conflict("The execution's id exists already", id),
            _ => ApiProblem.BadRequest("The inputs are wrong: " + messages, errors),
        };
    }

    private static async Task<Results<Ok<TaskSkipped>, Accepted<TaskSkipped>, ApiProblem>> SkipTask(
        string id, string path, HttpContext context, CallerIdentity caller, ExecutionReader reader, GrainCalls calls,
        IAuditTrail audit, CancellationToken cancellationToken)
    {
        // The server leaves a slash of a path as it was escaped.
        var task = path.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var row = await reader.GetRowAsync(id, caller, cancellationToken);
        var content = await RequestBody.ReadAsync(context, optional: true);
        var body = content.IsEmpty ? new SkipTaskBody() : content.ReadJson(RetryJson.Default.SkipTaskBody);
        Check(body);
        var request = new SkipTaskRequest
        {
            Organization = caller.Organization, Task = task, By = caller.User, Reason = body.Reason,
            Output = body.Output.GetValueOrDefault().Utf8,
        };
        var grain = reader.Grain(row.Id);
        var (result, count) = await calls.RetryAsync(() => grain.SkipTaskAsync(request, cancellationToken), id, cancellationToken);

        // After a call that was not answered "no change" most likely says that this one did it.
        if (result.Status is SkipTaskStatus.Done || (result.Status is SkipTaskStatus.NoChange && count > 1))
        {
            await audit.AddAsync(
                caller, "execution.skip_task", $"execution {row.Id:D}", new() { ["task"] = task, ["reason"] = body.Reason });
        }

        return result.Status switch
        {
            SkipTaskStatus.Done when result.Detail is "skipped" or "completed" => TypedResults.Ok(
                new TaskSkipped(row.Id, task, result.Detail, $"Task '{task}' is {result.Detail}")),
            SkipTaskStatus.Done => TypedResults.Accepted(
                $"/api/v1/executions/{row.Id:D}/tasks",
                new TaskSkipped(row.Id, task, "stopping", $"Task '{task}' is skipped as soon as what runs of it has stopped")),
            SkipTaskStatus.NoChange => TypedResults.Ok(new TaskSkipped(row.Id, task, "skipped", $"Task '{task}' was skipped already")),
            _ => NotSkipped(result, id, task),
        };
    }

    private static void Check(SkipTaskBody body)
    {
        var fields = new QueryReader();
        foreach (var name in body.Unknown?.Keys ?? Enumerable.Empty<string>())
        {
            fields.Refuse(name, "is not known; allowed are reason, output");
        }

        if (body.Reason?.Length > MaxReason)
        {
            fields.Refuse("reason", $"has {body.Reason.Length} characters; at most {MaxReason} are allowed");
        }

        if (body.Output is { Utf8.IsEmpty: false } output && ValueLimits.FindProblem(JsonElement.Parse(output.Utf8.Span)) is { } problem)
        {
            fields.Refuse("output", problem);
        }

        fields.ThrowIfRefused();
    }

    private static ApiProblem NotSkipped(SkipTaskResult result, string id, string task) => result.Status switch
    {
        SkipTaskStatus.NotFound => ApiProblem.NotFound("execution", id),
        SkipTaskStatus.TaskNotFound => ApiProblem.NotFound($"task '{task}' in execution", id),
        SkipTaskStatus.AlreadyFinished => ApiProblem.Conflict($"Execution '{id}' has already finished; nothing in it can be skipped", id),
        SkipTaskStatus.TaskEnded => ApiProblem.Conflict($"Task '{task}' is {result.Detail}; only what has not ended can be skipped", id),
        SkipTaskStatus.TaskInHandlers => ApiProblem.Conflict(
            $"The work of task '{task}' is {result.Detail} and its handlers run; skip these by their own paths", id),
        SkipTaskStatus.TaskStopping => ApiProblem.Conflict($"Task '{task}' is being stopped already: {result.Detail}", id),
        _ => ApiProblem.Conflict(
            $"Task '{task}' has not come into being"
            + (string.IsNullOrEmpty(result.Detail) ? "" : $"; '{result.Detail}' around it has not begun. Skip that one, or wait"),
            id),
    };
}
