using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Periplon.Api.Requests;
using Periplon.Client.Executions;
using Periplon.Core.Templates;

namespace Periplon.Api.Executions;

/// <summary>Executions: signals, webhooks and approvals.</summary>
internal static class ExecutionWaitsApi
{
    private const int MaxName = 256;
    private const int MaxComment = 4096;

    public static void MapExecutionWaits(this RouteGroupBuilder executions)
    {
        executions.MapPost("/{id}/signal", SendSignal).RequirePermission(Permissions.ExecutionSignal)
            .Accepts<SignalExecutionRequest>(RequestBody.Json).AnswersConflict();
        executions.MapPost("/{id}/webhooks/{name}", CallWebhook).RequirePermission(Permissions.ExecutionSignal).AnswersConflict();
        executions.MapPost("/{id}/approve", ApproveTask).RequirePermission(Permissions.ExecutionApprove)
            .Accepts<DecideExecutionRequest>(isOptional: true, RequestBody.Json).AnswersConflict();
        executions.MapPost("/{id}/reject", RejectTask).RequirePermission(Permissions.ExecutionApprove)
            .Accepts<DecideExecutionRequest>(isOptional: true, RequestBody.Json).AnswersConflict();
        executions.MapGet("/{id}/approvals", ListApprovals).RequirePermission(Permissions.ExecutionRead);
    }

    private static async Task<Results<Ok<ExecutionSignalled>, Accepted<ExecutionSignalled>, ApiProblem>> SendSignal(
        string id, HttpContext context, [FromHeader(Name = RouteIds.IdempotencyKeyHeader)] string? key, CallerIdentity caller,
        ExecutionReader reader, GrainCalls calls, CancellationToken cancellationToken)
    {
        var row = await reader.GetRowAsync(id, caller, cancellationToken);
        var body = (await RequestBody.ReadAsync(context)).ReadJson(ApiJson.Default.SignalExecutionRequest);
        var fields = new QueryReader();
        foreach (var unknown in body.Unknown?.Keys ?? Enumerable.Empty<string>())
        {
            fields.Refuse(unknown, "is not known; allowed are name, payload");
        }

        CheckName(body.Name, fields);
        var payload = body.Payload.GetValueOrDefault().Utf8;
        CheckPayload(payload, "payload", fields);
        fields.ThrowIfRefused();
        return await SignalAsync(row.Id, body.Name!, isWebhook: false, payload, key, caller, reader, calls, cancellationToken);
    }

    private static async Task<Results<Ok<ExecutionSignalled>, Accepted<ExecutionSignalled>, ApiProblem>> CallWebhook(
        string id, string name, HttpContext context, [FromHeader(Name = RouteIds.IdempotencyKeyHeader)] string? key,
        CallerIdentity caller, ExecutionReader reader, GrainCalls calls, CancellationToken cancellationToken)
    {
        var row = await reader.GetRowAsync(id, caller, cancellationToken);
        var payload = (await RequestBody.ReadAnyAsync(context)).ReadJsonOrText();
        var fields = new QueryReader();
        CheckName(name, fields);
        CheckPayload(payload, "body", fields);
        fields.ThrowIfRefused();
        return await SignalAsync(row.Id, name, isWebhook: true, payload, key, caller, reader, calls, cancellationToken);
    }

    private static async Task<Results<Ok<ExecutionSignalled>, Accepted<ExecutionSignalled>, ApiProblem>> SignalAsync(
        Guid id, string name, bool isWebhook, ReadOnlyMemory<byte> payload, string? key, CallerIdentity caller, ExecutionReader reader,
        GrainCalls calls, CancellationToken cancellationToken)
    {
        // Without a key of the sender the tries of this one call still count once.
        var request = new SignalRequest
        {
            Organization = caller.Organization, Name = name, IsWebhook = isWebhook, Payload = payload, By = caller.User,
            Key = RouteIds.CheckIdempotencyKey(key) ?? Guid.NewGuid().ToString("D"),
        };
        var grain = reader.Grain(id);
        var (status, _) = await calls.RetryAsync(() => grain.SignalAsync(request, cancellationToken), id.ToString("D"), cancellationToken);
        var what = isWebhook ? $"Webhook '{name}'" : $"Signal '{name}'";
        return status switch
        {
            SignalStatus.Taken => TypedResults.Ok(new ExecutionSignalled(id, name, "taken", $"{what} was taken by the task that waited")),
            SignalStatus.Repeated => TypedResults.Ok(new ExecutionSignalled(id, name, "repeated", $"{what} came before with the same key")),
            SignalStatus.Kept => TypedResults.Accepted(
                $"/api/v1/executions/{id:D}/events", new ExecutionSignalled(id, name, "kept", $"{what} is kept until a task waits for it")),
            SignalStatus.AlreadyFinished => Finished(id),
            SignalStatus.Full => ApiProblem.Conflict(
                $"Execution {id:D} keeps as many signals as it may; none is taken until a task takes one of them"),
            _ => ApiProblem.NotFound("execution", id.ToString("D")),
        };
    }

