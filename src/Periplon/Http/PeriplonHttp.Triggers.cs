using System.Text.Json;
using System.Text.Json.Nodes;

namespace Periplon.Http;

// Triggers and bulk operations.
internal sealed partial class PeriplonHttp
{
    public Task<Reply<JsonElement>> ListTriggersAsync(string? kind, int limit, string? cursor, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get, "triggers" + Query(("kind", kind), ("limit", limit), ("cursor", cursor)), null, ApiTypes.Default.JsonElement,
            cancellationToken);

    /// <summary>Stores a trigger; the same key again gets the same trigger, without its secret.</summary>
    public Task<Reply<JsonElement>> CreateTriggerAsync(JsonObject body, Guid key, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, "triggers", body, ApiTypes.Default.JsonElement, cancellationToken, key);

    public Task<Reply<JsonElement>> GetTriggerAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"triggers/{Escape(id)}", null, ApiTypes.Default.JsonElement, cancellationToken);

    public Task<Reply<JsonElement>> DeleteTriggerAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"triggers/{Escape(id)}", null, ApiTypes.Default.JsonElement, cancellationToken);

    public Task<Reply<JsonElement>> ListTriggerRunsAsync(string id, int limit, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get, $"triggers/{Escape(id)}/runs" + Query(("limit", limit)), null, ApiTypes.Default.JsonElement, cancellationToken);

    /// <summary>Pauses, resumes or rotates: <paramref name="verb"/> is the last part of the route.</summary>
    public Task<Reply<JsonElement>> ChangeTriggerAsync(string id, string verb, JsonObject body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"triggers/{Escape(id)}/{verb}", body, ApiTypes.Default.JsonElement, cancellationToken);

    /// <summary>Starts a bulk action, or counts what it would be about; the same key again gets the same operation.</summary>
    public Task<Reply<JsonElement>> StartBulkAsync(JsonObject body, Guid key, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, "executions/bulk", body, ApiTypes.Default.JsonElement, cancellationToken, key);

    public Task<Reply<JsonElement>> GetOperationAsync(string id, int? waitSecs, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get, $"operations/{Escape(id)}" + Query(("wait", waitSecs)), null, ApiTypes.Default.JsonElement, cancellationToken);

    public Task<Reply<JsonElement>> ListOperationsAsync(string? status, int limit, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get, "operations" + Query(("status", status), ("limit", limit)), null, ApiTypes.Default.JsonElement,
            cancellationToken);

    public Task<Reply<JsonElement>> CancelOperationAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"operations/{Escape(id)}/cancel", [], ApiTypes.Default.JsonElement, cancellationToken);
}
