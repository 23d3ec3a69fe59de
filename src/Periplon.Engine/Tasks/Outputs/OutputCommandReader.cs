using System.Text;
using System.Text.Json;
using Periplon.Core.Tasks;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>Collects the values that a task sets by lines such as <c>::set-output name=value</c>; the last line for a name wins.</summary>
internal sealed class OutputCommandReader(TaskOptions options, AttemptLog log)
{
    // All values together, replaced ones included, may be this many times the largest one.
    private const int TotalFactor = 8;

    private const string Advice = "write large values to a file or to the output text";

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
        if (!line.StartsWith("::set-", StringComparison.Ordinal) || Problem is not null)
        {
            return;
        }

        var read = OutputCommands.Read(line);
        foreach (var problem in read.Problems)
        {
            log.Say(problem);
        }

        Take(read.Outputs, _values, isWhole);
        Take(read.State, _state, isWhole);
    }

    private void Take(IReadOnlyDictionary<string, JsonElement> from, Dictionary<string, JsonElement> into, bool isWhole)
    {
        foreach (var (name, value) in from)
        {
            var size = Encoding.UTF8.GetByteCount(value.GetRawText()) + Encoding.UTF8.GetByteCount(name);
            var all = (long)options.MaxValueBytes * TotalFactor;
            _bytes += size;
            Problem = !isWhole || size > options.MaxValueBytes
                    ? $"The value of '{name}' takes more than {options.MaxValueBytes} bytes; {Advice}"
                : _bytes > all ? $"The values set up to '{name}' take more than {all} bytes; {Advice}"
                : null;
            if (Problem is not null)
            {
                log.Say(Problem);
                return;
            }

            into[name] = value;
        }
    }
}
