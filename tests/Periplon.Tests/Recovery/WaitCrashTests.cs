using Microsoft.Data.Sqlite;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Tests.Recovery;

/// <summary>What waits for a time, a person or a child execution goes on waiting after the real program was killed.</summary>
public sealed class WaitCrashTests
{
    [Fact]
    public async Task Kill9_WhileTasksWait_TheyEndWhenTheirTimeComes()
    {
        await using var work = await Workspace.CreateAsync();
        string id;
        await using (var first = await work.ServeAsync())
        {
            await first.SaveAsync("""
                name: waiting
                version: "1"
                tasks:
                  nap: {sleep: 4s}
                  answer: {wait_for: {signal: answer, timeout: 4s, default: {by: nobody}}}
                  ask: {approval: {message: "Go on?", timeout: 4s, default: approve}}
                outputs:
                  by: "${task.answer.outputs.payload.by}"
                  approved: "${task.ask.outputs.approved}"
                """);
            id = await first.StartExecutionAsync("waiting");
            await StatusAsync(first, id, "nap", "waiting");
            var tasks = await first.TasksAsync(id);
            (tasks["answer"], tasks["ask"]).ShouldBe(("waiting", "waiting"));
            await first.Process.KillAsync();
        }

        await using var second = await work.ServeAsync();
        (await second.EndAsync(id)).ShouldBe("completed");
        (await second.GetAsync(id)).GetProperty("result").ToString().ShouldBe("""{"by":"nobody","approved":true}""");
        var started = (await second.GetAsync($"{id}/events")).GetProperty("events").EnumerateArray();
        started.Count(e => e.GetProperty("type").GetString() == "task_waiting").ShouldBe(3, "no wait began again");
    }

    [Fact]
    public async Task Kill9_WhileAChildRuns_TheChildGoesOnAndItsParentGetsItsEnd()
    {
        await using var work = await Workspace.CreateAsync();
        string id;
        string child;
        await using (var first = await work.ServeAsync())
        {
            await first.SaveAsync(Calling(work));
            id = await first.StartExecutionAsync("calling");
            await work.LinesAsync("slow", 1);
            child = await ChildAsync(first, id);
            await first.Process.KillAsync();
        }

        await using var second = await work.ServeAsync();
        await work.LinesAsync("slow", 2);
        work.Open("gate");
        work.Open("gate-after");
        (await second.EndAsync(id)).ShouldBe("completed");
        (await second.GetAsync(id)).GetProperty("result").ToString().ShouldBe("""{"text":"made by the child"}""");
        (await ChildAsync(second, id)).ShouldBe(child, "no second child was started");
        work.Lines("first").ShouldBe([$"{child}/first/1"]);
        work.Lines("slow").ShouldBe([$"{child}/slow/1", $"{child}/slow/1"], "the attempt keeps its key");
    }

    [Fact]
    public async Task Cancel_AfterAKill_EndsTheChildWithItsParent()
    {
        await using var work = await Workspace.CreateAsync();
        string id;
        await using (var first = await work.ServeAsync())
        {
            await first.SaveAsync(Calling(work));
            id = await first.StartExecutionAsync("calling");
            await work.LinesAsync("slow", 1);
            await first.Process.KillAsync();
        }

        await using var second = await work.ServeAsync();
        await work.LinesAsync("slow", 2);
        var child = await ChildAsync(second, id);
        await second.CancelAsync(id);
        (await second.EndAsync(id)).ShouldBe("cancelled");
        (await second.EndAsync(child)).ShouldBe("cancelled");
        work.Lines("after").ShouldBeEmpty();
    }

    [Fact]
    public async Task Kill9_BetweenTheEndOfAChildAndItsReport_TheParentAsksForIt()
    {
        await using var work = await Workspace.CreateAsync();
        work.Open("gate");
        string id;
        long report;
        await using (var first = await work.ServeAsync())
        {
            await first.SaveAsync(Calling(work));
            id = await first.StartExecutionAsync("calling");
            await work.LinesAsync("after", 1);
            report = (await first.GetAsync($"{id}/events")).GetProperty("events").EnumerateArray()
                .First(e => e.GetProperty("type").GetString() == "child_ended").GetProperty("seq").GetInt64();
            await first.Process.KillAsync();
        }

        await ForgetAsync(work, id, report);
        work.Open("gate-after");
        await using var second = await work.ServeAsync();
        (await second.EndAsync(id)).ShouldBe("completed");
        var child = await ChildAsync(second, id);
        work.Lines("slow").ShouldBe([$"{child}/slow/1"], "the child that had ended did not run again");
        (await second.GetAsync(id)).GetProperty("result").ToString().ShouldBe("""{"text":"made by the child"}""");
    }

    // The journal as it is when the power goes off just before the row is written.
    private static async Task ForgetAsync(Workspace work, string id, long from)
    {
        var path = Directory.GetFiles(work.Home, "*.db", SearchOption.AllDirectories).ShouldHaveSingleItem();
        await using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "delete from execution_events where lower(execution_id) = @id and seq >= @from";
        command.Parameters.AddWithValue("id", id);
        command.Parameters.AddWithValue("from", from);
        (await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)).ShouldBeGreaterThan(0);
    }

    private static Task StatusAsync(TestServer server, string id, string task, string status) => Eventually.TrueAsync(
        $"task {task} is {status}", async () => (await server.TasksAsync(id)).GetValueOrDefault(task) == status);

    private static async Task<string> ChildAsync(TestServer server, string parent) =>
        (await server.GetAsync($"?parent_execution_id={parent}")).GetProperty("executions").EnumerateArray().ShouldHaveSingleItem()
            .GetProperty("id").GetString()!;

    private static string Calling(Workspace work) => $$"""
        name: calling
        version: "1"
        subflows:
          inner:
            tasks:
              first: {script: {language: bash, content: 'echo "$PERIPLON_ATTEMPT_KEY" >> {{work.PathOf("first")}}'} }
              slow:
                depends_on: [first]
                script:
                  language: bash
                  content: |
                    echo "$PERIPLON_ATTEMPT_KEY" >> {{work.PathOf("slow")}}
                    while [ ! -e {{work.PathOf("gate")}} ]; do sleep 0.05; done
                    echo made by the child
            outputs: {text: "${task.slow.output}"}
        tasks:
          call: {subflow: inner}
          after:
            depends_on: [call]
            script:
              language: bash
              content: |
                echo "$PERIPLON_ATTEMPT_KEY" >> {{work.PathOf("after")}}
                while [ ! -e {{work.PathOf("gate-after")}} ]; do sleep 0.05; done
        outputs: {text: "${task.call.outputs.text}"}
        """;
}
