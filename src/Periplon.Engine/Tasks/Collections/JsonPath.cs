using System.Text.Json;

namespace Periplon.Engine.Tasks.Collections;

/// <summary>
/// A path to a value inside another: keys with dots between them, each of which may be followed by indexes (<c>data.pages[0][1].items</c>).
/// A leading <c>$</c> means the whole value; empty keys are skipped.
/// </summary>
internal static class JsonPath
{
    private const int ShownNames = 10;

    /// <summary>Follows a path.</summary>
    /// <exception cref="CollectionException">It leads nowhere.</exception>
    internal static JsonElement Follow(JsonElement root, string path)
    {
        var value = root;
        var walked = "the answer";
        var keys = path.Trim();
        foreach (var segment in (keys.StartsWith('$') ? keys[1..] : keys).Split('.'))
        {
            var bracket = segment.IndexOf('[', StringComparison.Ordinal);
            var key = (bracket < 0 ? segment : segment[..bracket]).Trim();
            if (key.Length > 0)
            {
                value = Member(value, key, path, walked);
                walked = $"'{key}'";
            }

            foreach (var index in bracket < 0 ? [] : Indexes(segment[bracket..], path))
            {
                value = Item(value, index, path, walked);
                walked = $"{walked}[{index}]";
            }
        }

        return value;
    }

    /// <summary>What is wrong with the way a path is written; null when it can lead somewhere.</summary>
    internal static string? FindProblem(string path)
    {
        try
        {
            foreach (var segment in path.Split('.'))
            {
                var bracket = segment.IndexOf('[', StringComparison.Ordinal);
                _ = bracket < 0 || Indexes(segment[bracket..], path).All(index => index >= 0);
            }

            return null;
        }
        catch (CollectionException exception)
        {
            return exception.Message;
        }
    }

    private static JsonElement Member(JsonElement value, string key, string path, string walked)
    {
        if (value.ValueKind is not JsonValueKind.Object)
        {
            throw new CollectionException($"json_path '{path}': {walked} is {Name(value)}, which has no '{key}'");
        }

        if (value.TryGetProperty(key, out var member))
        {
            return member;
        }

        var names = value.EnumerateObject().Select(property => property.Name).Take(ShownNames + 1).ToList();
        var known = names.Count is 0 ? "it is empty"
            : "it has " + string.Join(", ", names.Take(ShownNames)) + (names.Count > ShownNames ? " and more" : "");
        throw new CollectionException($"json_path '{path}': {walked} has no '{key}'; {known}");
    }

    private static JsonElement Item(JsonElement value, int index, string path, string walked) =>
        value.ValueKind is not JsonValueKind.Array
            ? throw new CollectionException($"json_path '{path}': {walked} is {Name(value)}, which has no item [{index}]")
        : index >= value.GetArrayLength()
            ? throw new CollectionException(
                $"json_path '{path}': {walked} has {value.GetArrayLength()} items, so there is no item [{index}]")
        : value[index];

    private static IEnumerable<int> Indexes(string text, string path)
    {
        while (text.Length > 0)
        {
            var close = text.IndexOf(']', StringComparison.Ordinal);
            if (text[0] is not '[' || close < 0 || !int.TryParse(text.AsSpan(1, close - 1), out var index) || index < 0)
            {
                throw new CollectionException($"json_path '{path}': '{text}' is no index; write [0], [1] and so on after a key");
            }

            yield return index;
            text = text[(close + 1)..].Trim();
        }
    }

    internal static string Name(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };
}
