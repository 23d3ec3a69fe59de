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

        await using var nothing = PeriplonProcess.Start(work.Home, ["run", "slow.yaml", "--resume"]);
        (await nothing.ExitAsync(Ct)).ShouldNotBe(0);
        nothing.Output.ShouldContain("completed");
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
            (await first.ExitAsync(Ct)).ShouldNotBe(0);
        }

        Directory.Exists($"/proc/{work.Lines("slow")[0].Split(' ')[1]}").ShouldBeFalse("its task was stopped with it");
        work.Open("gate");
        await using var resumed = PeriplonProcess.Start(work.Home, ["run", "slow.yaml", "--resume"]);
        (await resumed.ExitAsync(Ct)).ShouldBe(0, resumed.Output);
        work.Lines("first").Length.ShouldBe(1);
        work.Lines("last").Length.ShouldBe(1);
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
