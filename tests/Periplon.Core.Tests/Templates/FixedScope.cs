using System.Text.Json;
using Periplon.Core.Conditions;
using Periplon.Core.Executions;
using Periplon.Core.Templates;

namespace Periplon.Core.Tests.Templates;

/// <summary>A scope of fixed values: each is known by its name, and its members by their paths.</summary>
internal sealed class FixedScope : IConditionScope
{
    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TaskRunStatus> _tasks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonElement> _state = new(StringComparer.Ordinal);

    public bool HasFailure { get; init; }

    public bool IsCancelled { get; init; }

    public List<string> Asked { get; } = [];

    public FixedScope With(string reference, string json)
    {
        _values[reference] = Json(json);
        return this;
    }

    public FixedScope WithTask(string task, TaskRunStatus status)
    {
        _tasks[task] = status;
        return this;
    }

    public FixedScope WithState(string key, string json)
    {
        _state[key] = Json(json);
        return this;
    }

    public static JsonElement Json(string json) => JsonSerializer.Deserialize<JsonElement>(json);

    public bool TryResolve(string reference, out JsonElement value)
    {
        Asked.Add(reference);
        value = default;
        if (!ReferencePath.TryParse(reference, out var path))
        {
            return false;
        }

        for (var length = path.Segments.Count; length > 0; length--)
        {
            if (_values.TryGetValue(ReferencePath.Of([.. path.Segments.Take(length)]).Text, out var start))
            {
                return ReferencePath.TryGetMember(start, path.From(length), out value);
            }
        }

        return false;
    }

    public IReadOnlyList<string> ListAlternatives(string reference) => [.. _values.Keys];

    public TaskRunStatus? FindTaskStatus(string task) => _tasks.TryGetValue(task, out var status) ? status : null;

    public bool TryGetState(string key, out JsonElement value) => _state.TryGetValue(key, out value);
}
