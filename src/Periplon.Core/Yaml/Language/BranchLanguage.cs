using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Language;

/// <summary><c>switch</c> and <c>matrix</c> (design §8.8).</summary>
internal static class BranchLanguage
{
    internal static readonly Shape<SwitchDefinition> Switch = new StructShape<SwitchDefinition>("Switch", f => new SwitchDefinition
    {
        On = f.Required("on", JsonShape.Any, "The value that is compared; may hold references.", "value"),
        Cases = f.Required("cases", new MapShape<IReadOnlyList<TaskDefinition>>(TaskListShape.AsList), "Tasks by the text of the case."),
        Default = f.Or("default", TaskListShape.AsList, [], "Tasks when no case is equal."),
    });

    private static readonly string[] MatrixFields = ["include", "exclude", "max_parallel"];

    private static readonly Shape<IReadOnlyList<JsonElement>> Axis = new ListShape<JsonElement>(JsonShape.Any);

    private static readonly Shape<IReadOnlyDictionary<string, JsonElement>> Combination = new MapShape<JsonElement>(JsonShape.Any);

    /// <summary>The axes stand beside <c>include</c>, <c>exclude</c> and <c>max_parallel</c>, or apart under <c>axes</c>.</summary>
    internal static readonly Shape<MatrixDefinition> Matrix = new CustomShape<MatrixDefinition>(ReadMatrix, DescribeMatrix);

    private static MatrixDefinition ReadMatrix(Cursor at)
    {
        if (at.Node is not MapNode map)
        {
            at.Error(DiagnosticCodes.WrongType, $"{at.Name} must be a mapping from names to lists of values; found {at.Found}.");
            return new MatrixDefinition();
        }

        Duplicates.Refuse(at, map);
        var axes = new OrderedDictionary<string, IReadOnlyList<JsonElement>>(StringComparer.Ordinal);
        foreach (var entry in map.Entries.Where(entry => !MatrixFields.Contains(entry.Key)))
        {
            if (entry is { Key: "axes", Value: MapNode apart })
            {
                var inner = at.Entry(entry);
                Duplicates.Refuse(inner, apart);
                foreach (var axis in apart.Entries)
                {
                    axes[axis.Key] = Axis.Read(inner.Entry(axis));
                }
            }
            else
            {
                axes[entry.Key] = Axis.Read(at.Entry(entry));
            }
        }

        return new MatrixDefinition
        {
            Axes = axes,
            Include = Combinations(at, map.Find("include")),
            Exclude = Combinations(at, map.Find("exclude")),
            MaxParallel = map.Find("max_parallel") is { Value: not ScalarNode { Kind: ScalarKind.Null } } most
                ? Scalars.Whole(1, 10_000).Read(at.Entry(most)) : null,
        };
    }

    private static IReadOnlyList<IReadOnlyDictionary<string, JsonElement>> Combinations(Cursor at, MapEntry? entry) =>
        entry is null ? [] : new ListShape<IReadOnlyDictionary<string, JsonElement>>(Combination).Read(at.Entry(entry));

    private static JsonObject DescribeMatrix(SchemaDefinitions definitions)
    {
        var combinations = new ListShape<IReadOnlyDictionary<string, JsonElement>>(Combination);
        return new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["axes"] = new JsonObject
                {
                    ["additionalProperties"] = Axis.Describe(definitions),
                    ["description"] = "The axes, apart from the other fields.",
                },
                ["include"] = combinations.Describe(definitions),
                ["exclude"] = combinations.Describe(definitions),
                ["max_parallel"] = SchemaForms.OrNull(Scalars.Whole(1, 10_000).Describe(definitions)),
            },
            ["additionalProperties"] = Axis.Describe(definitions),
        };
    }
}
