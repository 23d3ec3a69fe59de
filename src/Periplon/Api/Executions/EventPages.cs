using System.Buffers;
using System.Text.Json;
using Periplon.Core.Inputs;
using Periplon.Engine.Storage;

namespace Periplon.Api.Executions;

/// <summary>
/// Shows journal rows as a page of events. The events are passed on as recorded, so that a newer build's kinds show too; only what the
/// secret inputs of the execution's creation hold is masked in them.
/// </summary>
internal static class EventPages
{
    // Whoever has the token of a running attempt could report its end.
    private const string SecretField = "token";

    private const string InputsField = "inputs";
    private const string SecretInputsField = "secret_inputs";
    private const string KeptField = "kept";

    // What the engine itself writes: a secret that happens to read like one of these words must not make an event unreadable.
    private static readonly HashSet<string> Words = new(StringComparer.Ordinal)
    {
        "type", "at", "task", "kind", "status", "work", "worker", "execution_id", "organization", "workflow_id", "trigger_type", "due_at",
        SecretInputsField,
    };

    // Objects of the engine's own, with fields that it counts or names.
    private static readonly HashSet<string> Parts = new(StringComparer.Ordinal) { "output", "failure", "artifact" };

    /// <summary>A page of whole rows: at least one, then no more than <paramref name="limit"/> events.</summary>
    /// <param name="executionId">The execution.</param>
    /// <param name="journal">Its journal from the beginning, for the creation tells what is secret.</param>
    /// <param name="after">Rows up to this one are left out.</param>
    /// <param name="limit">How many events there may be.</param>
    public static EventPage Read(Guid executionId, IReadOnlyList<JournalRow> journal, long after, int limit)
    {
        var secrets = journal.Count > 0 ? SecretsOf(journal[0]) : null;
        List<JournalRow> rows = [.. journal.Where(row => row.Seq > after)];
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
                events.Add(Show(row.Seq, recorded, secrets));
            }

            shown++;
        }

        return new EventPage(executionId, events, shown < rows.Count ? rows[shown - 1].Seq : null);
    }

    private static SecretTexts? SecretsOf(JournalRow first)
    {
        using var document = JsonDocument.Parse(first.Events);
        return document.RootElement.EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } created
            && created.TryGetProperty(InputsField, out var inputs) && inputs.ValueKind is JsonValueKind.Object
            ? SecretTexts.Of(inputs.EnumerateObject().ToDictionary(input => input.Name, input => input.Value), NamesIn(created))
            : null;
    }

    private static string[] NamesIn(JsonElement recorded) =>
        recorded.TryGetProperty(SecretInputsField, out var names) && names.ValueKind is JsonValueKind.Array
            ? [.. names.EnumerateArray().Select(name => name.GetString()!)]
            : [];

    private static RawJson Show(long seq, JsonElement recorded, SecretTexts? secrets)
    {
        var secret = NamesIn(recorded);
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
                else if (field.Name == KeptField && field.Value.ValueKind is JsonValueKind.Array)
                {
                    WriteKept(writer, field.Value);
                }
                else if (field.Name != SecretField)
                {
                    Write(writer, field, secrets);
                }
            }

            writer.WriteEndObject();
        }

        return new RawJson(buffer.WrittenSpan.ToArray());
    }

    private static void Write(Utf8JsonWriter writer, JsonProperty field, SecretTexts? secrets)
    {
        if (secrets is null || Words.Contains(field.Name) || field.Value.ValueKind is not (
            JsonValueKind.String or JsonValueKind.Object or JsonValueKind.Array))
        {
            field.WriteTo(writer);
            return;
        }

        writer.WritePropertyName(field.Name);
        if (!Parts.Contains(field.Name) || field.Value.ValueKind is not JsonValueKind.Object)
        {
            secrets.Mask(field.Value).WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        foreach (var inner in field.Value.EnumerateObject())
        {
            Write(writer, inner, secrets);
        }

        writer.WriteEndObject();
    }

    // What was kept may be as large as all outputs of the execution before; the tasks themselves show it.
    private static void WriteKept(Utf8JsonWriter writer, JsonElement kept)
    {
        writer.WriteStartArray(KeptField);
        foreach (var task in kept.EnumerateArray())
        {
            writer.WriteStartObject();
            foreach (var field in task.EnumerateObject().Where(field => field.Name is "task" or "status"))
            {
                field.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
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
