using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Periplon.Engine.Storage;
using Periplon.Hosting;

namespace Periplon.Tests.Hosting;

public sealed class RunningServerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_AfterAnExecution_DoesNotWaitForTheDrainToTimeOut()
    {
        var server = await RunningServer.StartAsync(DatabaseKind.Sqlite, ("worker.slots", "1"));
        await Welcome.SayAsync(server.Services, server.Address, Ct);
        using var answer = await server.Http.PostAsync("/api/v1/executions?wait=30", JsonContent.Create(new { workflow = "demo" }), Ct);
        var end = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Ct))!;
        ((string)end["status"]!).ShouldBe("completed");

        // The host stops its services twice: when it is told to stop, and when it is disposed of.
        await server.StopAsync();

        await server.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(15), Ct);
    }
}