    private static Task<Results<Ok<ExecutionDecided>, ApiProblem>> ApproveTask(
        string id, HttpContext context, CallerIdentity caller, ExecutionReader reader, GrainCalls calls,
        CancellationToken cancellationToken) => DecideAsync(id, approved: true, context, caller, reader, calls, cancellationToken);

    private static Task<Results<Ok<ExecutionDecided>, ApiProblem>> RejectTask(
        string id, HttpContext context, CallerIdentity caller, ExecutionReader reader, GrainCalls calls,
        CancellationToken cancellationToken) => DecideAsync(id, approved: false, context, caller, reader, calls, cancellationToken);

    private static async Task<Results<Ok<ExecutionDecided>, ApiProblem>> DecideAsync(
        string id, bool approved, HttpContext context, CallerIdentity caller, ExecutionReader reader, GrainCalls calls,
        CancellationToken cancellationToken)
    {
        var row = await reader.GetRowAsync(id, caller, cancellationToken);
        var body = await RequestBody.ReadAsync(context, optional: true);
        var given = body.IsEmpty ? new DecideExecutionRequest() : body.ReadJson(ApiJson.Default.DecideExecutionRequest);
        var fields = new QueryReader();
        if (given.Comment?.Length > MaxComment)
        {
            fields.Refuse("comment", $"has {given.Comment.Length} characters; at most {MaxComment} are allowed");
        }

        fields.ThrowIfRefused();
        var request = new DecisionRequest
        {
            Organization = caller.Organization, Task = string.IsNullOrEmpty(given.Task) ? null : given.Task, Approved = approved,
            By = caller.User, Comment = given.Comment,
        };
        var grain = reader.Grain(row.Id);
        var (result, count) = await calls.RetryAsync(() => grain.DecideAsync(request, cancellationToken), id, cancellationToken);
        var word = approved ? "approved" : "rejected";
        return result.Status switch
        {
            DecisionStatus.Decided => TypedResults.Ok(new ExecutionDecided(row.Id, result.Task!, word, $"Task '{result.Task}' is {word}")),

            // The first try was heard, its answer was not: what it decided is the only one that had waited.
            DecisionStatus.NoneWaits when count > 1 && request.Task is null => TypedResults.Ok(
                new ExecutionDecided(row.Id, "", word, $"The approval that waited is {word}")),
            DecisionStatus.NotAllowed => ApiProblem.Create(
                403,
                $"'{caller.User}' may not decide task '{result.Task}'; its approvers are {string.Join(", ", result.Approvers ?? [])}",
                id),
            DecisionStatus.AlreadyFinished => Finished(row.Id),
            DecisionStatus.NotFound => ApiProblem.NotFound("execution", id),
            _ => NotDecided(id, request.Task, result),
        };
    }

    private static async Task<Ok<ApprovalList>> ListApprovals(
        string id, CallerIdentity caller, ExecutionReader reader, CancellationToken cancellationToken)
    {
        var row = await reader.GetRowAsync(id, caller, cancellationToken);
        var view = await reader.DescribeAsync(row.Id, cancellationToken);
        return TypedResults.Ok(new ApprovalList(row.Id, [.. (view?.Approvals ?? []).Select(ApprovalObject.From)]));
    }

    private static ApiProblem NotDecided(string id, string? task, DecisionResult result)
    {
        var waiting = result.Waiting ?? [];
        var list = waiting.Count == 0 ? "No task waits for one" : $"These tasks do: {string.Join(", ", waiting)}";
        var detail = task is not null ? $"Task '{task}' of execution '{id}' does not wait for a decision. {list}"
            : waiting.Count == 0 ? $"No task of execution '{id}' waits for a decision"
            : $"Several tasks of execution '{id}' wait for a decision; name one as task. {list}";
        return ApiProblem.Create(
            409, detail, id, errors: [.. waiting.Select(path => new ProblemError("task", $"'{path}' waits for a decision"))]);
    }

    private static ApiProblem Finished(Guid id) =>
        ApiProblem.Conflict($"Execution '{id:D}' has already finished; nothing in it waits any more", id.ToString("D"));

    private static void CheckName(string? name, QueryReader fields)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxName || name.Any(char.IsControl))
        {
            fields.Refuse("name", $"must have 1 to {MaxName} characters, none of them control characters");
        }
    }

    private static void CheckPayload(ReadOnlyMemory<byte> payload, string name, QueryReader fields)
    {
        if (!payload.IsEmpty && ValueLimits.FindProblem(JsonElement.Parse(payload.Span)) is { } problem)
        {
            fields.Refuse(name, problem);
        }
    }

    private static RouteHandlerBuilder AnswersConflict(this RouteHandlerBuilder route) =>
        route.ProducesProblem(StatusCodes.Status409Conflict);
}
