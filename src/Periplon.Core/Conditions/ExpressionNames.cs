using Acornima;
using Acornima.Ast;
using Periplon.Core.Templates;

namespace Periplon.Core.Conditions;

/// <summary>A reference in the text of an expression.</summary>
/// <param name="Start">Position of its first character.</param>
/// <param name="End">Position after its last.</param>
/// <param name="Path">The reference.</param>
/// <param name="ShorthandKey">The member's name when the reference stands as <c>{name}</c>.</param>
internal sealed record ExpressionReference(int Start, int End, ReferencePath Path, string? ShorthandKey);

/// <summary>
/// Tells the names of a parsed expression apart: JavaScript's own, the expression's own (parameters), status functions, and references,
/// which are all others. A reference goes as far as members are written out: <c>task.a.output.includes(x)</c> refers to
/// <c>task.a.output</c>.
/// </summary>
internal sealed class ExpressionNames
{
    private static readonly HashSet<string> Builtins = new(StringComparer.Ordinal)
    {
        "undefined", "NaN", "Infinity", "Math", "JSON", "Number", "String", "Boolean", "Array", "Object", "RegExp", "Map", "Set",
        "Error", "RangeError", "TypeError", "SyntaxError", "isNaN", "isFinite", "parseInt", "parseFloat", "encodeURIComponent",
        "decodeURIComponent", "encodeURI", "decodeURI", "arguments",
    };

    private readonly string _text;
    private readonly Dictionary<Node, Node> _parents = new(ReferenceEqualityComparer.Instance);
    private readonly List<Node> _nodes = [];
    private readonly ExpressionLocals _locals;
    private readonly HashSet<string> _variables;
    private readonly HashSet<Node> _consumed = new(ReferenceEqualityComparer.Instance);
    private readonly List<ExpressionReference> _references = [];

    internal ExpressionNames(string text, Node root, IEnumerable<ExpressionSlot> slots, int maxDepth)
    {
        _text = text;
        _variables = slots.Select(slot => slot.Variable).ToHashSet(StringComparer.Ordinal);
        _locals = new ExpressionLocals(_parents);
        Walk(root, maxDepth);
        // Nodes come in the order of the text, so the left part of a hyphenated name is seen before the right one.
        foreach (var identifier in _nodes.OfType<Identifier>())
        {
            Classify(identifier);
        }
    }

    /// <summary>What is not allowed in the expression, if anything.</summary>
    internal string? Problem { get; private set; }

    /// <summary>Whether a status function that overrides a failure is called.</summary>
    internal bool UsesStatusFunction { get; private set; }

    internal IReadOnlyList<ExpressionReference> References => _references;

    // Without recursion, so that depth is a check and not a stack overflow.
    private void Walk(Node root, int maxDepth)
    {
        var pending = new Stack<(Node Node, int Depth)>();
        pending.Push((root, 0));
        while (pending.TryPop(out var next))
        {
            var (node, depth) = next;
            _nodes.Add(node);
            _locals.Collect(node);
            Problem ??= depth > maxDepth ? $"is nested deeper than {maxDepth} levels." : FindForbidden(node);
            var children = new List<Node>();
            foreach (var child in node.ChildNodes)
            {
                _parents[child] = node;
                children.Add(child);
            }

            for (var i = children.Count - 1; i >= 0; i--)
            {
                pending.Push((children[i], depth + 1));
            }
        }
    }

    private static string? FindForbidden(Node node) => node switch
    {
        BigIntLiteral => "uses a big integer, which expressions do not have; use a number.",
        ImportExpression or MetaProperty => "uses a module, which expressions do not have.",
        AwaitExpression or IFunction { Async: true } => "is asynchronous; an expression has its value at once.",
        _ => null,
    };

    private void Classify(Identifier identifier)
    {
        var name = identifier.Name;
        if (_consumed.Contains(identifier) || IsTaken(identifier) || !IsVariable(identifier))
        {
            return;
        }

        if (StatusFunctions.All.Contains(name))
        {
            UsesStatusFunction |= StatusFunctions.OverridesFailure(name)
                && _parents.GetValueOrDefault(identifier) is CallExpression call && call.Callee == identifier;
            return;
        }

        AddReference(identifier);
    }

