using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Caching.Memory;
using Periplon.Engine.Storage;

namespace Periplon.Api.Workflows;

/// <summary>Definitions of revisions as JSON. A revision never changes, so what was read once is kept, within a bound.</summary>
internal sealed class WorkflowDefinitions(IWorkflowStore store) : IDisposable
{
    private const long MaxBytes = 32 * 1024 * 1024;

    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = MaxBytes });

    public async Task<RawJson> GetJsonAsync(Guid id, int revision, CancellationToken cancellationToken)
    {
        if (_cache.TryGetValue((id, revision), out RawJson known))
        {
            return known;
        }

        var version = await store.FindVersionAsync(id, revision, cancellationToken);
        if (version is null)
        {
            return default;
        }

        var json = ToJson(version.Definition);
        using var entry = _cache.CreateEntry((id, revision));
        entry.Size = json.Utf8.Length;
        entry.Value = json;
        return json;
    }

    public static RawJson ToJson(string definition)
    {
        if (definition.AsSpan().TrimStart().StartsWith('{') && IsJson(definition))
        {
            return RawJson.From(definition);
        }

        // What cannot be shown as JSON, such as text stored by a version with another grammar, is shown as it was sent.
        return new RawJson(YamlJson.TryConvert(definition, out var json)
            ? json
            : JsonSerializer.SerializeToUtf8Bytes(definition, ApiJson.Default.String));
    }

    public void Dispose() => _cache.Dispose();

    private static bool IsJson(string text)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
