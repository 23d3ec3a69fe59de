using Acornima.Ast;

namespace Periplon.Core.Conditions;

/// <summary>The names that an expression declares itself (parameters, variables), and where each is visible.</summary>
internal sealed class ExpressionLocals(Dictionary<Node, Node> parents)
{
    private readonly Dictionary<Node, HashSet<string>> _declared = new(ReferenceEqualityComparer.Instance);

    /// <summary>Takes in the names that a node declares; its parents have been seen.</summary>
    internal void Collect(Node node)
    {
        switch (node)
        {
            case IFunction function:
                Declare(node, function.Id);
                foreach (var parameter in function.Params)
                {
                    Declare(node, parameter);
                }

                break;
            case VariableDeclarator variable:
                // Block scope is left out: the nearest function is close enough to tell a local from a reference.
                Declare(FindFunction(node), variable.Id);
                break;
            case CatchClause { Param: { } caught }:
                Declare(node, caught);
                break;
            default:
                break;
        }

        // The name of a declaration is visible around it.
        if (node is FunctionDeclaration { Id: { } functionName })
        {
            Declare(FindFunction(node), functionName);
        }
        else if (node is IClass { Id: { } className })
        {
            Declare(FindFunction(node), className);
        }
    }

    /// <summary>Whether a name is a local where it stands.</summary>
    internal bool Contains(Identifier identifier)
    {
        for (Node? node = identifier; node is not null; node = parents.GetValueOrDefault(node))
        {
            if (_declared.TryGetValue(node, out var names) && names.Contains(identifier.Name))
            {
                return true;
            }
        }

        return false;
    }

    private Node FindFunction(Node node)
    {
        while (parents.TryGetValue(node, out var parent))
        {
            node = parent;
            if (node is IFunction)
            {
                break;
            }
        }

        return node;
    }

    private void Declare(Node where, Node? pattern)
    {
        switch (pattern)
        {
            case Identifier name:
                if (!_declared.TryGetValue(where, out var names))
                {
                    _declared[where] = names = new HashSet<string>(StringComparer.Ordinal);
                }

                names.Add(name.Name);
                break;
            case AssignmentPattern withDefault:
                Declare(where, withDefault.Left);
                break;
            case RestElement rest:
                Declare(where, rest.Argument);
                break;
            case ArrayPattern or ObjectPattern:
                foreach (var part in pattern.ChildNodes)
                {
                    Declare(where, part is Property property ? property.Value : part);
                }

                break;
            default:
                break;
        }
    }
}
