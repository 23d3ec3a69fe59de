using System.Text.Json;
using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>Gathers texts that may hold references; those without braces are dropped at once, unless they are expressions.</summary>
internal sealed class TextList
{
    private readonly List<ReferenceText> _texts = [];

    internal TaskNode? Node { get; set; }

    internal void Add(string path, string? text, TextUse use = TextUse.Text)
    {
        if (text is not null && (use is TextUse.Expression || HoldsBraces(text)))
        {
            _texts.Add(new ReferenceText(path, text, use, Node));
        }
    }

    internal void AddMap(string path, IReadOnlyDictionary<string, string> map, TextUse use = TextUse.Text)
    {
        foreach (var (key, text) in map)
        {
            if (HoldsBraces(text))
            {
                Add($"{path}.{key}", text, use);
            }
        }
    }

    internal void AddValues(string path, IReadOnlyDictionary<string, JsonElement> values, TextUse use = TextUse.Text)
    {
        foreach (var (key, value) in values)
        {
            AddValue($"{path}.{key}", value, use);
        }
    }

    internal void AddValue(string path, JsonElement? value, TextUse use = TextUse.Text)
    {
        if (value is not { } root || root.ValueKind is not (JsonValueKind.String or JsonValueKind.Array or JsonValueKind.Object))
        {
            return;
        }

        Stack<(string Path, JsonElement Value)> open = new([(path, root)]);
        while (open.TryPop(out var next))
        {
            switch (next.Value.ValueKind)
            {
                case JsonValueKind.String:
                    Add(next.Path, next.Value.GetString(), use);
                    break;
                case JsonValueKind.Array:
                    foreach (var (index, item) in next.Value.EnumerateArray().Index())
                    {
                        open.Push(($"{next.Path}[{index}]", item));
                    }

                    break;
                case JsonValueKind.Object:
                    foreach (var member in next.Value.EnumerateObject())
                    {
                        open.Push(($"{next.Path}.{member.Name}", member.Value));
                    }

                    break;
            }
        }
    }

    internal void AddOutputs(string path, IReadOnlyDictionary<string, OutputDefinition> outputs)
    {
        foreach (var (name, output) in outputs)
        {
            AddValue($"{path}.{name}", output.Value);
            Add($"{path}.{name}.source.path", (output.Source as OutputSource.File)?.Path);
        }
    }

    /// <summary>The texts gathered so far; the list is empty afterwards.</summary>
    internal ReferenceText[] Take()
    {
        if (_texts.Count == 0)
        {
            return [];
        }

        ReferenceText[] taken = [.. _texts];
        _texts.Clear();
        return taken;
    }

    private static bool HoldsBraces(string text) =>
        text.Contains("${", StringComparison.Ordinal) || text.Contains("{{", StringComparison.Ordinal);
}
