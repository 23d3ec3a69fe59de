using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Periplon.Api.Requests;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Api.Executions;

/// <summary>Executions: start, list, show.</summary>
internal static class ExecutionsApi
{
    public const int MaxWaitSeconds = 300;

    private const string StartScope = "POST /api/v1/executions";
    private const int MaxOffset = 10_000;
    private const long CountBound = 10_000;

    public static void MapExecutions(this IEndpointRouteBuilder app)
    {
        var executions = app.MapGroup("/api/v1/executions").WithTags("Executions").AnswersProblems();
        executions.MapGet("", ListExecutions).RequirePermission(Permissions.ExecutionRead);
        executions.MapPost("", StartExecution).RequirePermission(Permissions.WorkflowExecute)
            .Accepts<StartExecutionRequest>(RequestBody.Json)
            .Produces<ExecutionStarted>(StatusCodes.Status201Created);
        executions.MapGet("/{id}", GetExecution).RequirePermission(Permissions.ExecutionRead);
        executions.MapExecutionDetails();
        executions.MapExecutionControl();
        executions.MapExecutionRetry();
        executions.MapExecutionWaits();
        executions.MapExecutionDeletion();
    }

    private static async Task<Ok<ExecutionPage>> ListExecutions(
        [AsParameters] ExecutionListQuery query, CallerIdentity caller, IExecutionQueries queries, CancellationToken cancellationToken)
    {
        var read = new QueryReader();
        var filter = new ExecutionFilter
        {
            Organization = caller.Organization,
            WorkflowId = read.Id("workflow_id", query.WorkflowId),
            Statuses = read.Statuses("status", query.Status),
            TriggeredBy = string.IsNullOrEmpty(query.TriggeredBy) ? null : query.TriggeredBy,
            ParentExecutionId = read.Id("parent_execution_id", query.ParentExecutionId) ?? read.Id("parent", query.Parent),
            RetryOf = read.Id("retry_of", query.RetryOf),
            CreatedAfter = read.Time("created_after", query.CreatedAfter),
            CreatedBefore = read.Time("created_before", query.CreatedBefore),
            Labels = read.Labels("label", query.Label),
        };
        var limit = read.Integer("limit", query.Limit, fallback: 50, min: 1, max: 500);
        var offset = read.Integer("offset", query.Offset, fallback: 0, min: 0, max: MaxOffset);
        var cursor = ExecutionCursors.Read(query.Cursor, read);
        if (cursor is not null && offset > 0)
        {
            read.Refuse("offset", "cannot be given together with cursor, which already says where the page starts");
        }

        read.ThrowIfRefused();

        // One row more than asked tells whether a page follows.
        var rows = await queries.ListAsync(filter, cursor, offset, limit + 1, cancellationToken);
        var total = await queries.CountAsync(filter, CountBound, cancellationToken);
        var page = rows.Take(limit).ToList();
        return TypedResults.Ok(new ExecutionPage(
            [.. page.Select(ExecutionObject.From)], total, offset, limit, rows.Count > limit ? ExecutionCursors.Write(page[^1]) : null));
    }

