using Periplon.Core.Workflows;

namespace Periplon.Core.Yaml.Syntax;

/// <summary>A value of the document as it was written. Aliases share nodes, so a tree may be larger than its memory.</summary>
internal abstract class Node(SourceLocation at)
{
    internal SourceLocation At { get; } = at;

    /// <summary>Size of the node with all aliases written out, in characters. Bounds what an alias may add.</summary>
    internal abstract long Weight { get; }

    /// <summary>Levels of lists and mappings, this one included.</summary>
    internal abstract int Height { get; }
}

/// <summary>A scalar.</summary>
/// <param name="text">Its text, unescaped.</param>
/// <param name="isText">Whether it is text for certain: quoted, a block, or tagged as a string.</param>
/// <param name="at">Where it stands.</param>
internal sealed class ScalarNode(string text, bool isText, SourceLocation at) : Node(at)
{
    internal string Text { get; } = text;

    internal ScalarKind Kind { get; } = isText ? ScalarKind.Text : CoreSchema.KindOf(text);

    internal override long Weight => Overhead + Text.Length;

    internal override int Height => 0;

    /// <summary>What a node costs beside its text.</summary>
    internal const int Overhead = 16;
}

internal sealed class ListNode(IReadOnlyList<Node> items, SourceLocation at) : Node(at)
{
    internal IReadOnlyList<Node> Items { get; } = items;

    internal override long Weight { get; } = ScalarNode.Overhead + items.Sum(item => item.Weight);

    internal override int Height { get; } = 1 + (items.Count == 0 ? 0 : items.Max(item => item.Height));
}

/// <summary>One entry of a mapping.</summary>
internal sealed record MapEntry(string Key, SourceLocation KeyAt, Node Value);

/// <summary>A mapping in declaration order. A repeated key keeps its first place and its last value.</summary>
internal sealed class MapNode : Node
{
    private readonly OrderedDictionary<string, MapEntry> _entries = new(StringComparer.Ordinal);

    internal MapNode(IEnumerable<MapEntry> entries, IEnumerable<MapEntry> merged, SourceLocation at)
        : base(at)
    {
        List<(MapEntry First, MapEntry Again)>? duplicates = null;
        foreach (var entry in entries)
        {
            if (_entries.TryGetValue(entry.Key, out var first))
            {
                (duplicates ??= []).Add((first, entry));
            }

            _entries[entry.Key] = entry;
        }

        foreach (var entry in merged)
        {
            _entries.TryAdd(entry.Key, entry);
        }

        Duplicates = duplicates ?? [];
        Weight = ScalarNode.Overhead + _entries.Values.Sum(entry => entry.Key.Length + entry.Value.Weight);
        Height = 1 + (_entries.Count == 0 ? 0 : _entries.Values.Max(entry => entry.Value.Height));
    }

    internal IReadOnlyList<MapEntry> Entries => _entries.Values;

    internal IReadOnlyList<(MapEntry First, MapEntry Again)> Duplicates { get; }

    internal override long Weight { get; }

    internal override int Height { get; }

    internal MapEntry? Find(string key) => _entries.GetValueOrDefault(key);

    internal static MapNode Empty(SourceLocation at) => new([], [], at);
}
