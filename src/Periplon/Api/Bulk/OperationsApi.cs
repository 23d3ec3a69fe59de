using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Periplon.Api.Executions;
using Periplon.Api.Requests;
using Periplon.Api.Triggers;
using Periplon.Client.Executions;
using Periplon.Engine.Audit;
using Periplon.Engine.Bulk;
using Periplon.Engine.Storage;

namespace Periplon.Api.Bulk;

/// <summary>Actions on all executions of a filter, which the server works through by itself.</summary>
internal static class OperationsApi
{
    private const string Permission = "execution.bulk";
    private const string StartScope = "POST /api/v1/executions/bulk";
    private const int MaxSample = 10;

    private static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(1);

    public static void MapOperations(this IEndpointRouteBuilder app)
    {
        var bulk = app.MapGroup("/api/v1/executions").WithTags("Executions").AnswersProblems();
        bulk.MapPost("/bulk", StartBulkAction).RequirePermission(Permission)
            .Accepts<BulkActionRequest>(RequestBody.Json).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        var operations = app.MapGroup("/api/v1/operations").WithTags("Operations").AnswersProblems();
        operations.MapGet("", ListOperations).RequirePermission(Permissions.ExecutionRead);
        operations.MapGet("/{id}", GetOperation).RequirePermission(Permissions.ExecutionRead);
        operations.MapPost("/{id}/cancel", CancelOperation).RequirePermission(Permission);
    }

    private static async Task<Results<Ok<BulkPreview>, Ok<OperationObject>, Accepted<OperationObject>, ApiProblem>> StartBulkAction(
        [FromQuery] string? wait, [FromHeader(Name = RouteIds.IdempotencyKeyHeader)] string? idempotencyKey, HttpContext context,
        CallerIdentity caller, BulkStore store, BulkRequests requests, IExecutionQueries queries, IAuditTrail audit, TimeProvider time,
        IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        var seconds = ReadWait(wait);
        var key = RouteIds.CheckIdempotencyKey(idempotencyKey);
        var body = (await RequestBody.ReadAsync(context)).ReadJson(OperationJson.Default.BulkActionRequest);
        var (action, request) = await requests.ReadAsync(body, caller.Organization, cancellationToken);
        var now = time.GetUtcNow();
        var filter = request.ToFilter(caller.Organization, now);
        if (body.DryRun is true)
        {
            var sample = await queries.ListAsync(filter, null, 0, MaxSample, cancellationToken);
            var count = await queries.CountAsync(filter, long.MaxValue, cancellationToken);
            return TypedResults.Ok(new BulkPreview(
                action, count, [.. sample.Select(row => row.Id)], $"{count} executions match; nothing was done"));
        }

        var id = key is null ? ExecutionIds.New(time) : ExecutionIds.FromKey(caller.Organization, StartScope, key);
        var stored = key is null ? null : await store.FindAsync(caller.Organization, id, cancellationToken);
        if (stored is null)
        {
            var asked = new BulkOperation
            {
                Id = id, Organization = caller.Organization, Action = action, Request = request, Reason = body.Reason,
                Matched = await queries.CountAsync(filter, long.MaxValue, cancellationToken), CreatedAt = now, CreatedBy = caller.User,
                UpdatedAt = now,
            };
            stored = await store.AddAsync(asked, cancellationToken)
                ? asked
                : await store.FindAsync(caller.Organization, id, cancellationToken);
            if (stored is null)
            {
                return ApiProblem.Conflict(
                    $"{BulkOperation.MostRunning} operations are under way, and no more are allowed. "
                    + "Wait for the end of one, or cancel one");
            }
        }

        if (!IsSame(stored, action, request, body.Reason))
        {
            return ApiProblem.KeyReused(key ?? "");
        }

        if (stored.CreatedAt != now)
        {
            context.Response.Headers[RouteIds.ReplayedHeader] = "true";
        }
        else
        {
            await audit.AddAsync(
                caller, "execution.bulk", $"operation {id:D}",
                new() { ["action"] = action, ["matched"] = stored.Matched, ["reason"] = stored.Reason });
        }

        var shown = await WaitAsync(stored, seconds, store, time, lifetime, cancellationToken);
        return shown.Status is BulkStatus.Running
            ? TypedResults.Accepted($"/api/v1/operations/{id:D}", OperationObject.From(shown))
            : TypedResults.Ok(OperationObject.From(shown));
    }

