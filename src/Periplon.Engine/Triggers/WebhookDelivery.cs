using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Periplon.Engine.Triggers;

/// <summary>One request to the address of a webhook trigger, as it came.</summary>
internal sealed class WebhookDelivery(
    ReadOnlyMemory<byte> body, string? contentType, IReadOnlyDictionary<string, string> headers, IReadOnlyDictionary<string, string> query)
{
    private const int MaxKey = 200;
    private const int MaxJsonDepth = 64;

    private static readonly string[] _deliveryHeaders = ["x-github-delivery", "webhook-id", "idempotency-key"];

    // What lets its holder in somewhere has no place in the inputs of an execution, which many may read.
    private static readonly HashSet<string> _hidden = new(StringComparer.Ordinal)
    {
        "authorization", "proxy-authorization", "cookie", "x-periplon-signature", "x-hub-signature", "x-hub-signature-256",
        "stripe-signature", "x-slack-signature", "webhook-signature", "x-gitlab-token",
    };

    public ReadOnlyMemory<byte> Body => body;

    /// <summary>A header by its name in lower case.</summary>
    public string? Header(string name) => headers.GetValueOrDefault(name);

    /// <summary>
    /// Key under which a delivery and its repetitions are one: the sender's id where there is one, otherwise a hash of time and body.
    /// </summary>
    public string KeyOf(SignatureScheme scheme, JsonElement document)
    {
        // These sign each repetition anew and name the event in the signed body.
        var member = scheme switch { SignatureScheme.Stripe => "id", SignatureScheme.Slack => "event_id", _ => null };
        var id = member is not null && document.GetProperty("body") is { ValueKind: JsonValueKind.Object } content
            && content.TryGetProperty(member, out var named) && named.ValueKind is JsonValueKind.String
                ? named.GetString()
                : _deliveryHeaders.Select(Header).FirstOrDefault(value => !string.IsNullOrEmpty(value));
        return string.IsNullOrEmpty(id) ? "body:" + HashOf(scheme)
            : id.Length <= MaxKey && id.All(c => c is > ' ' and < (char)0x7F) ? "delivery:" + id
            : "delivery:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
    }

    /// <summary>SHA-256 of a message with a time; null for a scheme whose signature covers none.</summary>
    public string? FingerprintOf(SignatureScheme scheme) => scheme.HasTime() ? HashOf(scheme) : null;

    /// <summary>What paths of a trigger look into: <c>body</c>, <c>headers</c> with names in lower case, and <c>query</c>.</summary>
    public JsonElement ToDocument()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(body.Length + 1024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("body");
            WriteBody(writer);
            WriteTexts(writer, "headers", headers.Where(header => !_hidden.Contains(header.Key)));
            WriteTexts(writer, "query", query);
            writer.WriteEndObject();
        }

        return JsonElement.Parse(buffer.WrittenSpan, new JsonDocumentOptions { MaxDepth = MaxJsonDepth + 1 });
    }

    private void WriteBody(Utf8JsonWriter writer)
    {
        if (body.IsEmpty)
        {
            writer.WriteNullValue();
            return;
        }

        if (contentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) is true)
        {
            WriteForm(writer, Encoding.UTF8.GetString(body.Span));
            return;
        }

        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaxJsonDepth });
            document.RootElement.WriteTo(writer);
        }
        catch (JsonException)
        {
            writer.WriteStringValue(Encoding.UTF8.GetString(body.Span));
        }
    }

    private static void WriteForm(Utf8JsonWriter writer, string text)
    {
        writer.WriteStartObject();
        foreach (var field in Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(text))
        {
            writer.WriteString(field.Key, field.Value.ToString());
        }

        writer.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IEnumerable<KeyValuePair<string, string>> texts)
    {
        writer.WriteStartObject(name);
        foreach (var (key, value) in texts)
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }

    private string HashOf(SignatureScheme scheme)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(WebhookSignature.TimeOf(scheme, this) + "."));
        hash.AppendData(body.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
