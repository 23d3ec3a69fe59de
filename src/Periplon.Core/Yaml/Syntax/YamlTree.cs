using Periplon.Core.Workflows;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using static Periplon.Core.Yaml.Syntax.Wording;

namespace Periplon.Core.Yaml.Syntax;

/// <summary>Builds the tree of one YAML document: resolves aliases and merge keys within bounds, keeps the place of every key.</summary>
internal sealed class YamlTree
{
    internal const int MostLevels = 100;
    internal const int LongestKey = 1024;

    // What aliases may add to a document, in characters. Ordinary files stay below a thousandth of it.
    private const long MostAliased = 4_000_000;

    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private readonly Reading _reading;
    private readonly Dictionary<string, Node> _anchors = new(StringComparer.Ordinal);
    private long _aliased;

    private YamlTree(string text, Reading reading)
    {
        _scanner = new Scanner(new StringReader(text));
        _parser = new Parser(_scanner);
        _reading = reading;
    }

    /// <summary>The root of the text's only document; null after a problem that leaves no tree, which is then reported.</summary>
    internal static Node? Read(string text, Reading reading)
    {
        var tree = new YamlTree(text, reading);
        try
        {
            return tree.ReadDocument();
        }
        catch (BrokenTreeException broken)
        {
            reading.Error(broken.Code, broken.Message, broken.At, "", broken.Hint);
        }
        catch (YamlException malformed)
        {
            reading.Error(DiagnosticCodes.Syntax, $"The text is not valid YAML: {Reason(malformed)}", tree.Place(malformed), "",
                SyntaxHint(malformed));
        }
        // The scanner lets these escape for some malformed escapes and directives; they carry no position.
        catch (Exception malformed) when (malformed is ArgumentException or FormatException or OverflowException
            or InvalidOperationException or IndexOutOfRangeException)
        {
            reading.Error(DiagnosticCodes.Syntax, $"The text is not valid YAML: {malformed.Message}",
                At(tree._scanner.CurrentPosition), "");
        }

        return null;
    }

