using System.Text.Json;
using Periplon.Core.Templates;

namespace Periplon.Core.Tasks;

/// <summary>What a task published through lines of its output.</summary>
/// <param name="Outputs">Named outputs; the last line for a name counts.</param>
/// <param name="State">State values to set; the last line for a key counts.</param>
/// <param name="Problems">Lines that look like commands but are not, for the task's log.</param>
public sealed record OutputCommandResult(
    IReadOnlyDictionary<string, JsonElement> Outputs, IReadOnlyDictionary<string, JsonElement> State, IReadOnlyList<string> Problems);

/// <summary>
/// Reads the commands in a task's output: lines <c>::set-output name=value</c> and <c>::set-state key=value</c>, from the first column.
/// The lines stay in the output text. A value that is a JSON number, truth value, array or object has that type; any other is a string,
/// without the white space around it, and a JSON string in quotes keeps its quotes.
/// </summary>
public static class OutputCommands
{
    /// <summary>Most commands that are read; the rest are ignored and reported.</summary>
    public const int MaxCommands = 1_000;

    private const string SetOutput = "::set-output ";
    private const string SetState = "::set-state ";

    // Enough to see each kind of mistake; a flood of them would bury the task's own log.
    private const int MaxProblems = 20;

    // Deeper than any value may be, so that one that is too deep is reported and does not turn into text.
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 1_000 };

    /// <summary>Reads the commands in an output text.</summary>
    /// <param name="text">The output text.</param>
    public static OutputCommandResult Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var outputs = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var state = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var problems = new List<string>();
        var commands = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (!TryReadCommand(line, out var body, out var isOutput))
            {
                continue;
            }

            if (++commands > MaxCommands)
            {
                problems.Add($"More than {MaxCommands} '::set-…' lines; the rest is ignored.");
                break;
            }

            if (Set(body, isOutput ? outputs : state) is { } problem && problems.Count < MaxProblems)
            {
                var shown = line.Length <= 120 ? line.ToString() : line[..120].ToString() + "…";
                problems.Add($"The line '{shown}' sets nothing; {problem}.");
            }
        }

        return new OutputCommandResult(outputs, state, problems);
    }

    private static bool TryReadCommand(ReadOnlySpan<char> line, out ReadOnlySpan<char> body, out bool isOutput)
    {
        isOutput = line.StartsWith(SetOutput, StringComparison.Ordinal);
        var isCommand = isOutput || line.StartsWith(SetState, StringComparison.Ordinal);
        body = isCommand ? line[(isOutput ? SetOutput : SetState).Length..] : default;
        return isCommand;
    }

    // Gives the reason when the line sets nothing.
    private static string? Set(ReadOnlySpan<char> body, Dictionary<string, JsonElement> values)
    {
        var equals = body.IndexOf('=');
        var name = equals < 0 ? default : body[..equals].Trim();
        if (name.IsEmpty || name.ContainsAny(' ', '\t'))
        {
            return "write 'name=value' after the command, the name without spaces";
        }

        var value = ReadValue(body[(equals + 1)..].Trim().ToString());
        if (ValueLimits.FindProblem(value) is { } problem)
        {
            return $"the value of '{name}' {problem}";
        }

        values[name.ToString()] = value;
        return null;
    }

    private static JsonElement ReadValue(string text)
    {
        // Only what starts like a number, truth value, array or object is tried; null and quoted strings stay text.
        if (text.Length > 0 && (char.IsAsciiDigit(text[0]) || text[0] is '-' or '{' or '[' || text is "true" or "false"))
        {
            try
            {
                using var document = JsonDocument.Parse(text, Reading);
                return document.RootElement.Clone();
            }
            catch (JsonException)
            {
                // Such as 2026-11-23 or [info]: text that only starts like JSON.
            }
        }

        return JsonSerializer.SerializeToElement(text);
    }
}
