using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Periplon.Api.Requests;
using Periplon.Client.Executions;
using Periplon.Engine.Schedules;

namespace Periplon.Api.Schedules;

/// <summary>Schedules: filling of ranges.</summary>
internal static class ScheduleBackfillsApi
{
    private const int MaxTicks = 100_000;
    private const int MaxShown = 100;
    private const int DefaultParallel = 4;

    // What is caught up on should not hold up what is due now.
    private const int PriorityBelow = 10;

    public static void MapScheduleBackfills(this RouteGroupBuilder schedules)
    {
        schedules.MapPost("/{id}/backfill", StartBackfill).RequirePermission(SchedulePermissions.Execute)
            .Accepts<BackfillRequest>(RequestBody.Json);
        schedules.MapGet("/{id}/backfills", ListBackfills).RequirePermission(SchedulePermissions.Read);
        schedules.MapGet("/{id}/backfills/{backfill}", GetBackfill).RequirePermission(SchedulePermissions.Read);
        schedules.MapPost("/{id}/backfills/{backfill}/cancel", CancelBackfill).RequirePermission(SchedulePermissions.Execute);
    }

    private static async Task<Results<Accepted<BackfillObject>, Ok<BackfillPreview>, ApiProblem>> StartBackfill(
        string id, [FromHeader(Name = RouteIds.IdempotencyKeyHeader)] string? idempotencyKey, HttpContext context, CallerIdentity caller,
        ScheduleEditor editor, IScheduleStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var key = RouteIds.CheckIdempotencyKey(idempotencyKey);
        var row = await editor.GetAsync(id, caller, cancellationToken);
        var request = (await RequestBody.ReadAsync(context)).ReadJson(ScheduleJson.Default.BackfillRequest);
        var backfill = Read(request, row, editor.Now) with
        {
            Id = key is null
                ? ExecutionIds.New(time)
                : ExecutionIds.FromKey(caller.Organization, $"POST /api/v1/schedules/{row.Id:D}/backfill", key),
            CreatedBy = caller.User,
        };
        if (key is not null && await store.FindBackfillAsync(row.Id, backfill.Id, cancellationToken) is { } known)
        {
            return Replayed(context, key, known, backfill);
        }

        // After the look for the key: what was accepted once is not refused because it has grown older since.
        RefuseForgotten(request, backfill.FromAt, editor.RunsKeptFrom(row));
        if (!row.TryGetRule(out var rule, out var problem))
        {
            return ApiProblem.Conflict($"The schedule cannot be read: {problem}", id);
        }

        var ticks = rule.Between(backfill.FromAt, backfill.ToAt).Take(MaxTicks + 1).ToList();
        if (ticks.Count > MaxTicks)
        {
            return ApiProblem.BadRequest(
                $"to: the range has more than {MaxTicks} ticks; fill it in parts", new ProblemError("to", $"at most {MaxTicks} ticks"));
        }

        var gaps = await store.ListGapsAsync(row.Id, ticks, cancellationToken);
        if (request.DryRun is true)
        {
            return TypedResults.Ok(new BackfillPreview(row.Id, true, gaps.Count, ticks.Count - gaps.Count, [.. gaps.Take(MaxShown)]));
        }

        backfill = backfill with { Total = gaps.Count };
        if (!await store.InsertBackfillAsync(backfill, cancellationToken)
            && await store.FindBackfillAsync(row.Id, backfill.Id, cancellationToken) is { } other)
        {
            return Replayed(context, key!, other, backfill);
        }

        await editor.WakeAsync(row, cancellationToken);
        return Started(backfill);
    }

    private static async Task<Ok<BackfillList>> ListBackfills(
        string id, [FromQuery] string? limit, CallerIdentity caller, ScheduleEditor editor, IScheduleStore store,
        CancellationToken cancellationToken)
    {
        var row = await editor.GetAsync(id, caller, cancellationToken);
        var read = new QueryReader();
        var count = read.Integer("limit", limit, fallback: 50, min: 1, max: 500);
        read.ThrowIfRefused();
        var found = await store.ListBackfillsAsync(row.Id, count, cancellationToken);
        return TypedResults.Ok(new BackfillList(row.Id, [.. found.Select(backfill => BackfillObject.Of(backfill))]));
    }

    private static async Task<Ok<BackfillObject>> GetBackfill(
        string id, string backfill, CallerIdentity caller, ScheduleEditor editor, IScheduleStore store, CancellationToken cancellationToken)
    {
        var found = await FindAsync(id, backfill, caller, editor, store, cancellationToken);
        return TypedResults.Ok(BackfillObject.Of(found, await store.CountBackfillRunsAsync(found.Id, cancellationToken)));
    }

