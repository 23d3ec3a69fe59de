using System.Buffers;
using System.Text.Json;
using Periplon.Core.Inputs;
using Periplon.Engine.Storage;

namespace Periplon.Api.Executions;

/// <summary>Shows journal rows as a page of events. The events are passed on as recorded, so that a newer build's kinds show too.</summary>
internal static class EventPages
{
    // Whoever has the token of a running attempt could report its end.
    private const string SecretField = "token";

    private const string InputsField = "inputs";
    private const string SecretInputsField = "secret_inputs";

    /// <summary>A page of whole rows: at least one, then no more than <paramref name="limit"/> events.</summary>
    public static EventPage Read(Guid executionId, IReadOnlyList<JournalRow> rows, int limit)
    {
        var events = new List<RawJson>();
        var shown = 0;
        foreach (var row in rows)
        {
            using var document = JsonDocument.Parse(row.Events);
            if (shown > 0 && events.Count + document.RootElement.GetArrayLength() > limit)
            {
                break;
            }

            foreach (var recorded in document.RootElement.EnumerateArray())
            {
                events.Add(Show(row.Seq, recorded));
            }

            shown++;
        }

        return new EventPage(executionId, events, shown < rows.Count ? rows[shown - 1].Seq : null);
    }

    private static RawJson Show(long seq, JsonElement recorded)
    {
        string[] secret = recorded.TryGetProperty(SecretInputsField, out var names) && names.ValueKind is JsonValueKind.Array
            ? [.. names.EnumerateArray().Select(name => name.GetString()!)]
            : [];
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("seq", seq);
            foreach (var field in recorded.EnumerateObject())
            {
                if (field.Name == InputsField && secret.Length > 0)
                {
                    WriteMasked(writer, field, secret);
                }
                else if (field.Name != SecretField)
                {
                    field.WriteTo(writer);
                }
            }

            writer.WriteEndObject();
        }

        return new RawJson(buffer.WrittenSpan.ToArray());
    }

    private static void WriteMasked(Utf8JsonWriter writer, JsonProperty inputs, string[] secret)
    {
        writer.WriteStartObject(inputs.Name);
        foreach (var input in inputs.Value.EnumerateObject())
        {
            if (secret.Contains(input.Name))
            {
                writer.WriteString(input.Name, SecretInputs.Mark);
            }
            else
            {
                input.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }
}
