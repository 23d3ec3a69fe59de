using System.Text.Json.Nodes;
using CsCheck;
using Periplon.Core.Reuse;

namespace Periplon.Core.Tests.Reuse;

public sealed class ManifestChecksumTests
{
    private static readonly string[] Keys = ["name", "version", "b", "Ä", "a-b", "a_b", "10", "9"];
    private static readonly string[] Texts = ["", "text", "1.0", "a: b", "line\nbreak", "true"];

    private static readonly Gen<string> Key = Gen.Int[0, 7].Select(index => Keys[index]);

    private static readonly Gen<JsonNode?> Leaf = Gen.OneOf(
        Gen.Int.Select(number => (JsonNode?)JsonValue.Create(number)),
        Gen.Int[0, 5].Select(index => (JsonNode?)JsonValue.Create(Texts[index])),
        Gen.Bool.Select(truth => (JsonNode?)JsonValue.Create(truth)));

    private static readonly Gen<(JsonObject Document, int Seed)> Documents = Gen.Select(Node(3).Where(node => node is JsonObject), Gen.Int)
        .Select((node, seed) => ((JsonObject)node!, seed));

    [Fact]
    public void Of_KeysInAnotherOrder_IsTheSame() => Documents.Sample(sample =>
        ManifestChecksum.Of(Shuffled(sample.Document, new Random(sample.Seed))!.ToJsonString())
            .ShouldBe(ManifestChecksum.Of(sample.Document.ToJsonString())));

    [Fact]
    public void Of_AnotherValue_IsAnother() => Gen.Select(Documents, Documents).Sample((left, right) =>
        (ManifestChecksum.Of(left.Document.ToJsonString()) == ManifestChecksum.Of(right.Document.ToJsonString()))
            .ShouldBe(JsonNode.DeepEquals(left.Document, right.Document)));

    [Fact]
    public void Of_CommentsQuotesAndJson_IsTheSame()
    {
        var yaml = ManifestChecksum.Of("# a task\nname: tidy\ntags: [a, \"b\"]\ncount: 3\n");

        ManifestChecksum.Of("count: 3\ntags:\n  - a\n  - b\nname: 'tidy'\n").ShouldBe(yaml);
        ManifestChecksum.Of("""{"tags": ["a", "b"], "count": 3, "name": "tidy"}""").ShouldBe(yaml);
        ManifestChecksum.Of("name: tidy\ntags: [b, a]\ncount: 3\n").ShouldNotBe(yaml);
        ManifestChecksum.Of("name: tidy\ntags: [a, b]\ncount: \"3\"\n").ShouldNotBe(yaml);
    }

    // Lockfiles of today must hold in years to come.
    [Fact]
    public void Of_AKnownFile_IsWhatItHasAlwaysBeen() =>
        ManifestChecksum.Of("b: 2\na: 1\n").ShouldBe("sha256:43258cff783fe7036d8a43033f830adfc60ec037382473548ac742b888292777");

    private static Gen<JsonNode?> Node(int depth) => depth == 0
        ? Leaf
        : Gen.OneOf(
            Leaf,
            Node(depth - 1).List[0, 3].Select(items => (JsonNode?)new JsonArray([.. items.Select(item => item?.DeepClone())])),
            Gen.Select(Key, Node(depth - 1)).List[0, 5].Select(ToObject));

    private static JsonNode? ToObject(List<(string Key, JsonNode? Value)> members)
    {
        var result = new JsonObject();
        foreach (var (key, value) in members)
        {
            result[key] = value?.DeepClone();
        }

        return result;
    }

    private static JsonNode? Shuffled(JsonNode? node, Random random)
    {
        if (node is JsonArray list)
        {
            return new JsonArray([.. list.Select(item => Shuffled(item, random))]);
        }

        if (node is not JsonObject map)
        {
            return node?.DeepClone();
        }

        var members = map.ToArray();
        random.Shuffle(members);
        return ToObject([.. members.Select(member => (member.Key, Shuffled(member.Value, random)))]);
    }
}