    private static async Task<Ok<OperationPage>> ListOperations(
        [FromQuery] string? status, [FromQuery] string? limit, [FromQuery] string? cursor, CallerIdentity caller, BulkStore store,
        CancellationToken cancellationToken)
    {
        var read = new QueryReader();
        var word = read.OneOf("status", status, "running", "completed", "cancelled");
        var most = read.Integer("limit", limit, fallback: 50, min: 1, max: 500);
        var place = NamedCursors.Read(cursor, read);
        var after = place is { } at && read.Id("cursor", at.Text) is { } id ? new BulkCursor(at.At, id) : null;
        read.ThrowIfRefused();
        var rows = await store.ListAsync(
            caller.Organization, word is null ? null : BulkStore.FindStatus(word), after, most + 1, cancellationToken);
        var page = rows.Take(most).ToList();
        return TypedResults.Ok(new OperationPage(
            [.. page.Select(OperationObject.From)], most,
            rows.Count > most ? NamedCursors.Write(page[^1].CreatedAt, page[^1].Id.ToString("D")) : null));
    }

    private static async Task<Ok<OperationObject>> GetOperation(
        string id, [FromQuery] string? wait, CallerIdentity caller, BulkStore store, TimeProvider time, IHostApplicationLifetime lifetime,
        CancellationToken cancellationToken)
    {
        var seconds = ReadWait(wait);
        var operation = await FindAsync(id, caller, store, cancellationToken);
        return TypedResults.Ok(
            OperationObject.From(await WaitAsync(operation, seconds, store, time, lifetime, cancellationToken)));
    }

    private static async Task<Results<Accepted<OperationObject>, ApiProblem>> CancelOperation(
        string id, CallerIdentity caller, BulkStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var operation = await FindAsync(id, caller, store, cancellationToken);
        var isAsked = await store.RequestCancelAsync(caller.Organization, operation.Id, time.GetUtcNow(), cancellationToken);
        operation = await FindAsync(id, caller, store, cancellationToken);
        return isAsked
            ? TypedResults.Accepted($"/api/v1/operations/{operation.Id:D}", OperationObject.From(operation))
            : ApiProblem.Conflict($"Operation '{id}' is {BulkStore.ToWord(operation.Status)} and cannot be cancelled any more", id);
    }

    private static async Task<BulkOperation> FindAsync(
        string id, CallerIdentity caller, BulkStore store, CancellationToken cancellationToken) =>
        await store.FindAsync(caller.Organization, RouteIds.Parse(id, "operation"), cancellationToken)
            ?? throw new ApiProblemException(ApiProblem.NotFound("operation", id));

    private static TimeSpan ReadWait(string? wait)
    {
        var read = new QueryReader();
        var seconds = read.Seconds("wait", wait, ExecutionsApi.MaxWaitSeconds);
        read.ThrowIfRefused();
        return seconds;
    }

    private static async Task<BulkOperation> WaitAsync(
        BulkOperation operation, TimeSpan wait, BulkStore store, TimeProvider time, IHostApplicationLifetime lifetime,
        CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        for (var pause = _firstPause; operation.Status is BulkStatus.Running; pause = pause * 2 < _longestPause ? pause * 2 : _longestPause)
        {
            var left = wait - time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero || waiting.IsCancellationRequested)
            {
                break;
            }

            try
            {
                await Task.Delay(pause < left ? pause : left, time, waiting.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                break;
            }

            operation = await store.FindAsync(operation.Organization, operation.Id, cancellationToken) ?? operation;
        }

        return operation;
    }

    // As they are stored: the order of members and the names of defaults do not count.
    private static bool IsSame(BulkOperation stored, string action, BulkRequest request, string? reason) =>
        stored.Action == action && stored.Reason == reason
        && JsonSerializer.Serialize(stored.Request, BulkJson.Default.BulkRequest)
            == JsonSerializer.Serialize(request, BulkJson.Default.BulkRequest);
}
