using System.Text.Json;
using System.Text.Json.Nodes;

namespace Periplon.Http;

// Revisions of workflows and the executions under way.
internal sealed partial class PeriplonHttp
{
    public Task<Reply<JsonElement>> ImpactAsync(string id, int? revision, int? sample, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get, $"workflows/{Escape(id)}/impact" + Query(("revision", revision), ("sample", sample)), null,
            ApiTypes.Default.JsonElement, cancellationToken);

    public Task<Reply<JsonElement>> AssessAsync(string id, string definition, int? sample, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Post, $"workflows/{Escape(id)}/impact" + Query(("sample", sample)), new JsonObject { ["definition"] = definition },
            ApiTypes.Default.JsonElement, cancellationToken);

    public Task<Reply<JsonElement>> MigrateAsync(string id, JsonObject body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"workflows/{Escape(id)}/migrate", body, ApiTypes.Default.JsonElement, cancellationToken);
}