    private static async Task<Ok<BackfillObject>> CancelBackfill(
        string id, string backfill, CallerIdentity caller, ScheduleEditor editor, IScheduleStore store, CancellationToken cancellationToken)
    {
        var found = await FindAsync(id, backfill, caller, editor, store, cancellationToken);
        var isEnded = await store.EndBackfillAsync(found.Id, BackfillStatus.Cancelled, editor.Now, cancellationToken);
        if (!isEnded && found.Status is BackfillStatus.Completed)
        {
            throw new ApiProblemException(ApiProblem.Conflict($"Backfill '{backfill}' has already completed", backfill));
        }

        return await GetBackfill(id, backfill, caller, editor, store, cancellationToken);
    }

    private static ScheduleBackfill Read(BackfillRequest request, ScheduleRow row, DateTimeOffset now)
    {
        var fields = new QueryReader();
        ScheduleRequests.RefuseUnknown(request.Unknown, "from, to, max_parallel, priority, dry_run, may_repeat", fields);
        foreach (var (name, text) in new[] { ("from", request.From), ("to", request.To) })
        {
            if (string.IsNullOrEmpty(text))
            {
                fields.Refuse(name, "is missing; give a time such as 2026-11-23T12:00:00Z");
            }
        }

        var from = ScheduleRequests.Time("from", request.From, null, fields) ?? now;
        var to = ScheduleRequests.Time("to", request.To, null, fields) ?? now;
        if (!fields.HasRefused && to > now)
        {
            fields.Refuse("to", $"is {to:O}, which is not yet; a backfill fills the past, until now at most");
        }

        if (!fields.HasRefused && from >= to)
        {
            fields.Refuse("to", $"is {to:O}, which is not after from {from:O}");
        }

        var parallel = ScheduleRequests.Between("max_parallel", request.MaxParallel, 1, 1000, fields) ?? DefaultParallel;
        fields.ThrowIfRefused();
        return new ScheduleBackfill
        {
            Id = Guid.Empty, ScheduleId = row.Id, Organization = row.Organization, Shard = row.Shard, FromAt = from, ToAt = to, NextAt = from,
            MaxParallel = parallel, Priority = request.Priority ?? (int)Math.Max(int.MinValue, (long)row.Priority - PriorityBelow),
            CreatedAt = now,
        };
    }

    // Who begins where the refusal says is let in for a while: the time that it named does not run away.
    private static void RefuseForgotten(BackfillRequest request, DateTimeOffset from, DateTimeOffset keptFrom)
    {
        if (keptFrom == DateTimeOffset.MinValue || from >= keptFrom - (ScheduleShard.PruneSlack / 2) || request.MayRepeat is true)
        {
            return;
        }

        var fields = new QueryReader();
        fields.Refuse(
            "from",
            $"is {from:O}, but which ticks had a run is known from {keptFrom:O} on only (schedules.keep_runs_days); "
            + "begin there, or give may_repeat: true to run ticks again whose run and execution were deleted");
        fields.ThrowIfRefused();
    }

    private static async Task<ScheduleBackfill> FindAsync(
        string id, string backfill, CallerIdentity caller, ScheduleEditor editor, IScheduleStore store, CancellationToken cancellationToken)
    {
        var row = await editor.GetAsync(id, caller, cancellationToken);
        return await store.FindBackfillAsync(row.Id, RouteIds.Parse(backfill, "backfill"), cancellationToken)
            ?? throw new ApiProblemException(ApiProblem.NotFound("backfill", backfill));
    }

    private static Results<Accepted<BackfillObject>, Ok<BackfillPreview>, ApiProblem> Replayed(
        HttpContext context, string key, ScheduleBackfill known, ScheduleBackfill wanted)
    {
        if ((known.FromAt, known.ToAt, known.MaxParallel) != (wanted.FromAt, wanted.ToAt, wanted.MaxParallel))
        {
            return ApiProblem.KeyReused(key);
        }

        context.Response.Headers[RouteIds.ReplayedHeader] = "true";
        return Started(known);
    }

    private static Accepted<BackfillObject> Started(ScheduleBackfill backfill) => TypedResults.Accepted(
        $"/api/v1/schedules/{backfill.ScheduleId:D}/backfills/{backfill.Id:D}", BackfillObject.Of(backfill));
}
