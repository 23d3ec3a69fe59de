using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Periplon.Client.Tests.Contracts;

/// <summary>
/// Messages as earlier builds have sent them. <c>WireMessages.txt</c> holds, for each message, its alias, its bytes and what they say;
/// PERIPLON_UPDATE_GOLDEN=1 adds messages that are new or have new fields, and never changes a line that is there.
/// </summary>
public sealed class WireMessagesTests : IDisposable
{
    private static readonly string File = ContractText.PathOf("WireMessages.txt");
    private static readonly IReadOnlyList<Type> Messages = [.. ContractText.Types.Where(type => !type.IsInterface && !type.IsEnum)];

    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    private Serializer Serializer => _services.GetRequiredService<Serializer>();

    public void Dispose() => _services.Dispose();

    [Fact]
    public void Messages_SentByEarlierBuilds_SayWhatTheySaid()
    {
        var recorded = Read();
        recorded.Count.ShouldBeGreaterThan(25);
        foreach (var (alias, bytes, said) in recorded)
        {
            var type = Messages.FirstOrDefault(message => ContractText.AliasOf(message) == alias);
            type.ShouldNotBeNull($"message {alias} is gone, and silos of the version before still send it");
            Differences(JsonNode.Parse(said), Said(Serializer.Deserialize<object>(bytes)!), alias).ShouldBeEmpty();
        }
    }

    [Fact]
    public void Messages_OfThisBuild_AreRecordedWithAllTheirFields()
    {
        var recorded = Read();
        var missing = Messages.Where(type => !recorded.Exists(line => line.Alias == ContractText.AliasOf(type)
            && JsonNode.DeepEquals(JsonNode.Parse(line.Said), Said(SampleMessages.Of(type))))).ToList();
        if (ContractText.IsUpdate)
        {
            System.IO.File.AppendAllLines(File, missing.Select(Line));
            return;
        }

        missing.Select(ContractText.AliasOf).ShouldBeEmpty("WireMessages.txt lacks them as they are now; run this test once with PERIPLON_UPDATE_GOLDEN=1");
    }

    [Fact]
    public void Fields_ThatTheReaderDoesNotKnow_AreSkippedAndThoseTheSenderLacksAreEmpty()
    {
        var newer = new TwoFieldsMore { Name = "n", Count = 7, Nested = new TwoFieldsMore { Name = "inner" }, Last = "l" };
        var older = Serializer.Deserialize<Before>(Serializer.SerializeToArray(newer))!;
        (older.Name, older.Last).ShouldBe(("n", "l"));
        var read = Serializer.Deserialize<TwoFieldsMore>(Serializer.SerializeToArray(older))!;
        (read.Name, read.Last, read.Count, read.Nested).ShouldBe(("n", "l", 0, null));
    }

    private static List<(string Alias, byte[] Bytes, string Said)> Read() => System.IO.File.Exists(File)
        ? [.. System.IO.File.ReadLines(File).Select(line => line.Split(' ', 3)).Select(part => (part[0], Convert.FromBase64String(part[1]), part[2]))]
        : [];

    private static JsonNode? Said(object message) => JsonSerializer.SerializeToNode(message, message.GetType());

    private string Line(Type type)
    {
        var message = SampleMessages.Of(type);
        return $"{ContractText.AliasOf(type)} {Convert.ToBase64String(Serializer.SerializeToArray(message))} {Said(message)!.ToJsonString()}";
    }

    // Fields that came later are no difference: the bytes cannot hold them.
    private static IEnumerable<string> Differences(JsonNode? expected, JsonNode? actual, string path) => (expected, actual) switch
    {
        (JsonObject wanted, JsonObject found) => wanted.SelectMany(field => Differences(field.Value, found[field.Key], $"{path}.{field.Key}")),
        (JsonArray wanted, JsonArray found) when wanted.Count == found.Count =>
            wanted.SelectMany((item, i) => Differences(item, found[i], $"{path}[{i}]")),
        _ => JsonNode.DeepEquals(expected, actual) ? [] : [$"{path}: {expected?.ToJsonString()} became {actual?.ToJsonString()}"],
    };
}

[GenerateSerializer]
internal sealed record Before
{
    [Id(0)] public required string Name { get; init; }
    [Id(5)] public string? Last { get; init; }
}

[GenerateSerializer]
internal sealed record TwoFieldsMore
{
    [Id(0)] public required string Name { get; init; }
    [Id(1)] public int Count { get; init; }
    [Id(2)] public TwoFieldsMore? Nested { get; init; }
    [Id(5)] public string? Last { get; init; }
}
