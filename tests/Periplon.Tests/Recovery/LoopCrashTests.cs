using Periplon.Engine.Tests.Storage;

namespace Periplon.Tests.Recovery;

/// <summary>Loops in the real program, killed in the middle: they go on with the iteration that was under way.</summary>
public sealed class LoopCrashTests
{
    private const int Patience = 240;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill9_InIteration700Of1000_TheServerResumesThere()
    {
        await using var work = await Workspace.CreateAsync();
        string id;
        await using (var first = await work.ServeAsync())
        {
            await first.SaveAsync(Counting(work, 1000));
            id = await first.StartExecutionAsync("counting");
            await work.LinesAsync("count", 700, Patience);
            await first.Process.KillAsync();
        }

        var reached = work.Lines("count").Length;
        reached.ShouldBeInRange(700, 999, "the test must kill in the middle");
        await using var second = await work.ServeAsync();
        (await second.EndAsync(id, Patience)).ShouldBe("completed");
        InOrder(work, id, 1000);
    }

    [Fact]
    public async Task Kill9_InIteration700Of1000_ALocalRunResumesThere()
    {
        await using var work = await Workspace.CreateAsync();
        await File.WriteAllTextAsync(work.PathOf("counting.yaml"), Counting(work, 1000), Ct);
        await using (var first = PeriplonProcess.Start(work.Home, ["run", "counting.yaml"]))
        {
            await work.LinesAsync("count", 700, Patience);
            await first.KillAsync();
        }

        work.Lines("count").Length.ShouldBeInRange(700, 999, "the test must kill in the middle");
        await using var resumed = PeriplonProcess.Start(work.Home, ["run", "counting.yaml", "--resume"]);
        (await resumed.ExitAsync(Ct, Patience)).ShouldBe(0, resumed.Output);
        InOrder(work, work.Lines("count")[0].Split('/')[0], 1000);
    }

    [Fact]
    public async Task Kill9_InAParallelLoop_RepeatsAtMostWhatWasUnderWay()
    {
        await using var work = await Workspace.CreateAsync();
        string id;
        await using (var first = await work.ServeAsync())
        {
            await first.SaveAsync(Counting(work, 200, ", parallel: true, max_parallel: 10"));
            id = await first.StartExecutionAsync("counting");
            await work.LinesAsync("count", 100, Patience);
            await first.Process.KillAsync();
        }

        work.Lines("count").Length.ShouldBeInRange(100, 199, "the test must kill in the middle");
        await using var second = await work.ServeAsync();
        (await second.EndAsync(id, Patience)).ShouldBe("completed");
        var lines = work.Lines("count");
        lines.Distinct().Order().ShouldBe(Enumerable.Range(0, 200).Select(i => $"{id}/count[{i}]/1").Order());
        lines.Length.ShouldBeLessThanOrEqualTo(210, "only the ten that were under way may run twice");
        lines.CountBy(line => line).Max(each => each.Value).ShouldBeLessThanOrEqualTo(2);
    }

    [Fact]
    public async Task Kill9_InALoopInsideALoop_ResumesInTheInnerOne()
    {
        await using var work = await Workspace.CreateAsync();
        string id;
        await using (var first = await work.ServeAsync())
        {
            await first.SaveAsync($$"""
                name: nested
                version: "1"
                tasks:
                  outer:
                    loop: {type: repeat, count: 10}
                    subtasks:
                      - note: {script: {language: bash, content: 'echo "$PERIPLON_ATTEMPT_KEY" >> {{work.PathOf("count")}}'} }
                      - inner:
                          depends_on: [note]
                          loop: {type: repeat, count: 9}
                          script: {language: bash, content: 'echo "$PERIPLON_ATTEMPT_KEY" >> {{work.PathOf("count")}}'}
                """);
            id = await first.StartExecutionAsync("nested");
            await work.LinesAsync("count", 55, Patience);
            await first.Process.KillAsync();
        }

        work.Lines("count").Length.ShouldBeInRange(55, 99, "the test must kill in the middle");
        await using var second = await work.ServeAsync();
        (await second.EndAsync(id, Patience)).ShouldBe("completed");
        OnceInOrder(work, Enumerable.Range(0, 10).SelectMany(i => Enumerable.Range(0, 9)
            .Select(j => $"{id}/outer[{i}].inner[{j}]/1").Prepend($"{id}/outer[{i}].note/1")));
    }

    private static string Counting(Workspace work, int count, string more = "") => $$"""
        name: counting
        version: "1"
        tasks:
          count:
            loop: {type: repeat, count: {{count}}{{more}} }
            script: {language: bash, content: 'echo "$PERIPLON_ATTEMPT_KEY" >> {{work.PathOf("count")}}'}
        """;

    private static void InOrder(Workspace work, string id, int count) =>
        OnceInOrder(work, Enumerable.Range(0, count).Select(i => $"{id}/count[{i}]/1"));

    // What was under way at the kill may have left its line and not yet its outcome: it runs again, at once and under the same key.
    private static void OnceInOrder(Workspace work, IEnumerable<string> keys)
    {
        var lines = work.Lines("count");
        var expected = keys.ToList();
        lines.Length.ShouldBeInRange(expected.Count, expected.Count + 1);
        lines.Where((line, i) => i == 0 || line != lines[i - 1]).ShouldBe(expected);
    }
}