    private static async Task<Results<Created<ExecutionStarted>, Created<ExecutionObject>, ApiProblem>> StartExecution(
        [FromQuery] string? wait, [FromHeader(Name = RouteIds.IdempotencyKeyHeader)] string? idempotencyKey, HttpContext context,
        CallerIdentity caller, IWorkflowStore workflows, IGrainFactory grains, GrainCalls calls, IExecutionQueries queries,
        ExecutionReader reader, EndWatches watches, TimeProvider time, CancellationToken cancellationToken)
    {
        var seconds = ReadWait(wait);
        var key = RouteIds.CheckIdempotencyKey(idempotencyKey);
        var start = StartRequests.Read(await RequestBody.ReadAsync(context));
        var id = key is null ? ExecutionIds.New(time) : ExecutionIds.FromKey(caller.Organization, StartScope, key);
        // A name may lead nowhere or elsewhere by the time of a repetition; the execution knows where it led.
        var before = key is null || start.WorkflowId is not null
            ? null
            : await queries.FindAsync(caller.Organization, id, cancellationToken);
        var workflowId = start.WorkflowId ?? (before?.WorkflowName == start.WorkflowName ? before?.WorkflowId : null)
            ?? (await workflows.FindByNameAsync(caller.Organization, start.WorkflowName!, cancellationToken))?.Id;
        if (workflowId is null)
        {
            return ApiProblem.NotFound("workflow named", start.WorkflowName!);
        }

        if (start.ParentExecutionId is { } parent)
        {
            await CheckParentAsync(caller.Organization, parent, key is null ? null : id, queries, cancellationToken);
        }

        var request = new StartExecution
        {
            ExecutionId = id,
            Organization = caller.Organization,
            Inputs = start.Inputs,
            Priority = start.Priority,
            TriggerType = start.TriggerType,
            TriggeredBy = caller.User,
            ParentExecutionId = start.ParentExecutionId,
            Labels = start.Labels,
        };
        var grain = grains.GetWorkflow(workflowId.Value);
        using var watch = seconds > TimeSpan.Zero ? watches.Begin(id) : null;

        // Without the request's token: who goes away keeps a start that was begun from nothing, and to carry the token costs every start.
        var (result, count) = await calls.RetryAsync(
            () => grain.StartAsync(request, CancellationToken.None), id.ToString("D"), cancellationToken);
        if (result.Status is not (StartStatus.Started or StartStatus.AlreadyStarted))
        {
            return Refused(result, workflowId.Value, key);
        }

        // After a repeated call "already" may mean our own first try, which then is not a replay.
        if (key is not null && result.Status is StartStatus.AlreadyStarted && count == 1)
        {
            context.Response.Headers[RouteIds.ReplayedHeader] = "true";
        }

        var location = $"/api/v1/executions/{id:D}";
        if (seconds > TimeSpan.Zero && result.Status is StartStatus.Started)
        {
            var since = time.GetTimestamp();
            if (await reader.WaitForEndAsync(id, seconds, cancellationToken, watch) is { } view && ExecutionObject.FromEnded(id, view) is { } ended)
            {
                // Who has just started it needs no row to be told that it is his.
                return TypedResults.Created(location, ended);
            }

            seconds -= time.GetElapsedTime(since);
        }

        if (ReadWait(wait) > TimeSpan.Zero && await queries.FindAsync(caller.Organization, id, cancellationToken) is { } row)
        {
            return TypedResults.Created(location, await reader.ShowAsync(row, seconds, cancellationToken));
        }

        return TypedResults.Created(location, new ExecutionStarted(id, workflowId.Value, "queued", "Execution queued"));
    }

    // A repetition is answered as the first time, though the parent may have been deleted since.
    private static async Task CheckParentAsync(
        string organization, Guid parent, Guid? keyed, IExecutionQueries queries, CancellationToken cancellationToken)
    {
        if (await queries.FindAsync(organization, parent, cancellationToken) is null
            && (keyed is null || await queries.FindAsync(organization, keyed.Value, cancellationToken) is null))
        {
            var fields = new QueryReader();
            fields.Refuse("parent_execution_id", $"there is no execution {parent:D}; give one that exists, or leave it out");
            fields.ThrowIfRefused();
        }
    }

    private static async Task<Ok<ExecutionObject>> GetExecution(
        string id, [FromQuery] string? wait, CallerIdentity caller, ExecutionReader reader, CancellationToken cancellationToken)
    {
        var seconds = ReadWait(wait);
        var row = await reader.GetRowAsync(id, caller, cancellationToken);
        return TypedResults.Ok(await reader.ShowAsync(row, seconds, cancellationToken));
    }

    public static TimeSpan ReadWait(string? wait)
    {
        var read = new QueryReader();
        var seconds = read.Seconds("wait", wait, MaxWaitSeconds);
        read.ThrowIfRefused();
        return seconds;
    }

    /// <summary>Why a start was refused.</summary>
    public static ApiProblem Refused(StartResult result, Guid workflowId, string? key)
    {
        var id = workflowId.ToString("D");
        var messages = string.Join("; ", result.Problems.Take(5).Select(problem => $"{problem.Path}: {problem.Message}"));
        IReadOnlyList<ProblemError> errors = [.. result.Problems.Select(Workflows.DiagnosticObject.ToError)];
        return result.Status switch
        {
            StartStatus.WorkflowNotFound => ApiProblem.NotFound("workflow", id),
            StartStatus.WorkflowInactive => ApiProblem.Conflict($"Workflow '{id}' is not active; set is_active to true to start it", id),
            StartStatus.NotRunnable => ApiProblem.NotRunnable(
                "The workflow uses parts of the language that this version does not run: " + messages, id, errors),
            StartStatus.Conflict when key is not null => ApiProblem.KeyReused(key),
            StartStatus.Conflict => ApiProblem.Conflict("The execution's id exists already", id),
            _ => ApiProblem.BadRequest("The inputs are wrong: " + messages, errors),
        };
    }
}
