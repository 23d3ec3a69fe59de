using System.Text;
using System.Text.Json;
using Periplon.Core.Workflows;

namespace Periplon.Core.Yaml.Syntax;

/// <summary>
/// Builds the tree of a JSON document. YAML reads nearly all JSON too, but not escaped surrogate pairs, tabs or keys far from
/// their colon; so JSON is tried first where a text starts like it.
/// </summary>
internal ref struct JsonTree
{
    private Utf8JsonReader _reader;
    private readonly ReadOnlySpan<byte> _bytes;
    private int _scanned;
    private int _line = 1;
    private int _column = 1;

    private JsonTree(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = YamlTree.MostLevels, AllowTrailingCommas = false });
    }

    /// <summary>The root; null when the text is no JSON, or one whose problem the YAML reader reports better.</summary>
    internal static Node? TryRead(string text)
    {
        if (!text.AsSpan().TrimStart().StartsWith("{"))
        {
            return null;
        }

        try
        {
            var tree = new JsonTree(Encoding.UTF8.GetBytes(text));
            tree._reader.Read();
            var root = tree.ReadNode();
            return tree._reader.Read() ? null : root;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or NotForJsonException)
        {
            return null;
        }
    }

    private Node ReadNode()
    {
        var at = Here();
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return ReadMap(at);
            case JsonTokenType.StartArray:
                var items = new List<Node>();
                while (_reader.Read() && _reader.TokenType is not JsonTokenType.EndArray)
                {
                    items.Add(ReadNode());
                }

                return new ListNode(items, at);
            case JsonTokenType.String:
                var text = _reader.GetString()!;
                return text.Contains('\0', StringComparison.Ordinal) ? throw new NotForJsonException() : new ScalarNode(text, true, at);
            default:
                return new ScalarNode(Encoding.UTF8.GetString(_reader.ValueSpan), false, at);
        }
    }

    private MapNode ReadMap(SourceLocation at)
    {
        var entries = new List<MapEntry>();
        while (_reader.Read() && _reader.TokenType is not JsonTokenType.EndObject)
        {
            var keyAt = Here();
            var key = _reader.GetString()!;
            if (key.Length > YamlTree.LongestKey)
            {
                throw new NotForJsonException();
            }

            _reader.Read();
            entries.Add(new MapEntry(key, keyAt, ReadNode()));
        }

        return new MapNode(entries, [], at);
    }

    private SourceLocation Here()
    {
        for (; _scanned < _reader.TokenStartIndex; _scanned++)
        {
            if (_bytes[_scanned] == '\n')
            {
                _line++;
                _column = 1;
            }
            else if ((_bytes[_scanned] & 0xC0) != 0x80)
            {
                _column++;
            }
        }

        return new SourceLocation(_line, _column);
    }

    private sealed class NotForJsonException : Exception;
}
