using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Tests.Recovery;

/// <summary>Several real processes over PostgreSQL, of which some die, freeze, or leave.</summary>
public sealed class ClusterCrashTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Freeze_OfAWorkerLongEnoughToBeDeclaredDead_ItsWorkRunsElsewhereAndItsLateResultsDoNotCount()
    {
        await using var work = await Workspace.CreateAsync(DatabaseKind.Postgres);
        await using var server = await work.ServeAsync(("PERIPLON__WORKER__SLOTS", "0"));
        await server.SaveAsync(work.GatedWorkflow("open"));
        await server.SaveAsync(work.GatedWorkflow("shut"));
        string[] open = [await server.StartExecutionAsync("open"), await server.StartExecutionAsync("open")];
        string[] shut = [await server.StartExecutionAsync("shut"), await server.StartExecutionAsync("shut")];

        await using var zombie = work.Work(slots: 8);
        await work.LinesAsync("open", 2);
        await work.LinesAsync("shut", 2);
        var children = work.Lines("shut").Select(line => line.Split(' ')[1]).ToList();
        await using var survivor = work.Work(slots: 8);
        zombie.Freeze();

        // Its processes go on, and some end while nobody watches them.
        work.Open("gate-open");
        await work.LinesAsync("open-done", 4);
        await work.LinesAsync("shut", 4);
        foreach (var id in open)
        {
            (await server.EndAsync(id)).ShouldBe("completed");
        }

        zombie.Thaw();
        await Eventually.TrueAsync("what it ran is killed", () => Task.FromResult(children.TrueForAll(pid => !Directory.Exists($"/proc/{pid}"))));
        await zombie.ExitAsync(Ct);
        work.Lines("shut-done").ShouldBeEmpty();
        work.Open("gate-shut");
        foreach (var id in open.Concat(shut))
        {
            (await server.EndAsync(id)).ShouldBe("completed");
            var events = await server.EventsAsync(id);
            events.Count(word => word == "task_completed").ShouldBe(1);
            events.Count(word => word == "task_returned").ShouldBe(1);
            events.ShouldNotContain("task_failed");
        }

        work.Lines("shut-done").Order().ShouldBe(shut.Select(id => $"{id}/held/1").Order());
    }

    [Fact]
    public async Task Kill9_OfOneSiloAndThenOfTheOneThatLedItsRecovery_AllWorkRunsOnTheLast()
    {
        await using var work = await Workspace.CreateAsync(DatabaseKind.Postgres);
        var servers = new List<TestServer>();
        try
        {
            for (var i = 0; i < 3; i++)
            {
                servers.Add(await work.ServeAsync());
            }

            await servers[0].SaveAsync(work.GatedWorkflow("held"));
            var ids = new List<string>();
            for (var i = 0; i < 12; i++)
            {
                ids.Add(await servers[i % 3].StartExecutionAsync("held"));
            }

            await work.LinesAsync("held", 12);
            await KillAsync(work, servers, servers[0]);
            TestServer? leader = null;
            await Eventually.TrueAsync("one leads the recovery", () =>
                Task.FromResult((leader = servers.Find(server => server.Process.Output.Contains("has died"))) is not null));
            await KillAsync(work, servers, leader!);

            work.Open("gate-held");
            foreach (var id in ids)
            {
                (await servers[0].EndAsync(id)).ShouldBe("completed");
                (await servers[0].EventsAsync(id)).Count(word => word == "execution_finished").ShouldBe(1);
            }

            work.Lines("held-done").Order().ShouldBe(ids.Select(id => $"{id}/held/1").Order());
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task Terminate_OfOneOfTwoUnderLoad_HandsBackWhatDoesNotEndAndAnswersWhoWaits()
    {
        await using var work = await Workspace.CreateAsync(DatabaseKind.Postgres);
        await using var leaving = await work.ServeAsync(("PERIPLON__WORKER__DRAIN_SECS", "2"));
        await leaving.SaveAsync(work.GatedWorkflow("held"));
        await leaving.SaveAsync("name: quick\nversion: '1'\ntasks: {a: {script: {language: bash, content: 'true'}}}");

        // The first run on the only server there is; the others where the cluster puts them.
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await leaving.StartExecutionAsync("held"));
        }

        await work.LinesAsync("held", 5);
        await using var staying = await work.ServeAsync();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await leaving.StartExecutionAsync("held"));
        }

        await work.LinesAsync("held", 10);
        var waiting = leaving.GetAsync($"{ids[0]}?wait=60");
        leaving.Process.Terminate();

        // The one that stays goes on meanwhile, whichever of the two its partitions lived on.
        var quick = new List<string>();
        while (!leaving.Process.HasExited)
        {
            quick.Add(await staying.StartExecutionAsync("quick"));
            (await staying.EndAsync(quick[^1])).ShouldBe("completed");
        }

        (await waiting).GetProperty("status").GetString().ShouldBe("running", "who waits is answered before the server goes");
        (await leaving.Process.ExitAsync(Ct)).ShouldBe(0, leaving.Process.Output);
        quick.Count.ShouldBeGreaterThan(1);
        work.Open("gate-held");
        var returned = 0;
        foreach (var id in ids)
        {
            (await staying.EndAsync(id)).ShouldBe("completed");
            var events = await staying.EventsAsync(id);
            events.ShouldNotContain("task_failed");
            returned += events.Count(word => word == "task_returned");
        }

        returned.ShouldBeInRange(5, 10);
        work.Lines("held").Length.ShouldBe(ids.Count + returned, "each that was handed back ran once more");
        work.Lines("held-done").Order().ShouldBe(ids.Select(id => $"{id}/held/1").Order());
    }

    private static async Task KillAsync(Workspace work, List<TestServer> servers, TestServer victim)
    {
        var pid = $" {victim.Process.Id} ";
        var before = work.Lines("held").Length;
        var children = ChildrenOf(work, victim);
        var killedAt = TimeProvider.System.GetUtcNow();
        servers.Remove(victim);
        await victim.Process.KillAsync();
        await victim.DisposeAsync();
        await work.LinesAsync("held", before + children.Count);
        if (children.Count > 0)
        {
            var last = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(work.Lines("held")[before + children.Count - 1].Split(' ')[2]));
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{children.Count} attempts of the killed process{pid}ran again after {(last - killedAt).TotalSeconds:F1} s");
        }
    }

    // The held attempts that run under a server, as process ids.
    private static List<string> ChildrenOf(Workspace work, TestServer server) =>
        [.. work.Lines("held").Select(line => line.Split(' ')[1]).Where(child => ParentOf(child) == server.Process.Id)];

    private static int ParentOf(string pid)
    {
        try
        {
            return int.Parse(File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ')[1]);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
