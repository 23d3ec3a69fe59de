using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>Collects the values that a task sets by lines such as <c>::set-output name=value</c>; the last line for a name wins.</summary>
internal sealed partial class OutputCommandReader(TaskOptions options, AttemptLog log)
{
    // All values together may be this many times the largest one.
    private const int TotalFactor = 8;

    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonElement> _state = new(StringComparer.Ordinal);
    private long _bytes;

    internal IReadOnlyDictionary<string, JsonElement>? Values => _values.Count is 0 ? null : _values;

    internal IReadOnlyDictionary<string, JsonElement>? State => _state.Count is 0 ? null : _state;

    /// <summary>The first value that could not be taken; null when all were.</summary>
    internal string? Problem { get; private set; }

    /// <summary>Reads a line, which may be an ordinary one.</summary>
    internal void Read(string line, bool isWhole)
    {
        if (!line.StartsWith("::set-", StringComparison.Ordinal) || Command().Match(line) is not { Success: true } match)
        {
            return;
        }

        var name = match.Groups["name"].Value;
        var value = ToValue(match.Groups["value"].Value);
        var size = Encoding.UTF8.GetByteCount(value.GetRawText());
        _bytes += size;
        if (!isWhole || size > options.MaxValueBytes || _bytes > (long)options.MaxValueBytes * TotalFactor)
        {
            var limit = !isWhole || size > options.MaxValueBytes ? $"{options.MaxValueBytes} bytes, the limit of one value"
                : $"{(long)options.MaxValueBytes * TotalFactor} bytes, the limit of all values of an attempt";
            Problem ??= $"The value of '{name}' takes more than {limit}; write large values to a file or to the output text";
            log.Say(Problem);
            return;
        }

        (match.Groups["kind"].Value is "state" ? _state : _values)[name] = value;
    }

    // As for inputs on the command line: JSON when it is JSON, else the text itself.
    private static JsonElement ToValue(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(text);
        }
    }

    [GeneratedRegex("^::set-(?<kind>output|state) +(?<name>[A-Za-z_][A-Za-z0-9_.-]*)=(?<value>.*)\\z", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Command();
}
