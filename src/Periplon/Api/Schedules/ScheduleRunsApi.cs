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

        // Stored before it starts: what dies in between leaves a run that the scheduler starts.
        var run = await RecordAsync(row, execution, editor.Now, store, cancellationToken);
        if (run.Status is RunStatus.Skipped)
        {
            return ApiProblem.Conflict(
                $"The run of an earlier request with this {RouteIds.IdempotencyKeyHeader} was not started: {run.Reason}. "
                + "To start one now, take another key", id);
        }

        if (run.Status is not RunStatus.Scheduled)
        {
            context.Response.Headers[RouteIds.ReplayedHeader] = "true";
            return Triggered(row, execution);
        }

        var request = new StartExecution
        {
            ExecutionId = execution,
            Organization = caller.Organization,
            Inputs = Encoding.UTF8.GetBytes(row.Inputs),
            Priority = row.Priority,
            TriggerType = ScheduleStarter.TriggerTypeOf(RunKind.Manual),
            TriggeredBy = caller.User ?? $"schedule:{row.Id:D}",
            Labels = ScheduleStarter.LabelsOf(row, run.Tick),
        };
        var workflow = grains.GetGrain<IWorkflowGrain>(row.WorkflowId.ToString("D"));
        var (result, _) = await calls.RetryAsync(
            () => workflow.StartAsync(request, cancellationToken), execution.ToString("D"), cancellationToken);

        var answer = ScheduleStarter.AnswerOf(result, row.WorkflowId);
        await store.MarkAsync([new RunMark(run, editor.Now, answer.Refusal)], cancellationToken);
        if (answer.Refusal is not null)
        {
            return ExecutionsApi.Refused(result, row.WorkflowId, key);
        }

        return Triggered(row, execution);
    }

    // A tick may have this very time; then the run takes the microsecond after it.
    private static async Task<ScheduleRun> RecordAsync(
        ScheduleRow row, Guid execution, DateTimeOffset now, IScheduleStore store, CancellationToken cancellationToken)
    {
        for (var tick = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)); ; tick = tick.AddMicroseconds(1))
        {
            var run = new ScheduleRun
            {
                ScheduleId = row.Id, Tick = tick, Shard = row.Shard, Kind = RunKind.Manual, Status = RunStatus.Scheduled,
                Priority = row.Priority, ExecutionId = execution, CreatedAt = now,
            };
            if (await store.RecordRunAsync(run, cancellationToken))
            {
                return run;
            }

            if (await store.FindRunAsync(row.Id, execution, cancellationToken) is { } known)
            {
                return known;
            }
        }
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
