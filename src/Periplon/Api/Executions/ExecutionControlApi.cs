using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Periplon.Api.Requests;
using Periplon.Client.Executions;
using Periplon.Engine.Audit;

namespace Periplon.Api.Executions;

/// <summary>Executions: cancel, pause, resume.</summary>
internal static class ExecutionControlApi
{
    private const int MaxReason = 1024;

    public static void MapExecutionControl(this RouteGroupBuilder executions)
    {
        executions.MapPost("/{id}/cancel", CancelExecution).RequirePermission(Permissions.ExecutionCancel)
            .Accepts<ControlExecutionRequest>(isOptional: true, RequestBody.Json);
        executions.MapPost("/{id}/pause", PauseExecution).RequirePermission(Permissions.ExecutionCancel)
            .Accepts<ControlExecutionRequest>(isOptional: true, RequestBody.Json);
        executions.MapPost("/{id}/resume", ResumeExecution).RequirePermission(Permissions.ExecutionCancel)
            .Accepts<ControlExecutionRequest>(isOptional: true, RequestBody.Json);
    }

    private static async Task<Results<Ok<ExecutionCancelled>, Accepted<ExecutionCancelled>, ApiProblem>> CancelExecution(
        string id, HttpContext context, CallerIdentity caller, ExecutionReader reader, GrainCalls calls, IOptions<ApiOptions> options,
        IAuditTrail audit, CancellationToken cancellationToken)
    {
        var row = await reader.GetRowAsync(id, caller, cancellationToken);
        var request = await ReadAsync(context, caller, mayKill: true);
        var grain = reader.Grain(row.Id);
        var (status, _) = await calls.RetryAsync(() => grain.CancelAsync(request, cancellationToken), id, cancellationToken);
        if (Refused(status, id) is { } problem)
        {
            return problem;
        }

        if (request.Kill)
        {
            await audit.AddAsync(caller, "execution.kill", $"execution {row.Id:D}", new() { ["reason"] = request.Reason });
        }

        var view = await reader.WaitForEndAsync(row.Id, options.Value.CancelWait, cancellationToken);
        return view is { IsTerminal: true }
            ? TypedResults.Ok(new ExecutionCancelled(row.Id, view.Status, $"Execution {view.Status}", view.CompletedAt))
            : TypedResults.Accepted(
                $"/api/v1/executions/{row.Id:D}",
                new ExecutionCancelled(row.Id, "cancelling", "The execution ends as soon as its running tasks have stopped", null));
    }

    private static Task<Results<Ok<ExecutionControlled>, ApiProblem>> PauseExecution(
        string id, HttpContext context, CallerIdentity caller, ExecutionReader reader, GrainCalls calls,
        CancellationToken cancellationToken) =>
        ControlAsync(
            id, (grain, request) => grain.PauseAsync(request, cancellationToken), "Execution paused: what runs goes on, nothing new starts",
            "The execution was paused already", context, caller, reader, calls, cancellationToken);

    private static Task<Results<Ok<ExecutionControlled>, ApiProblem>> ResumeExecution(
        string id, HttpContext context, CallerIdentity caller, ExecutionReader reader, GrainCalls calls,
        CancellationToken cancellationToken) =>
        ControlAsync(
            id, (grain, request) => grain.ResumeAsync(request, cancellationToken), "Execution resumed",
            "The execution was not paused", context, caller, reader, calls, cancellationToken);

    private static async Task<Results<Ok<ExecutionControlled>, ApiProblem>> ControlAsync(
        string id, Func<IExecutionGrain, ControlRequest, Task<ControlStatus>> call, string done, string unchanged, HttpContext context,
        CallerIdentity caller, ExecutionReader reader, GrainCalls calls, CancellationToken cancellationToken)
    {
        var row = await reader.GetRowAsync(id, caller, cancellationToken);
        var request = await ReadAsync(context, caller);
        var grain = reader.Grain(row.Id);
        var (status, count) = await calls.RetryAsync(() => call(grain, request), id, cancellationToken);
        if (Refused(status, id) is { } problem)
        {
            return problem;
        }

        var view = await reader.DescribeAsync(row.Id, cancellationToken);
        var message = status is ControlStatus.NoChange && count == 1 ? unchanged : done;
        return TypedResults.Ok(new ExecutionControlled(row.Id, view?.Status ?? Core.Executions.StatusRules.ToWord(row.Status), message));
    }

    private static async Task<ControlRequest> ReadAsync(HttpContext context, CallerIdentity caller, bool mayKill = false)
    {
        var body = await RequestBody.ReadAsync(context, optional: true);
        var given = body.IsEmpty ? new ControlExecutionRequest() : body.ReadJson(ApiJson.Default.ControlExecutionRequest);
        var reason = given.Reason;
        if (given.Kill is not null && !mayKill)
        {
            throw new ApiProblemException(ApiProblem.BadRequest(
                "kill: only a cancel can kill", new ProblemError("kill", "only a cancel can kill")));
        }

        return reason?.Length > MaxReason
            ? throw new ApiProblemException(ApiProblem.BadRequest(
                $"reason: has {reason.Length} characters; at most {MaxReason} are allowed",
                new ProblemError("reason", $"has {reason.Length} characters; at most {MaxReason} are allowed")))
            : new ControlRequest(caller.Organization, caller.User, reason) { Kill = given.Kill ?? false };
    }

    private static ApiProblem? Refused(ControlStatus status, string id) => status switch
    {
        ControlStatus.NotFound => ApiProblem.NotFound("execution", id),
        ControlStatus.AlreadyFinished => ApiProblem.Create(
            400, $"Execution '{id}' has already finished; its status does not change any more", id),
        _ => null,
    };
}
