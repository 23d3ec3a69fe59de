using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Periplon.Api.Requests;
using Periplon.Core.Schedules;
using Periplon.Engine.Schedules;

namespace Periplon.Api.Schedules;

/// <summary>Schedules: when they tick.</summary>
internal static class ScheduleTimesApi
{
    private const int MaxCount = 1000;
    private const int DefaultCount = 5;

    public static void MapScheduleTimes(this RouteGroupBuilder schedules)
    {
        schedules.MapPost("/preview", PreviewSchedule).RequirePermission(SchedulePermissions.Read)
            .Accepts<PreviewScheduleRequest>(RequestBody.Json);
        schedules.MapGet("/{id}/next", ListOccurrences).RequirePermission(SchedulePermissions.Read);
    }

    private static async Task<Ok<OccurrencePage>> PreviewSchedule(HttpContext context, ScheduleEditor editor)
    {
        var request = (await RequestBody.ReadAsync(context)).ReadJson(ScheduleJson.Default.PreviewScheduleRequest);
        var fields = new QueryReader();
        var now = editor.Now;
        var row = ScheduleRequests.Apply(
            request,
            new ScheduleRow
            {
                Id = Guid.Empty, Organization = "", Shard = 0, Revision = 1, WorkflowId = Guid.Empty, CreatedAt = now, UpdatedAt = now,
            },
            fields);
        var count = ScheduleRequests.Between("count", request.Count, 1, MaxCount, fields) ?? DefaultCount;
        var from = ScheduleRequests.Time("from", request.From, fields) ?? now;
        fields.ThrowIfRefused();
        return TypedResults.Ok(Occurrences(row, null, from, count));
    }

    private static async Task<Ok<OccurrencePage>> ListOccurrences(
        string id, [FromQuery] string? count, [FromQuery] string? from, CallerIdentity caller, ScheduleEditor editor,
        CancellationToken cancellationToken)
    {
        var row = await editor.GetAsync(id, caller, cancellationToken);
        var read = new QueryReader();
        var wanted = read.Integer("count", count, DefaultCount, 1, MaxCount);
        var start = ScheduleRequests.Time("from", from, read) ?? editor.Now;
        read.ThrowIfRefused();
        return TypedResults.Ok(Occurrences(row, row.Id, start, wanted));
    }

    private static OccurrencePage Occurrences(ScheduleRow row, Guid? id, DateTimeOffset from, int count)
    {
        if (!row.TryGetRule(out var rule, out var problem) || !TimeZones.TryFind(row.Timezone, out var zone, out problem))
        {
            throw new ApiProblemException(ApiProblem.Conflict($"The schedule cannot be read: {problem}", id?.ToString("D")));
        }

        var settings = row.ToSettings(rule, TimeSpan.Zero);
        return new OccurrencePage(
            id, row.Timezone,
            [
                .. rule.Between(from, DateTimeOffset.MaxValue).Take(count)
                    .Select(tick => OccurrenceObject.From(tick, SchedulePlanner.FireAt(settings, tick)!.Value, zone)),
            ]);
    }
}
