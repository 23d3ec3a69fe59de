using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Notifications;

/// <summary>A message with all references filled in.</summary>
internal sealed record Notification
{
    private const string Reset = "\e[0m";

    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new(Compact) { WriteIndented = true };

    public required string Message { get; init; }
    public string? Title { get; init; }
    /// <summary><c>low</c>, <c>normal</c>, <c>high</c>, <c>critical</c>; null when the workflow gives none.</summary>
    public string? Priority { get; init; }
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string TaskPath { get; init; }
    public required string ExecutionId { get; init; }

    /// <exception cref="Core.Templates.TemplateException">A reference cannot be resolved.</exception>
    internal static Notification Fill(NotificationSpec spec, TaskContext context, DateTimeOffset at) => new()
    {
        Message = context.Texts.Strict(spec.Message),
        Title = spec.Title is null ? null : context.Texts.Strict(spec.Title),
        Priority = spec.Priority,
        Metadata = spec.Metadata.ToDictionary(entry => entry.Key, entry => context.Texts.Strict(entry.Value), StringComparer.Ordinal),
        At = at,
        TaskPath = context.TaskPath,
        ExecutionId = context.ExecutionId.ToString(),
    };

    /// <summary>The message as lines for people: one with time, priority, title and text, then one for each of the metadata.</summary>
    internal IEnumerable<string> ToLines(bool timestamp, bool colored)
    {
        var head = new StringBuilder();
        if (timestamp)
        {
            head.Append($"[{At:yyyy-MM-ddTHH:mm:ssZ}] ");
        }

        if (Priority is not null)
        {
            head.Append($"[{Priority}] ");
        }

        if (Title is { Length: > 0 })
        {
            head.Append($"{Title}: ");
        }

        var lines = Message.ReplaceLineEndings("\n").Split('\n');
        IEnumerable<string> all =
            [head + lines[0], .. lines[1..], .. Metadata.Select(entry => $"  {entry.Key}: {entry.Value.ReplaceLineEndings(" ")}")];
        return colored ? all.Select(line => $"{Color}{line}{Reset}") : all;
    }

    /// <summary>The message as JSON.</summary>
    internal string ToJson(bool timestamp, bool indented)
    {
        var json = new JsonObject { ["message"] = Message };
        Add("title", Title);
        Add("priority", Priority);
        Add("timestamp", timestamp ? At.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture) : null);
        Add("execution_id", ExecutionId);
        Add("task", TaskPath);
        json["metadata"] = new JsonObject(Metadata.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value)));
        return json.ToJsonString(indented ? Indented : Compact);

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                json[name] = value;
            }
        }
    }

    private string Color => Priority switch
    {
        "critical" => "\e[1;31m",
        "high" => "\e[33m",
        "low" => "\e[90m",
        _ => "\e[36m",
    };
}