    private Node? ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _))
        {
            return null;
        }

        _parser.Consume<DocumentStart>();
        var root = ReadNode(0);
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out var second))
        {
            throw new BrokenTreeException(DiagnosticCodes.SeveralDocuments, At(second.Start),
                "The file holds more than one YAML document; a workflow is exactly one.", "Put each workflow into a file of its own.");
        }

        _parser.Consume<StreamEnd>();
        return root;
    }

    private Node ReadNode(int depth)
    {
        switch (_parser.Current ?? (_parser.MoveNext() ? _parser.Current : null))
        {
            case AnchorAlias alias:
                _parser.MoveNext();
                return Resolve(alias, depth);
            case Scalar scalar:
                _parser.MoveNext();
                return Anchored(scalar, ReadScalar(scalar));
            case SequenceStart start:
                return Anchored(start, ReadList(Deeper(start, depth), depth));
            case MappingStart start:
                return Anchored(start, ReadMap(Deeper(start, depth), depth));
            case { } other:
                throw new SyntaxErrorException(other.Start, other.End, "a value was expected here.");
            default:
                throw new SyntaxErrorException("the text ends where a value was expected.");
        }
    }

    private T Deeper<T>(T start, int depth)
        where T : NodeEvent
    {
        _parser.MoveNext();
        return depth < MostLevels ? start : throw TooDeep(At(start.Start));
    }

    private ScalarNode ReadScalar(Scalar scalar)
    {
        var isText = scalar.Style is not ScalarStyle.Plain;
        if (!scalar.Tag.IsEmpty)
        {
            var tag = scalar.Tag.IsNonSpecific ? "!" : scalar.Tag.Value;
            isText = tag switch
            {
                "tag:yaml.org,2002:str" or "!" => true,
                "tag:yaml.org,2002:int" or "tag:yaml.org,2002:float" or "tag:yaml.org,2002:bool" or "tag:yaml.org,2002:null" => false,
                _ => isText,
            };
            if (!tag.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal) && tag != "!")
            {
                _reading.Warn(DiagnosticCodes.UnknownTag, $"The tag {Quote(tag)} is ignored; the language has no tags.",
                    At(scalar.Start), "");
            }
        }

        if (scalar.Value.Contains('\0', StringComparison.Ordinal))
        {
            _reading.Error(DiagnosticCodes.Syntax, "A text holds the character U+0000, which no program takes.", At(scalar.Start), "",
                "Remove the escape \\0 or \\u0000.");
        }

        return new ScalarNode(Unicode.Valid(scalar.Value), isText, At(scalar.Start));
    }

    private ListNode ReadList(SequenceStart start, int depth)
    {
        var items = new List<Node>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(depth + 1));
        }

        return new ListNode(items, At(start.Start));
    }

    private MapNode ReadMap(MappingStart start, int depth)
    {
        var entries = new List<MapEntry>();
        var merged = new List<MapEntry>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var plain = _parser.Current is Scalar { Style: ScalarStyle.Plain };
            var key = ReadNode(depth + 1);
            var value = ReadNode(depth + 1);
            if (key is not ScalarNode { Text: var name })
            {
                _reading.Error(DiagnosticCodes.BadKey, "A key must be text; found a list or mapping.", key.At, "",
                    key is MapNode ? "Put references between quotes: \"{{…}}\"." : null);
            }
            else if (name.Length > LongestKey)
            {
                _reading.Error(DiagnosticCodes.BadKey, $"The key {Quote(name)} is longer than {LongestKey} characters.", key.At, "");
            }
            else if (plain && name == "<<")
            {
                Merge(value, merged, key.At);
            }
            else
            {
                entries.Add(new MapEntry(name, key.At, value));
            }
        }

        return new MapNode(entries, merged, At(start.Start));
    }

    private void Merge(Node value, List<MapEntry> merged, SourceLocation at)
    {
        foreach (var source in value is ListNode list ? list.Items : [value])
        {
            if (source is MapNode map)
            {
                merged.AddRange(map.Entries);
                continue;
            }

            _reading.Error(DiagnosticCodes.BadMerge, "'<<' merges a mapping or a list of mappings; found something else.", at, "",
                "Write '<<: *name', where &name stands at a mapping above.");
        }
    }

    private Node Resolve(AnchorAlias alias, int depth)
    {
        var at = At(alias.Start);
        if (!_anchors.TryGetValue(alias.Value.Value, out var target))
        {
            // Anchors are known once their node is complete, so a node that contains itself ends here too.
            var name = Quote("*" + alias.Value.Value);
            _reading.Error(DiagnosticCodes.UnknownAlias, $"The alias {name} names no anchor that is complete above it.", at, "");
            return new ScalarNode("", false, at);
        }

        _aliased += target.Weight;
        if (_aliased > MostAliased)
        {
            throw new BrokenTreeException(DiagnosticCodes.AliasesTooLarge, at,
                $"The aliases of this file write out to more than {MostAliased} characters.", "Repeat less by alias, or use inputs.");
        }

        return depth + target.Height <= MostLevels ? target : throw TooDeep(at);
    }

    private Node Anchored(NodeEvent node, Node value)
    {
        if (!node.Anchor.IsEmpty)
        {
            _anchors[node.Anchor.Value] = value;
        }

        return value;
    }

    private static BrokenTreeException TooDeep(SourceLocation at) => new(DiagnosticCodes.TooDeep, at,
        $"Lists and mappings are nested more than {MostLevels} levels deep.", null);

    private static SourceLocation At(Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    // A stray tab is reported with the mapping around it; its own place is where the scanner stopped.
    private SourceLocation Place(YamlException malformed) => At(IsTab(malformed) ? _scanner.CurrentPosition : malformed.Start);

    private static bool IsTab(YamlException malformed) => malformed.Message.Contains(" tab ", StringComparison.Ordinal);

    private static string Reason(YamlException malformed)
    {
        var reason = malformed.InnerException is { } inner ? inner.Message : malformed.Message;
        return reason.Length == 0 ? "it cannot be read." : reason;
    }

    private static string? SyntaxHint(YamlException malformed) =>
        IsTab(malformed) ? "Indent with spaces; YAML allows no tabs there."
        : malformed.Message.Contains("cannot start any token", StringComparison.Ordinal) ? "Put the text between quotes." : null;

    /// <summary>Ends the building of a tree.</summary>
    private sealed class BrokenTreeException(string code, SourceLocation at, string message, string? hint) : Exception(message)
    {
        internal string Code { get; } = code;

        internal SourceLocation At { get; } = at;

        internal string? Hint { get; } = hint;
    }
}
