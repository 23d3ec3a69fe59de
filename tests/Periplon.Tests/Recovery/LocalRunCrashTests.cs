using Periplon.Commands;

namespace Periplon.Tests.Recovery;

/// <summary><c>periplon run</c>, killed in the middle and resumed.</summary>
public sealed class LocalRunCrashTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill9_InTheMiddle_ResumesWithoutRepeatingWhatWasRecorded()
    {
        await using var work = await Workspace.CreateAsync();
        await File.WriteAllTextAsync(work.PathOf("slow.yaml"), work.SlowWorkflow("slow"), Ct);
        await using (var first = PeriplonProcess.Start(work.Home, ["run", "slow.yaml"]))
        {
            await work.LinesAsync("slow", 1);
            await first.KillAsync();
        }

        work.Open("gate");
        await using (var resumed = PeriplonProcess.Start(work.Home, ["run", "slow.yaml", "--resume"]))
        {
            (await resumed.ExitAsync(Ct)).ShouldBe(0, resumed.Output);
        }

        work.Lines("first").Length.ShouldBe(1);
        work.Lines("last").Length.ShouldBe(1);
        var keys = work.Lines("slow").Select(line => line.Split(' ')[0]).ToList();
        keys.Count.ShouldBe(2);
        keys.Distinct().Count().ShouldBe(1, "the attempt that was lost runs again under its key");

        await using var again = PeriplonProcess.Start(work.Home, ["run", "slow.yaml", "--resume"]);
        (await again.ExitAsync(Ct)).ShouldBe(0, again.Output);
        again.Output.ShouldContain("the last run of workflow 'slow' completed; starting over");
        work.Lines("first").Length.ShouldBe(2);
    }

    [Fact]
    public async Task Kill9_BeforeAPredefinedTaskWhoseFileIsThenGone_ResumesWithTheTextThatWasKept()
    {
        await using var work = await Workspace.CreateAsync();
        var tasks = Directory.CreateDirectory(work.PathOf(".periplon/tasks"));
        await File.WriteAllTextAsync(Path.Combine(tasks.FullName, "greet.task.yaml"), """
            apiVersion: task/v1
            kind: PredefinedTask
            metadata: {name: greet, version: 1.0.0}
            spec: {agent_template: {description: Greet from the file, provider: echo}}
            """, Ct);
        await File.WriteAllTextAsync(
            work.PathOf("slow.yaml"),
            work.SlowWorkflow("slow") + "\n  greet: {uses: greet@1.0.0, depends_on: [last]}\noutputs: {text: \"${task.greet.output}\"}\n",
            Ct);
        await using (var first = PeriplonProcess.Start(work.Home, ["run", "slow.yaml"]))
        {
            await work.LinesAsync("slow", 1);
            await first.KillAsync();
        }

        tasks.Delete(recursive: true);
        work.Open("gate");
        await using var resumed = PeriplonProcess.Start(work.Home, ["run", "slow.yaml", "--resume", "--json"]);

        (await resumed.ExitAsync(Ct)).ShouldBe(0, resumed.Output);
        resumed.Output.ShouldContain("\"text\": \"Greet from the file\"");
    }

    [Fact]
    public async Task Terminate_InTheMiddle_StopsItsTasksAndCanBeResumed()
    {
        await using var work = await Workspace.CreateAsync();
        await File.WriteAllTextAsync(work.PathOf("slow.yaml"), work.SlowWorkflow("slow"), Ct);
        await using (var first = PeriplonProcess.Start(work.Home, ["run", "slow.yaml"]))
        {
            await work.LinesAsync("slow", 1);
            first.Terminate();
            (await first.ExitAsync(Ct)).ShouldBe(ExitCode.Interrupted);
        }

        Directory.Exists($"/proc/{work.Lines("slow")[0].Split(' ')[1]}").ShouldBeFalse("its task was stopped with it");
        work.Open("gate");
        await using var resumed = PeriplonProcess.Start(work.Home, ["run", "slow.yaml", "--resume"]);
        (await resumed.ExitAsync(Ct)).ShouldBe(0, resumed.Output);
        work.Lines("first").Length.ShouldBe(1);
        work.Lines("last").Length.ShouldBe(1);
    }

    [Fact]
    public async Task TerminateTwice_ATaskThatIgnoresIt_IsKilledAtOnceAndCanBeResumed()
    {
        await using var work = await Workspace.CreateAsync();
        await File.WriteAllTextAsync(work.PathOf("deaf.yaml"), $$"""
            name: deaf
            version: "1"
            tasks:
              deaf:
                script:
                  language: bash
                  content: |
                    trap 'echo asked >> {{work.PathOf("asked")}}' TERM
                    echo $$ >> {{work.PathOf("deaf")}}
                    while [ ! -e {{work.PathOf("gate")}} ]; do sleep 0.05; done
            """, Ct);
        await using (var first = PeriplonProcess.Start(work.Home, ["run", "deaf.yaml"]))
        {
            await work.LinesAsync("deaf", 1);
            first.Terminate();
            await work.LinesAsync("asked", 1);
            var asked = TimeProvider.System.GetTimestamp();
            first.Terminate();
            (await first.ExitAsync(Ct)).ShouldBe(ExitCode.Interrupted);
            // Without the second signal the task would have five seconds to end.
            TimeProvider.System.GetElapsedTime(asked).ShouldBeLessThan(TimeSpan.FromSeconds(4));
        }

        Directory.Exists($"/proc/{work.Lines("deaf")[0]}").ShouldBeFalse("it was killed");
        work.Open("gate");
        await using var resumed = PeriplonProcess.Start(work.Home, ["run", "deaf.yaml", "--resume"]);
        (await resumed.ExitAsync(Ct)).ShouldBe(0, resumed.Output);
    }

    [Fact]
    public async Task Clean_OfARunThatIsStillUnderWay_IsRefused()
    {
        await using var work = await Workspace.CreateAsync();
        await File.WriteAllTextAsync(work.PathOf("slow.yaml"), work.SlowWorkflow("slow"), Ct);
        await using var first = PeriplonProcess.Start(work.Home, ["run", "slow.yaml"]);
        await work.LinesAsync("slow", 1);

        await using (var clean = PeriplonProcess.Start(work.Home, ["clean", "--yes"]))
        {
            (await clean.ExitAsync(Ct)).ShouldBe(ExitCode.Failure);
            clean.Output.ShouldContain("a run of 'slow' is under way in another process");
        }

        await using (var status = PeriplonProcess.Start(work.Home, ["status", "slow"]))
        {
            (await status.ExitAsync(Ct)).ShouldBe(0);
            status.Output.ShouldContain("running, under way");
        }

        work.Open("gate");
        (await first.ExitAsync(Ct)).ShouldBe(0, first.Output);
        await using var again = PeriplonProcess.Start(work.Home, ["clean", "slow", "--yes"]);
        (await again.ExitAsync(Ct)).ShouldBe(0, again.Output);
        Directory.GetFiles(work.PathOf(".workflow_states"), "*.db").ShouldBeEmpty();
    }

    [Fact]
    public async Task Resume_OfARunThatIsStillUnderWay_IsRefused()
    {
        await using var work = await Workspace.CreateAsync();
        await File.WriteAllTextAsync(work.PathOf("slow.yaml"), work.SlowWorkflow("slow"), Ct);
        await using var first = PeriplonProcess.Start(work.Home, ["run", "slow.yaml"]);
        await work.LinesAsync("slow", 1);
        await using var second = PeriplonProcess.Start(work.Home, ["run", "slow.yaml", "--resume"]);
        (await second.ExitAsync(Ct)).ShouldNotBe(0);
        second.Output.ShouldContain("is still under way");

        work.Open("gate");
        (await first.ExitAsync(Ct)).ShouldBe(0, first.Output);
        work.Lines("slow").Length.ShouldBe(1);
    }
}
