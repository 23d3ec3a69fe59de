using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Periplon.Api.Requests;
using Periplon.Client.Executions;
using Periplon.Engine.Schedules;
using Periplon.Engine.Storage;

namespace Periplon.Api.Schedules;

/// <summary>Schedules: store, list, change, pause.</summary>
internal static class SchedulesApi
{
    private const string CreateScope = "POST /api/v1/schedules";
    private const int MaxOffset = 100_000;

    public static void MapSchedules(this IEndpointRouteBuilder app)
    {
        var schedules = app.MapGroup("/api/v1/schedules").WithTags("Schedules").AnswersProblems();
        schedules.MapGet("", ListSchedules).RequirePermission(SchedulePermissions.Read);
        schedules.MapPost("", CreateSchedule).RequirePermission(SchedulePermissions.Create)
            .Accepts<SaveScheduleRequest>(RequestBody.Json);
        schedules.MapGet("/{id}", GetSchedule).RequirePermission(SchedulePermissions.Read);
        schedules.MapPut("/{id}", UpdateSchedule).RequirePermission(SchedulePermissions.Update)
            .Accepts<SaveScheduleRequest>(RequestBody.Json);
        schedules.MapDelete("/{id}", DeleteSchedule).RequirePermission(SchedulePermissions.Delete);
        schedules.MapPost("/{id}/pause", PauseSchedule).RequirePermission(SchedulePermissions.Update);
        schedules.MapPost("/{id}/resume", ResumeSchedule).RequirePermission(SchedulePermissions.Update);
        schedules.MapScheduleTimes();
        schedules.MapScheduleRuns();
        schedules.MapScheduleBackfills();
    }

    private static async Task<Ok<SchedulePage>> ListSchedules(
        [AsParameters] ScheduleListQuery query, CallerIdentity caller, IScheduleStore store, CancellationToken cancellationToken)
    {
        var read = new QueryReader();
        var filter = new ScheduleFilter
        {
            Organization = caller.Organization,
            WorkflowId = read.Id("workflow_id", query.WorkflowId),
            IsActive = read.Flag("is_active", query.IsActive),
            Name = string.IsNullOrEmpty(query.Name) ? null : query.Name,
        };
        var limit = read.Integer("limit", query.Limit, fallback: 50, min: 1, max: 500);
        var offset = read.Integer("offset", query.Offset, fallback: 0, min: 0, max: MaxOffset);
        read.ThrowIfRefused();
        var (rows, total) = await store.ListAsync(filter, offset, limit, cancellationToken);
        return TypedResults.Ok(new SchedulePage([.. rows.Select(ScheduleObject.From)], total, offset, limit));
    }

    private static async Task<Results<Created<ScheduleCreated>, ApiProblem>> CreateSchedule(
        [FromHeader(Name = RouteIds.IdempotencyKeyHeader)] string? idempotencyKey, HttpContext context, CallerIdentity caller,
        IScheduleStore store, IWorkflowStore workflows, ScheduleEditor editor, TimeProvider time, CancellationToken cancellationToken)
    {
        var key = RouteIds.CheckIdempotencyKey(idempotencyKey);
        var request = (await RequestBody.ReadAsync(context)).ReadJson(ScheduleJson.Default.SaveScheduleRequest);
        var id = key is null ? ExecutionIds.New(time) : ExecutionIds.FromKey(caller.Organization, CreateScope, key);
        var fields = new QueryReader();
        if (string.IsNullOrEmpty(request.WorkflowId) == string.IsNullOrEmpty(request.Workflow))
        {
            fields.Refuse("workflow_id", "give either workflow_id or workflow (the name), and not both");
        }

        var now = editor.Now;
        var workflowId = fields.Id("workflow_id", request.WorkflowId);
        var row = ScheduleRequests.Apply(
            request,
            new ScheduleRow
            {
                Id = id, Organization = caller.Organization, Shard = editor.ShardOf(id), Revision = 1, WorkflowId = workflowId ?? default,
                CreatedAt = now, UpdatedAt = now, CreatedBy = caller.User,
            },
            now, fields);
        fields.ThrowIfRefused();
        var workflow = workflowId is { } given
            ? await workflows.FindAsync(given, cancellationToken)
            : await workflows.FindByNameAsync(caller.Organization, request.Workflow!, cancellationToken);
        if (workflow is null or { IsDeleted: true } || workflow.Organization != caller.Organization)
        {
            return workflowId is null
                ? ApiProblem.NotFound("workflow named", request.Workflow!)
                : ApiProblem.NotFound("workflow", request.WorkflowId!);
        }

        row = row with { WorkflowId = workflow.Id };
        switch (await store.InsertAsync(row, cancellationToken))
        {
            case ScheduleSave.Saved:
                await editor.WakeAsync(row, cancellationToken);
                return Created(row);
            case ScheduleSave.NameTaken:
                return ScheduleEditor.NameTaken(row);
        }

        // The id exists: the same request again, unless the schedule never was as this request wants it.
        var before = await store.FindAsync(caller.Organization, id, cancellationToken);
        if (before is null || (before.Revision == 1 && !IsSame(before, row)))
        {
            return key is null ? ApiProblem.Conflict("The schedule's id exists already") : ApiProblem.KeyReused(key);
        }

        context.Response.Headers[RouteIds.ReplayedHeader] = "true";
        return Created(before);
    }

