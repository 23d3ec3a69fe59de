using System.Text.Json.Nodes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Shapes;

/// <summary>A list. A single scalar counts as a list of one.</summary>
internal sealed class ListShape<T>(Shape<T> item) : Shape<IReadOnlyList<T>>
{
    /// <summary>A list that is named but left empty is an empty list, also where the list is required (reference §1.4).</summary>
    internal override bool AcceptsNull => true;

    internal override IReadOnlyList<T> Read(Cursor at)
    {
        switch (at.Node)
        {
            case ListNode list:
                var items = new List<T>(list.Items.Count);
                for (var i = 0; i < list.Items.Count; i++)
                {
                    items.Add(item.Read(at.Item(i, list.Items[i])));
                }

                return items;
            case ScalarNode when at.IsNull:
                return [];
            case ScalarNode:
                return [item.Read(at)];
            default:
                at.Error(DiagnosticCodes.WrongType, $"{at.Name} must be a list; found {at.Found}.", "Start each item with '- '.");
                return [];
        }
    }

    internal override bool ReadsNull => true;

    internal override JsonObject Describe(SchemaDefinitions definitions)
    {
        var kinds = new JsonArray(new JsonObject { ["type"] = "array", ["items"] = SchemaForms.Inside(item, definitions) });
        if (item.DescribeScalar(definitions) is { } single)
        {
            kinds.Add(single);
        }

        return SchemaForms.OrNull(new JsonObject { ["anyOf"] = kinds });
    }
}

/// <summary>A mapping with free keys, in declaration order.</summary>
internal sealed class MapShape<T>(Shape<T> value) : Shape<IReadOnlyDictionary<string, T>>
{
    /// <summary>A mapping that is named but left empty is an empty mapping, also where it is required (reference §1.4).</summary>
    internal override bool AcceptsNull => true;

    internal override IReadOnlyDictionary<string, T> Read(Cursor at)
    {
        var result = new OrderedDictionary<string, T>(StringComparer.Ordinal);
        if (at.Node is MapNode map)
        {
            Duplicates.Warn(at, map);
            foreach (var entry in map.Entries)
            {
                result[entry.Key] = value.Read(at.Entry(entry));
            }
        }
        else if (!at.IsNull)
        {
            at.Error(DiagnosticCodes.WrongType, $"{at.Name} must be a mapping from names to values; found {at.Found}.",
                at.Node is ListNode ? "Write 'name: value' lines instead of '- ' items." : null);
        }

        return result;
    }

    internal override bool ReadsNull => true;

    internal override JsonObject Describe(SchemaDefinitions definitions) =>
        new() { ["type"] = new JsonArray("object", "null"), ["additionalProperties"] = SchemaForms.Inside(value, definitions) };
}

/// <summary>Findings about repeated keys.</summary>
internal static class Duplicates
{
    /// <summary>In a free map the last value counts.</summary>
    internal static void Warn(Cursor at, MapNode map)
    {
        foreach (var (first, again) in map.Duplicates)
        {
            at.Reading.Warn(DiagnosticCodes.DuplicateKey, Message(at, first, again) + " The last one counts.", again.KeyAt,
                at.PathOf(again.Key), "Remove one of the two.");
        }
    }

    /// <summary>A repeated field is surely a mistake.</summary>
    internal static void Refuse(Cursor at, MapNode map)
    {
        foreach (var (first, again) in map.Duplicates)
        {
            at.Reading.Error(DiagnosticCodes.DuplicateField, Message(at, first, again), again.KeyAt, at.PathOf(again.Key),
                "Remove one of the two.");
        }
    }

    private static string Message(Cursor at, MapEntry first, MapEntry again) =>
        $"{at.Name} has the key {Wording.Quote(again.Key)} twice: at {Wording.Place(first.KeyAt)} and at {Wording.Place(again.KeyAt)}.";
}
