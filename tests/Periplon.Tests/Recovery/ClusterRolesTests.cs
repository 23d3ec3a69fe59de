using System.Net.Sockets;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Tests.Recovery;

/// <summary>Processes of different roles find each other and share the work.</summary>
public sealed class ClusterRolesTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Workers_WithAndWithoutTags_TakeWhatIsTheirsAndWhyNamesWhatIsMissing()
    {
        await using var work = await Workspace.CreateAsync(DatabaseKind.Postgres);
        await using var server = await work.ServeAsync(("PERIPLON__WORKER__SLOTS", "0"));
        await server.SaveAsync(work.GatedWorkflow("gpu", "worker_tags: [gpu, linux]"));
        await server.SaveAsync(work.GatedWorkflow("any"));
        work.Open("gate-gpu");
        work.Open("gate-any");
        var tagged = await server.StartExecutionAsync("gpu");
        await WhyAsync(server, tagged, "There are no workers");

        var port = Ports.Free();
        await using var plain = work.Work(4, ("PERIPLON__WORKER__TAGS", "linux"), ("PERIPLON__SERVER__PORT", $"{port}"));
        (await server.EndAsync(await server.StartExecutionAsync("any"))).ShouldBe("completed");
        await WhyAsync(server, tagged, "carries the tags gpu, linux, and no live worker that takes work does. Live workers: ");
        await WhyAsync(server, tagged, "(the tag linux)");
        using (var http = new TcpClient())
        {
            await Should.ThrowAsync<SocketException>(http.ConnectAsync("127.0.0.1", port, Ct).AsTask(), "a worker serves no API");
        }

        await using var equipped = work.Work(4, ("PERIPLON__WORKER__TAGS", "gpu,linux,big"));
        (await server.EndAsync(tagged)).ShouldBe("completed");
        equipped.Terminate();
        (await equipped.ExitAsync(Ct)).ShouldBe(0, equipped.Output);
        await WhyAsync(server, await server.StartExecutionAsync("gpu"), "(the tag linux)");
    }

    [Fact]
    public async Task Servers_StartedAtOnceOnOneHostWithoutPorts_AllJoin()
    {
        await using var work = await Workspace.CreateAsync(DatabaseKind.Postgres);
        var environment = work.Environment.Where(variable => !variable.Name.EndsWith("_PORT", StringComparison.Ordinal)).ToArray();
        await using (await work.ServeAsync())
        {
            // It made the schema; only one may.
        }

        var servers = await Task.WhenAll(Enumerable.Range(0, 3).Select(i =>
            TestServer.StartAsync(Directory.CreateDirectory(work.PathOf($"home-{i}")).FullName, environment)));
        try
        {
            await servers[0].SaveAsync(work.GatedWorkflow("any"));
            work.Open("gate-any");
            foreach (var server in servers)
            {
                (await server.EndAsync(await server.StartExecutionAsync("any"))).ShouldBe("completed");
            }
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    private static Task WhyAsync(TestServer server, string id, string text) => Eventually.TrueAsync(
        $"why says '{text}'", async () => (await server.GetAsync($"{id}/why")).ToString().Contains(text, StringComparison.Ordinal));
}
