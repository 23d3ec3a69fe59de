using System.Globalization;
using System.Text;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Shapes;

/// <summary>A node in its place: its path, the place of its key, and the reading that findings go to.</summary>
internal sealed class Cursor
{
    private readonly Cursor? _parent;
    private readonly int _index;
    private readonly int _pathLength;
    private readonly string _documentName;

    private Cursor(Cursor? parent, Node node, string key, int index, SourceLocation keyAt, Reading reading, string documentName)
    {
        _parent = parent;
        _documentName = documentName;
        _index = index;
        Node = node;
        Key = key;
        KeyAt = keyAt;
        Reading = reading;
        // Ten digits are enough for any index; an estimate does for the budget.
        _pathLength = parent is null ? 0 : parent._pathLength + (index < 0 ? key.Length + 1 : 12);
        if (reading.CanRemember(_pathLength))
        {
            reading.Remember(Path, keyAt);
        }
    }

    internal Node Node { get; }

    /// <summary>Key in the mapping around the node; empty for list items and the root.</summary>
    internal string Key { get; }

    /// <summary>Where the key stands; where the node stands if it has none.</summary>
    internal SourceLocation KeyAt { get; }

    internal Reading Reading { get; }

    internal bool IsNull => Node is ScalarNode { Kind: ScalarKind.Null };

    internal string Path
    {
        get
        {
            var text = new StringBuilder(_pathLength);
            AppendPath(text);
            return text.ToString();
        }
    }

    /// <summary>The node's name in messages: its path between quotes, or the name of the document.</summary>
    internal string Name => _parent is null ? _documentName : $"'{ShortPath()}'";

    /// <summary>What the node is, in messages.</summary>
    internal string Found => Node switch
    {
        ListNode => "a list",
        MapNode => "a mapping",
        ScalarNode { Kind: ScalarKind.Null } => "nothing",
        ScalarNode { Kind: ScalarKind.Text } scalar => $"the text {Wording.Quote(scalar.Text)}",
        ScalarNode scalar => Wording.Quote(scalar.Text).Trim('\''),
        _ => "something else",
    };

    internal static Cursor Root(Node node, Reading reading, string documentName = "The workflow") =>
        new(null, node, "", -1, node.At, reading, documentName);

    internal Cursor Entry(MapEntry entry) => new(this, entry.Value, entry.Key, -1, entry.KeyAt, Reading, _documentName);

    internal Cursor Item(int index, Node item) => new(this, item, "", index, item.At, Reading, _documentName);

    /// <summary>The path of an entry, also of one that is missing.</summary>
    internal string PathOf(string key) => _parent is null ? key : $"{Path}.{key}";

    internal void Error(string code, string message, string? hint = null) => Reading.Error(code, message, Node.At, Path, hint);

    internal void Warn(string code, string message, string? hint = null) => Reading.Warn(code, message, Node.At, Path, hint);

    private string ShortPath()
    {
        const int longest = 120;
        var path = Path;
        var shown = path.Length <= longest ? path : "…" + path[^longest..];
        return new string([.. shown.Select(letter => char.IsControl(letter) || char.IsSurrogate(letter) ? ' ' : letter)]);
    }

    private void AppendPath(StringBuilder text)
    {
        if (_parent is null)
        {
            return;
        }

        _parent.AppendPath(text);
        if (_index >= 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"[{_index}]");
        }
        else
        {
            text.Append(text.Length == 0 ? "" : ".").Append(Key);
        }
    }
}
