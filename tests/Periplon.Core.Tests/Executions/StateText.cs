using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Periplon.Core.Executions;
using Periplon.Core.Plans;

namespace Periplon.Core.Tests.Executions;

/// <summary>Everything a state holds but its plan, in a form that can be compared and read.</summary>
internal static class StateText
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Converters = { new ByPath(), new ByBlock(), new ByElement() },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    public static string Of(ExecutionState state) => JsonSerializer.Serialize(
        new
        {
            state.Status, state.NextNumber, state.Settled, state.Retries, state.FirstFailure, state.Error, state.Outputs, state.IsPaused,
            state.StartedAt, state.FinishedAt, state.CancelRequestedAt, state.TimeLimitReachedAt, state.LastEventAt,
            Open = Paths(state.Open), OpenOthers = Paths(state.OpenOthers), Ready = Paths(state.Ready), Running = Paths(state.Running),
            Waiting = Paths(state.Waiting), Undecided = Paths(state.Undecided),
            Awaiting = state.Awaiting.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => new { a.Key, Tasks = Paths(a.Value) }),
            Delayed = state.Delayed.Select(timer => $"{timer.At:O} {timer.Task.Path}"),
            Timers = state.Timers.Select(timer => $"{timer.At:O} {timer.Task.Path} {timer.IsDeadline}"),
            Overdue = state.Overdue.Select(timer => $"{timer.At:O} {timer.Task.Path}"),
            state.HasRepeats, state.CancelReason, state.IsKilled, SignalKeys = state.SignalKeys.Order(StringComparer.Ordinal),
            Dependents = state.Dependents.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => $"{d.Key}: {string.Join(' ', d.Value)}"),
            Signals = state.Signals.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => new { s.Key, Count = s.Value.Count }),
            Values = state.Values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => new { v.Key, v.Value }),
            Tasks = state.Tasks.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => new { t.Key, t.Value }),
        },
        Options);

    private static IEnumerable<string> Paths(IEnumerable<TaskRank> ranks) => ranks.Select(rank => rank.Task.Path);

    private sealed class ByPath : JsonConverter<TaskInstance>
    {
        public override TaskInstance Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, TaskInstance value, JsonSerializerOptions options) =>
            writer.WriteStringValue($"{value.Path} #{value.Rank.Number}");
    }

    private sealed class ByBlock : JsonConverter<PlannedBlock>
    {
        public override PlannedBlock Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, PlannedBlock value, JsonSerializerOptions options) =>
            writer.WriteStringValue(string.Join(' ', value.Tasks.Select(task => task.Path)));
    }

    // A value that was never set cannot be written.
    private sealed class ByElement : JsonConverter<JsonElement>
    {
        public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ValueKind is JsonValueKind.Undefined ? "undefined" : value.GetRawText());
    }
}
