using System.Text;
using System.Text.Json;
using Periplon.Core.Templates;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>Collects the values that a task sets by lines such as <c>::set-output name=value</c>; the last line for a name wins.</summary>
internal sealed class OutputCommandReader(TaskOptions options, AttemptLog log)
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
        if (!line.StartsWith("::set-", StringComparison.Ordinal) || !OutputCommands.TryParse(line, out var command))
        {
            return;
        }

        var size = Encoding.UTF8.GetByteCount(command.Value.GetRawText());
        _bytes += size;
        if (!isWhole || size > options.MaxValueBytes || _bytes > (long)options.MaxValueBytes * TotalFactor)
        {
            var limit = !isWhole || size > options.MaxValueBytes ? $"{options.MaxValueBytes} bytes, the limit of one value"
                : $"{(long)options.MaxValueBytes * TotalFactor} bytes, the limit of all values of an attempt";
            Problem ??= $"The value of '{command.Name}' takes more than {limit}; write large values to a file or to the output text";
            log.Say(Problem);
            return;
        }

        (command.IsState ? _state : _values)[command.Name] = command.Value;
    }
}
