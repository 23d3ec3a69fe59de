using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Periplon.Api.Executions;
using Periplon.Api.Requests;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Engine.Schedules;
using Periplon.Engine.Storage;

namespace Periplon.Api.Schedules;

/// <summary>Schedules: runs that were, and one more now.</summary>
internal static class ScheduleRunsApi
{
    public static void MapScheduleRuns(this RouteGroupBuilder schedules)
    {
        schedules.MapPost("/{id}/trigger", TriggerSchedule).RequirePermission(SchedulePermissions.Execute);
        schedules.MapGet("/{id}/runs", ListRuns).RequirePermission(SchedulePermissions.Read);
    }

    private static async Task<Results<Created<ScheduleTriggered>, ApiProblem>> TriggerSchedule(
        string id, [FromHeader(Name = RouteIds.IdempotencyKeyHeader)] string? idempotencyKey, HttpContext context, CallerIdentity caller,
        ScheduleEditor editor, IScheduleStore store, IExecutionQueries queries, IGrainFactory grains, GrainCalls calls, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var key = RouteIds.CheckIdempotencyKey(idempotencyKey);
        var row = await editor.GetAsync(id, caller, cancellationToken);
        var execution = key is null
            ? ExecutionIds.New(time)
            : ExecutionIds.FromKey(caller.Organization, $"POST /api/v1/schedules/{row.Id:D}/trigger", key);
        if (key is not null && await queries.FindAsync(caller.Organization, execution, cancellationToken) is not null)
        {
            context.Response.Headers[RouteIds.ReplayedHeader] = "true";
            return Triggered(row, execution);
        }

        var now = editor.Now;
        var request = new StartExecution
        {
            ExecutionId = execution,
            Organization = caller.Organization,
            Inputs = Encoding.UTF8.GetBytes(row.Inputs),
            Priority = row.Priority,
            TriggerType = ScheduleStarter.TriggerTypeOf(RunKind.Manual),
            TriggeredBy = caller.User ?? $"schedule:{row.Id:D}",
            Labels = ScheduleStarter.LabelsOf(row, now),
        };
        var workflow = grains.GetGrain<IWorkflowGrain>(row.WorkflowId.ToString("D"));
        var (result, _) = await calls.RetryAsync(
            () => workflow.StartAsync(request, cancellationToken), execution.ToString("D"), cancellationToken);

        // The id is of this schedule and key alone: a conflict is the same request at another time.
        if (result.Status is not (StartStatus.Started or StartStatus.AlreadyStarted or StartStatus.Conflict))
        {
            return ExecutionsApi.Refused(result, row.WorkflowId, key);
        }

        await store.RecordRunAsync(
            new ScheduleRun
            {
                ScheduleId = row.Id, Tick = now, Shard = row.Shard, Kind = RunKind.Manual, Status = RunStatus.Running,
                Priority = row.Priority, ExecutionId = execution, CreatedAt = now, StartedAt = now,
            },
            cancellationToken);
        return Triggered(row, execution);
    }

    private static async Task<Ok<ScheduleRunPage>> ListRuns(
        string id, [FromQuery] string? status, [FromQuery] string? limit, [FromQuery] string? cursor, CallerIdentity caller,
        ScheduleEditor editor, IScheduleStore store, CancellationToken cancellationToken)
    {
        var row = await editor.GetAsync(id, caller, cancellationToken);
        var read = new QueryReader();
        var word = read.OneOf("status", status, [.. RunWords.Statuses]);
        var count = read.Integer("limit", limit, fallback: 50, min: 1, max: 500);
        var before = read.Time("cursor", cursor);
        read.ThrowIfRefused();
        var wanted = word is null ? (RunStatus?)null : Enum.Parse<RunStatus>(word, ignoreCase: true);

        // One row more than asked tells whether a page follows.
        var runs = await store.ListRunsAsync(row.Id, wanted, before, count + 1, cancellationToken);
        var next = runs.Count > count ? runs[count - 1].Tick.UtcDateTime.ToString("O", CultureInfo.InvariantCulture) : null;
        return TypedResults.Ok(new ScheduleRunPage(row.Id, [.. runs.Take(count).Select(ScheduleRunObject.From)], next));
    }

    private static Created<ScheduleTriggered> Triggered(ScheduleRow row, Guid execution) => TypedResults.Created(
        $"/api/v1/executions/{execution:D}",
        new ScheduleTriggered(row.Id, execution, row.WorkflowId, "queued", "Execution queued"));
}
