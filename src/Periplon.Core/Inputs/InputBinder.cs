using System.Text.Json;
using Periplon.Core.Names;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Inputs;

/// <summary>
/// Binds supplied values to declared inputs: fills in defaults, checks types and rules, and reports every problem at once.
/// </summary>
public static class InputBinder
{
    /// <summary>Binds JSON values, as the server receives them. Types are strict: the string <c>"5"</c> is no number.</summary>
    /// <param name="declared">Declared inputs by name.</param>
    /// <param name="supplied">Supplied values by name; null counts as not supplied.</param>
    public static InputBinding Bind(
        IReadOnlyDictionary<string, InputDefinition> declared, IReadOnlyDictionary<string, JsonElement> supplied)
    {
        ArgumentNullException.ThrowIfNull(declared);
        ArgumentNullException.ThrowIfNull(supplied);
        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var problems = new List<InputProblem>();
        foreach (var (name, definition) in declared)
        {
            var isSupplied = supplied.TryGetValue(name, out var value) && !IsAbsent(value);
            if (!isSupplied && !TryGetDefault(definition, out value))
            {
                AddMissing(name, definition, problems);
                continue;
            }

            var before = problems.Count;
            var subject = isSupplied ? $"Input '{name}'" : $"The default of input '{name}'";
            problems.AddRange(InputRules.Check(definition, value).Select(problem => At(name, $"{subject} {problem}")));
            if (problems.Count == before)
            {
                values[name] = value;
            }
        }

        AddUndeclared(declared, supplied.Keys, problems);
        return new InputBinding(values, problems);
    }

    /// <summary>
    /// Binds texts, as the command line receives them (<c>-i key=value</c>). For an input of type string or secret the text is the value,
    /// even when it looks like a number; for the other types it is read as JSON.
    /// </summary>
    /// <param name="declared">Declared inputs by name.</param>
    /// <param name="keyValues">Texts by name.</param>
    public static InputBinding BindText(
        IReadOnlyDictionary<string, InputDefinition> declared, IReadOnlyDictionary<string, string> keyValues)
    {
        ArgumentNullException.ThrowIfNull(declared);
        ArgumentNullException.ThrowIfNull(keyValues);
        var supplied = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var problems = new List<InputProblem>();
        foreach (var (name, text) in keyValues)
        {
            if (!declared.TryGetValue(name, out var definition))
            {
                problems.Add(Undeclared(name, declared.Keys));
            }
            else if (TryRead(definition, text, out var value))
            {
                supplied[name] = value;
            }
            else
            {
                problems.Add(At(name, Unreadable(name, definition, text)));
            }
        }

        // Inputs whose text could not be read are reported above, not also as missing.
        var readable = declared.Where(input => supplied.ContainsKey(input.Key) || !keyValues.ContainsKey(input.Key));
        var binding = Bind(new Dictionary<string, InputDefinition>(readable, StringComparer.Ordinal), supplied);
        return binding with { Problems = [.. problems, .. binding.Problems] };
    }

    private static bool TryRead(InputDefinition definition, string text, out JsonElement value)
    {
        if (definition.Type is InputTypes.Text or InputTypes.Secret)
        {
            value = JsonSerializer.SerializeToElement(text);
            return true;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            value = document.RootElement.Clone();
            return true;
        }
        catch (JsonException)
        {
            // A type name that is not known takes text as well, as upstream does.
            value = InputTypes.All.Contains(definition.Type) ? default : JsonSerializer.SerializeToElement(text);
            return value.ValueKind is not JsonValueKind.Undefined;
        }
    }

    private static string Unreadable(string name, InputDefinition definition, string text)
    {
        var found = definition.Secret ? "a text that is not shown" : $"the text \"{InputTypes.Shorten(text)}\"";
        var example = definition.Type switch
        {
            InputTypes.Number => "2.5",
            InputTypes.Integer => "5",
            InputTypes.Boolean => "true or false",
            InputTypes.Map => """{"key": "value"}""",
            _ => """["a", "b"]""",
        };
        return $"Input '{name}' is {found}, which is not JSON; it must be of type {definition.Type}, such as {example}.";
    }

    private static bool TryGetDefault(InputDefinition definition, out JsonElement value)
    {
        value = definition.Default.GetValueOrDefault();
        return definition.Default is not null && !IsAbsent(value);
    }

    private static bool IsAbsent(JsonElement value) => value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    private static void AddMissing(string name, InputDefinition definition, List<InputProblem> problems)
    {
        if (definition.Required)
        {
            problems.Add(At(name, $"Input '{name}' is required and has no default; give a value of type {definition.Type}."));
        }
    }

    private static void AddUndeclared(
        IReadOnlyDictionary<string, InputDefinition> declared, IEnumerable<string> names, List<InputProblem> problems) =>
        problems.AddRange(names.Where(name => !declared.ContainsKey(name)).Select(name => Undeclared(name, declared.Keys)));

    private static InputProblem Undeclared(string name, IEnumerable<string> declared)
    {
        var known = declared.Any() ? $"Declared are {string.Join(", ", declared)}." : "It declares no inputs.";
        return At(name, $"The workflow has no input '{name}'. {NearestName.Suggest(name, declared)}{known}");
    }

    private static InputProblem At(string name, string message) => new($"inputs.{name}", message);
}
