using System.Text.Json;
using System.Text.Json.Nodes;

namespace Periplon.Http;

internal sealed partial class PeriplonHttp
{
    public Task<Reply<SchedulePage>> ListSchedulesAsync(
        string? workflowId, string? name, bool? isActive, int limit, int offset, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get,
            "schedules" + Query(
                ("workflow_id", workflowId), ("name", name), ("is_active", isActive is { } active ? active ? "true" : "false" : null),
                ("limit", limit), ("offset", offset)),
            null, ScheduleTypes.Default.SchedulePage, cancellationToken);

    public Task<Reply<ScheduleItem>> GetScheduleAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"schedules/{Escape(id)}", null, ScheduleTypes.Default.ScheduleItem, cancellationToken);

    /// <summary>Creates a schedule; the same key again gets the same schedule.</summary>
    public Task<Reply<ScheduleSavedReply>> CreateScheduleAsync(JsonObject body, Guid key, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, "schedules", body, ScheduleTypes.Default.ScheduleSavedReply, cancellationToken, key);

    public Task<Reply<ScheduleSavedReply>> UpdateScheduleAsync(string id, JsonObject body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Put, $"schedules/{Escape(id)}", body, ScheduleTypes.Default.ScheduleSavedReply, cancellationToken);

    public Task<Reply<JsonElement>> DeleteScheduleAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"schedules/{Escape(id)}", null, ApiTypes.Default.JsonElement, cancellationToken);

    /// <summary>Pauses or resumes: <paramref name="action"/> is <c>pause</c> or <c>resume</c>.</summary>
    public Task<Reply<ScheduleSavedReply>> SwitchScheduleAsync(string id, string action, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"schedules/{Escape(id)}/{action}", null, ScheduleTypes.Default.ScheduleSavedReply, cancellationToken);

    public Task<Reply<ScheduleTriggerReply>> TriggerScheduleAsync(string id, Guid key, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Post, $"schedules/{Escape(id)}/trigger", null, ScheduleTypes.Default.ScheduleTriggerReply, cancellationToken, key);

    public Task<Reply<OccurrenceList>> NextOccurrencesAsync(string id, int count, string? from, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get, $"schedules/{Escape(id)}/next" + Query(("count", count), ("from", from)), null,
            ScheduleTypes.Default.OccurrenceList, cancellationToken);

    public Task<Reply<ScheduleRunPage>> ScheduleRunsAsync(
        string id, string? status, int limit, string? cursor, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get, $"schedules/{Escape(id)}/runs" + Query(("status", status), ("limit", limit), ("cursor", cursor)), null,
            ScheduleTypes.Default.ScheduleRunPage, cancellationToken);

    public Task<Reply<BackfillReply>> BackfillAsync(string id, JsonObject body, Guid key, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Post, $"schedules/{Escape(id)}/backfill", body, ScheduleTypes.Default.BackfillReply, cancellationToken, key);

    public Task<Reply<BackfillPage>> BackfillsAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"schedules/{Escape(id)}/backfills", null, ScheduleTypes.Default.BackfillPage, cancellationToken);

    public Task<Reply<BackfillReply>> CancelBackfillAsync(string id, string backfill, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Post, $"schedules/{Escape(id)}/backfills/{Escape(backfill)}/cancel", null, ScheduleTypes.Default.BackfillReply,
            cancellationToken);
}