    private static async Task<Ok<ScheduleObject>> GetSchedule(
        string id, CallerIdentity caller, ScheduleEditor editor, CancellationToken cancellationToken) =>
        TypedResults.Ok(ScheduleObject.From(await editor.GetAsync(id, caller, cancellationToken)));

    private static async Task<Ok<ScheduleUpdated>> UpdateSchedule(
        string id, HttpContext context, CallerIdentity caller, ScheduleEditor editor, CancellationToken cancellationToken)
    {
        await editor.GetAsync(id, caller, cancellationToken);
        var request = (await RequestBody.ReadAsync(context)).ReadJson(ScheduleJson.Default.SaveScheduleRequest);
        var row = await editor.ChangeAsync(
            id, caller,
            before =>
            {
                var fields = new QueryReader();
                if (request.WorkflowId is not null || request.Workflow is not null)
                {
                    fields.Refuse("workflow_id", "cannot be changed; make another schedule");
                }

                var after = ScheduleRequests.Apply(request, before, editor.Now, fields);
                fields.ThrowIfRefused();

                // A description changes nothing of when it fires: a tick that is due stays due.
                return HasSameTimes(before, after) ? after with { NextTick = before.NextTick, NextFireAt = before.NextFireAt } : after;
            },
            cancellationToken);
        return Updated(row, "Schedule updated");
    }

    private static async Task<Results<NoContent, ApiProblem>> DeleteSchedule(
        string id, CallerIdentity caller, ScheduleEditor editor, IScheduleStore store, CancellationToken cancellationToken)
    {
        var row = await editor.GetAsync(id, caller, cancellationToken);
        if (!await store.DeleteAsync(caller.Organization, row.Id, editor.Now, cancellationToken))
        {
            return ApiProblem.NotFound("schedule", id);
        }

        await editor.WakeAsync(row, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<ScheduleUpdated>> PauseSchedule(
        string id, CallerIdentity caller, ScheduleEditor editor, CancellationToken cancellationToken)
    {
        var row = await editor.GetAsync(id, caller, cancellationToken);
        return row.IsActive
            ? Updated(
                await editor.ChangeAsync(
                    id, caller, before => before with { IsActive = false, NextTick = null, NextFireAt = null }, cancellationToken),
                "Schedule paused")
            : Updated(row, "Schedule is paused already");
    }

    private static async Task<Ok<ScheduleUpdated>> ResumeSchedule(
        string id, CallerIdentity caller, ScheduleEditor editor, CancellationToken cancellationToken)
    {
        var row = await editor.GetAsync(id, caller, cancellationToken);
        return row.IsActive
            ? Updated(row, "Schedule is active already")
            : Updated(
                await editor.ChangeAsync(id, caller, before => ReadRule(before with { IsActive = true }, editor.Now), cancellationToken),
                "Schedule resumed");
    }

    private static ScheduleRow ReadRule(ScheduleRow row, DateTimeOffset now)
    {
        if (!row.TryGetRule(out var rule, out var problem))
        {
            throw new ApiProblemException(ApiProblem.Conflict($"The schedule cannot be read: {problem}", row.Id.ToString("D")));
        }

        var armed = row.Armed(rule, now);
        return armed.NextTick is not null
            ? armed
            : throw new ApiProblemException(ApiProblem.Conflict(
                "The schedule has no tick any more; change end_at or its times first", row.Id.ToString("D")));
    }

    private static Created<ScheduleCreated> Created(ScheduleRow row) => TypedResults.Created(
        $"/api/v1/schedules/{row.Id:D}", new ScheduleCreated(row.Id, row.WorkflowId, "Schedule created", row.NextFireAt));

    private static Ok<ScheduleUpdated> Updated(ScheduleRow row, string message) =>
        TypedResults.Ok(new ScheduleUpdated(row.Id, message, row.UpdatedAt, row.IsActive, row.NextFireAt));

    private static bool HasSameTimes(ScheduleRow before, ScheduleRow after) =>
        (before.CronExpression, before.IntervalSecs, before.Timezone, before.JitterSecs, before.StartAt, before.EndAt, before.IsActive)
        == (after.CronExpression, after.IntervalSecs, after.Timezone, after.JitterSecs, after.StartAt, after.EndAt, after.IsActive);

    // What the request says, without what time and use have added.
    private static bool IsSame(ScheduleRow stored, ScheduleRow wanted) => wanted == stored with
    {
        Shard = wanted.Shard, NextTick = wanted.NextTick, NextFireAt = wanted.NextFireAt, LastTick = wanted.LastTick,
        LastRunAt = wanted.LastRunAt, Failures = wanted.Failures, LastError = wanted.LastError, CreatedAt = wanted.CreatedAt,
        UpdatedAt = wanted.UpdatedAt, CreatedBy = wanted.CreatedBy,
    };
}

/// <summary>Names of the permissions for schedules.</summary>
internal static class SchedulePermissions
{
    public const string Read = "schedule.read";
    public const string Create = "schedule.create";
    public const string Update = "schedule.update";
    public const string Delete = "schedule.delete";
    public const string Execute = "schedule.execute";
}
