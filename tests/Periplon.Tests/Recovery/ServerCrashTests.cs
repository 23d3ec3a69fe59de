using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Tests.Recovery;

/// <summary>The real program, killed and stopped in the middle.</summary>
public sealed class ServerCrashTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(nameof(DatabaseKind.Sqlite))]
    [InlineData(nameof(DatabaseKind.Postgres))]
    public async Task Kill9_InTheMiddle_CompletesEveryExecutionAndRepeatsNothingRecorded(string kind)
    {
        await using var work = await Workspace.CreateAsync(Enum.Parse<DatabaseKind>(kind));
        var ids = new List<string>();
        await using (var first = await work.ServeAsync())
        {
            await first.SaveAsync(work.SlowWorkflow("slow"));
            for (var i = 0; i < 4; i++)
            {
                ids.Add(await first.StartExecutionAsync("slow"));
            }

            await work.LinesAsync("slow", 4);
            foreach (var id in ids)
            {
                (await first.TasksAsync(id))["first"].ShouldBe("completed");
            }

            await first.Process.KillAsync();
        }

        var pids = work.Lines("slow").Select(line => line.Split(' ')[1]).ToList();
        await Eventually.TrueAsync("the children of the killed server are gone", () =>
            Task.FromResult(pids.TrueForAll(pid => !Directory.Exists($"/proc/{pid}"))));

        await using var second = await work.ServeAsync();
        await work.LinesAsync("slow", 8);
        work.Open("gate");
        foreach (var id in ids)
        {
            (await second.EndAsync(id)).ShouldBe("completed");
        }

        work.Lines("first").Order().ShouldBe(ids.Select(id => $"{id}/first/1").Order());
        work.Lines("slow-done").Order().ShouldBe(ids.Select(id => $"{id}/slow/1").Order(), "the attempt keeps its key");
        work.Lines("last").Order().ShouldBe(ids.Select(id => $"{id}/last/1").Order());
    }

    [Fact]
    public async Task Kill9_OfAWorker_ItsAttemptsRunOnAnotherAndEveryExecutionEndsOnce()
    {
        await using var work = await Workspace.CreateAsync(DatabaseKind.Postgres);
        await using var server = await work.ServeAsync(("PERIPLON__WORKER__SLOTS", "0"));
        await server.SaveAsync(work.SlowWorkflow("slow"));
        var ids = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            ids.Add(await server.StartExecutionAsync("slow"));
        }

        await using var victim = work.Work(slots: 8);
        await work.LinesAsync("slow", 4);
        await using var survivor = work.Work(slots: 8);
        await victim.KillAsync();
        await work.LinesAsync("slow", 8);
        work.Open("gate");
        foreach (var id in ids)
        {
            (await server.EndAsync(id)).ShouldBe("completed");
        }

        work.Lines("first").Order().ShouldBe(ids.Select(id => $"{id}/first/1").Order());
        work.Lines("slow-done").Order().ShouldBe(ids.Select(id => $"{id}/slow/1").Order());
        work.Lines("last").Order().ShouldBe(ids.Select(id => $"{id}/last/1").Order());
        survivor.Terminate();
        (await survivor.ExitAsync(Ct)).ShouldBe(0, survivor.Output);
    }

    [Fact]
    public async Task Terminate_RunningTaskThatEnds_IsRecordedAndTheExitIsClean()
    {
        await using var work = await Workspace.CreateAsync();
        string id;
        await using (var server = await work.ServeAsync(("PERIPLON__WORKER__DRAIN_SECS", "50")))
        {
            await server.SaveAsync(work.SlowWorkflow("slow"));
            id = await server.StartExecutionAsync("slow");
            await work.LinesAsync("slow", 1);
            server.Process.Terminate();
            await RefusesAsync(server);
            work.Open("gate");
            (await server.Process.ExitAsync(Ct)).ShouldBe(0, server.Process.Output);
        }

        work.Lines("last").ShouldBeEmpty("nothing new is started");
        await using var second = await work.ServeAsync();
        (await second.EndAsync(id)).ShouldBe("completed");
        work.Lines("slow-done").ShouldBe([$"{id}/slow/1"]);
        work.Lines("slow").Length.ShouldBe(1, "what ended during the drain is recorded");
    }

    [Fact]
    public async Task Terminate_RunningTaskThatDoesNotEnd_IsHandedBackAndRunsAfterTheRestart()
    {
        await using var work = await Workspace.CreateAsync();
        string id;
        await using (var server = await work.ServeAsync(("PERIPLON__WORKER__DRAIN_SECS", "0.2"), ("PERIPLON__SERVER__LOG_LEVEL", "info")))
        {
            await server.SaveAsync(work.SlowWorkflow("slow"));
            id = await server.StartExecutionAsync("slow");
            await work.LinesAsync("slow", 1);
            server.Process.Terminate();
            (await server.Process.ExitAsync(Ct)).ShouldBe(0, server.Process.Output);
            server.Process.Output.ShouldContain("handed back");
        }

        work.Open("gate");
        await using var second = await work.ServeAsync();
        (await second.EndAsync(id)).ShouldBe("completed");
        work.Lines("slow-done").ShouldBe([$"{id}/slow/1"]);
    }

    // The drain has begun when the port is closed to new requests or the process says so; until then it answers.
    private static Task RefusesAsync(TestServer server) => Eventually.TrueAsync("the server is stopping", async () =>
    {
        try
        {
            using var answer = await server.Http.GetAsync(new Uri("/ready", UriKind.Relative), Ct);
            return !answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return true;
        }
    });
}
