using System.Text.Json;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Collections;

/// <summary>
/// Turns the text of a collection into its items (reference §7.1). It reads no further than it has to, to know that it fails.
/// </summary>
internal static class CollectionParser
{
    /// <summary>
    /// Longest text that is read as one JSON value, in characters: more than the items may take, because a path can lead to a part of it.
    /// </summary>
    internal const int MaxJsonText = 16 * 1024 * 1024;

    // What is deeper is refused below, with a message of ours.
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 256 };

    /// <summary>The items, an array. Rows of CSV are arrays of strings, and its first line, the header, is left out.</summary>
    /// <param name="content">The text.</param>
    /// <param name="format">Its format.</param>
    /// <param name="jsonPath">Path to the array inside the value; null when the value is the array.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="CollectionException">It is not of the format, or more than a loop may have.</exception>
    internal static async Task<JsonElement> ReadAsync(
        Stream content, CollectionFormat format, string? jsonPath, CancellationToken cancellationToken)
    {
        using var text = new BoundedText(content);
        if (format is CollectionFormat.Json)
        {
            return await ReadJsonAsync(text, jsonPath, cancellationToken);
        }

        using var items = new CollectionItems();
        await (format switch
        {
            CollectionFormat.JsonLines => ReadJsonLinesAsync(text, items, cancellationToken),
            CollectionFormat.Csv => ReadCsvAsync(text, items, cancellationToken),
            _ => ReadLinesAsync(text, items, cancellationToken),
        });
        var all = items.ToArray();
        return string.IsNullOrWhiteSpace(jsonPath) ? all : Bounded(JsonPath.Follow(all, jsonPath));
    }

    private static async Task<JsonElement> ReadJsonAsync(BoundedText text, string? jsonPath, CancellationToken cancellationToken)
    {
        var written = await text.ReadAllAsync(MaxJsonText, cancellationToken);
        using var document = Parse(written, "the text");
        var value = document.RootElement;
        return Bounded(string.IsNullOrWhiteSpace(jsonPath) ? value : JsonPath.Follow(value, jsonPath), jsonPath);
    }

    private static JsonElement Bounded(JsonElement value, string? jsonPath = null)
    {
        if (value.ValueKind is not JsonValueKind.Array)
        {
            var where = string.IsNullOrWhiteSpace(jsonPath) ? "the root" : $"what json_path '{jsonPath}' leads to";
            throw new CollectionException($"{where} is {JsonPath.Name(value)}; a loop needs an array");
        }

        using var items = new CollectionItems();
        foreach (var item in value.EnumerateArray())
        {
            items.Add(item, $"item {items.Count}");
        }

        return items.ToArray();
    }

    private static async Task ReadJsonLinesAsync(BoundedText text, CollectionItems items, CancellationToken cancellationToken)
    {
        var number = text.Line;
        while (await text.ReadLineAsync(cancellationToken) is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                using var document = Parse(line, $"line {number}");
                items.Add(document.RootElement, $"line {number}");
            }

            number = text.Line;
        }
    }

    private static async Task ReadCsvAsync(BoundedText text, CollectionItems items, CancellationToken cancellationToken)
    {
        var reader = new CsvReader(text);
        _ = await reader.ReadRowAsync(cancellationToken);
        while (await reader.ReadRowAsync(cancellationToken) is { } row)
        {
            items.Add(row);
        }
    }

    private static async Task ReadLinesAsync(BoundedText text, CollectionItems items, CancellationToken cancellationToken)
    {
        while (await text.ReadLineAsync(cancellationToken) is { } line)
        {
            items.Add(line);
        }
    }

    private static JsonDocument Parse(string text, string what)
    {
        try
        {
            return JsonDocument.Parse(text, Deep);
        }
        catch (JsonException exception)
        {
            throw new CollectionException($"{what} is not JSON: {exception.Message}");
        }
        catch (ArgumentException exception)
        {
            // Half of a surrogate pair, which UTF-8 cannot hold.
            throw new CollectionException($"{what} is not text: {exception.Message}");
        }
    }
}
