using System.Net;
using System.Net.Http.Json;
using Npgsql;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Tests.Recovery;

/// <summary>Two real servers whose database goes away, comes back, and crashes.</summary>
public sealed class DatabaseOutageTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Database_AwayThenBackThenCrashing_LosesNothingRepeatsNothingAndNeedsNobody()
    {
        await using var postgres = await PrivatePostgres.StartAsync();
        using var proxy = new CuttingProxy(postgres.Port);
        await using var work = Workspace.On(new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Port = proxy.Port }.ConnectionString);
        await using var first = await work.ServeAsync();
        await using var second = await work.ServeAsync();
        await first.SaveAsync(work.SlowWorkflow("slow"));
        var ids = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            ids.Add(await (i % 2 == 0 ? first : second).StartExecutionAsync("slow"));
        }

        await work.LinesAsync("slow", 8);
        proxy.Close();

        // Attempts end while nothing can be recorded.
        work.Open("gate");
        await work.LinesAsync("slow-done", 8);

        // Every two seconds a silo says in vain that it is alive; five times are more than it takes to declare one dead.
        await Eventually.TrueAsync("the outage has lasted", async () =>
        {
            using var start = await first.Http.PostAsJsonAsync("/api/v1/executions", new { workflow = "slow" }, Ct);
            using var read = await second.Http.GetAsync(new Uri($"/api/v1/executions/{ids[0]}", UriKind.Relative), Ct);
            foreach (var answer in new[] { start, read })
            {
                answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, await answer.Content.ReadAsStringAsync(Ct));
                answer.Headers.RetryAfter.ShouldNotBeNull();
            }

            return second.Process.Output.Split("Failed to update table entry for this silo").Length > 5;
        }, 60);

        (await first.Http.GetAsync(new Uri("/live", UriKind.Relative), Ct)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await Eventually.TrueAsync("one that has executions says so", () => Task.FromResult(
            first.Process.Output.Contains("The journal cannot commit") || second.Process.Output.Contains("The journal cannot commit")));
        proxy.Open();
        foreach (var id in ids)
        {
            (await second.EndAsync(id)).ShouldBe("completed");
            (await second.EventsAsync(id)).ShouldNotContain("task_returned");
        }

        work.Lines("slow").Length.ShouldBe(8, "results were kept and reported, so nothing ran again");

        // And again with a crash of the server itself, while commits are under way.
        var more = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            more.Add(await first.StartExecutionAsync("slow"));
        }

        await postgres.CrashAsync();
        await postgres.UpAsync();
        foreach (var id in more)
        {
            (await first.EndAsync(id)).ShouldBe("completed");
            (await first.EventsAsync(id)).Count(word => word == "task_completed").ShouldBe(3);
        }

        work.Lines("last").Length.ShouldBe(20);
        (first.Process.HasExited, second.Process.HasExited).ShouldBe((false, false));
    }
}
