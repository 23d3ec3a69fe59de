using System.Text.Json;
using Periplon.Client.Workflows;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Tests.Workflows;

public sealed class StartFingerprintTests
{
    private static readonly Guid Workflow = Guid.NewGuid();
    private static readonly StartExecution Request = new() { ExecutionId = Guid.NewGuid(), Organization = "default", TriggeredBy = "ada" };

    [Fact]
    public void Of_OrderOfMembersAndWhoAsks_DoNotCount()
    {
        var first = Of(Request with { Labels = Labels("a", "b") }, """{"x": {"p": 1, "q": [1, 2]}, "y": null}""");
        Of(Request with { Labels = Labels("b", "a"), TriggeredBy = "bob" }, """{"y":null,"x":{"q":[1,2],"p":1}}""").ShouldBe(first);
    }

    [Fact]
    public void Of_AnythingThatIsAskedOtherwise_IsAnother()
    {
        string[] all =
        [
            Of(Request, "{}"), Of(Request, """{"x":[1,2]}"""), Of(Request, """{"x":[2,1]}"""), Of(Request, """{"x":"1"}"""),
            Of(Request with { Priority = 1 }, "{}"), Of(Request with { Revision = 1 }, "{}"), Of(Request with { TriggerType = "api" }, "{}"),
            Of(Request with { ParentExecutionId = Guid.NewGuid() }, "{}"), Of(Request with { Labels = Labels("a") }, "{}"),
            StartFingerprint.Of(Guid.NewGuid(), Request, new Dictionary<string, JsonElement>()),
        ];
        all.ShouldBeUnique();
    }

    private static Dictionary<string, string> Labels(params string[] keys) => keys.ToDictionary(key => key, key => key + "!");

    private static string Of(StartExecution request, string inputs) =>
        StartFingerprint.Of(Workflow, request, JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(inputs)!);
}