    // Whether a name has a meaning in JavaScript or in the expression itself, so that it is no reference.
    private bool IsTaken(Identifier identifier) =>
        Builtins.Contains(identifier.Name) || _variables.Contains(identifier.Name) || _locals.Contains(identifier);

    // Whether an identifier names a variable, not a member (a.name), a key ({name: 1}) or a label.
    private bool IsVariable(Identifier identifier) => _parents.GetValueOrDefault(identifier) switch
    {
        MemberExpression member => member.Object == identifier || member.Computed,
        Property property => property.Computed || property.Shorthand || property.Key != identifier,
        MethodDefinition or PropertyDefinition or LabeledStatement or BreakStatement or ContinueStatement => false,
        _ => true,
    };

    private void AddReference(Identifier root)
    {
        var segments = new List<ReferenceSegment> { new(root.Name, -1) };
        Node end = root;
        var hyphens = new HashSet<Node>(ReferenceEqualityComparer.Instance);
        while (_parents.TryGetValue(end, out var parent))
        {
            if (parent is MemberExpression member && member.Object == end && !IsCallee(member) && TryGetStep(member, out var step))
            {
                segments.Add(step);
                end = member;
            }
            else if (parent is BinaryExpression { Operator: Operator.Subtraction } whole && hyphens.Contains(whole))
            {
                end = whole;
            }
            else if (parent is BinaryExpression { Operator: Operator.Subtraction } minus && minus.Left == end
                && FindHyphenated(minus, end) is { } rest)
            {
                segments[^1] = segments[^1] with { Name = $"{segments[^1].Name}-{rest.Name}" };
                _consumed.Add(rest);
                hyphens.Add(minus);
                end = rest;
            }
            else
            {
                break;
            }
        }

        if (_parents.GetValueOrDefault(end) is { } user && IsChanged(end, user))
        {
            Problem ??= $"assigns to '{_text[root.Start..end.End]}'; an expression cannot change it. Compare with == or ===.";
        }

        var isShorthand = _parents.GetValueOrDefault(root) is Property { Shorthand: true };
        _references.Add(new ExpressionReference(root.Start, end.End, ReferencePath.Of(segments), isShorthand ? root.Name : null));
        if (isShorthand)
        {
            // Key and value of {name} are the same piece of text, and may be the same node.
            foreach (var twin in _nodes.OfType<Identifier>().Where(node => node.Start == root.Start))
            {
                _consumed.Add(twin);
            }
        }
    }

    private static bool IsChanged(Node target, Node user) => user switch
    {
        AssignmentExpression assignment => assignment.Left == target,
        UpdateExpression => true,
        UnaryExpression { Operator: Operator.Delete } => true,
        _ => false,
    };

    private bool IsCallee(MemberExpression member) => _parents.GetValueOrDefault(member) switch
    {
        CallExpression call => call.Callee == member,
        TaggedTemplateExpression tagged => tagged.Tag == member,
        _ => false,
    };

    private static bool TryGetStep(MemberExpression member, out ReferenceSegment step)
    {
        step = member switch
        {
            { Computed: false, Property: Identifier name } => new ReferenceSegment(name.Name, -1),
            { Computed: true, Property: StringLiteral key } => new ReferenceSegment(key.Value, -1),
            { Computed: true, Property: NumericLiteral { Value: >= 0 and < 1e9 } index } when index.Value == Math.Floor(index.Value) =>
                new ReferenceSegment(null, (int)index.Value),
            _ => default,
        };
        return step != default;
    }

    // task.build-app.status reads as a subtraction in JavaScript. When nothing but the hyphen stands between a reference and a name that
    // is no variable, the name with the hyphen is meant: a subtraction would fail for want of the variable.
    private Identifier? FindHyphenated(BinaryExpression minus, Node left)
    {
        Node node = minus.Right;
        while (node is MemberExpression or CallExpression)
        {
            node = node is MemberExpression member ? member.Object : ((CallExpression)node).Callee;
        }

        // A name alone before the hyphen, such as a loop variable, is a number to subtract from.
        var continuesName = left is MemberExpression { Computed: false } || _consumed.Contains(left);
        return continuesName && node is Identifier name && name.Start == left.End + 1 && _text[left.End] == '-'
            && !IsTaken(name) && !ScopeNames.Contains(name.Name) && !StatusFunctions.All.Contains(name.Name)
            ? name
            : null;
    }
}
