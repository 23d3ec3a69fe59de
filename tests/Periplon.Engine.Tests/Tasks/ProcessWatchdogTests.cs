using System.Diagnostics;
using static Periplon.Engine.Tests.Tasks.TaskFixture;

namespace Periplon.Engine.Tests.Tasks;

/// <summary>A worker that is killed takes its processes with it.</summary>
public sealed class ProcessWatchdogTests
{
    private const string PidFile = "PERIPLON_TEST_PID_FILE";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Worker_KilledWithoutAWord_TakesItsProcessesWithIt()
    {
        var directory = Directory.CreateTempSubdirectory("periplon-watchdog-");
        var fifo = Path.Combine(directory.FullName, "pipe");
        await Process.Start("mkfifo", fifo).WaitForExitAsync(Ct);
        var start = new ProcessStartInfo(Path.ChangeExtension(typeof(ProcessWatchdogTests).Assembly.Location, null))
        {
            ArgumentList =
            {
                "-explicit", "only", "-method",
                $"*.{nameof(ProcessWatchdogTests)}.{nameof(Worker_StartedByTheOtherTest_RunsUntilItIsKilled)}",
            },
            RedirectStandardOutput = true,
        };
        start.Environment[PidFile] = fifo;
        // What the killed worker cannot tidy up is below here.
        start.Environment["TMPDIR"] = directory.FullName;
        using var worker = Process.Start(start)!;

        // The processes keep the pipe open for writing: its end is their death, all three of them.
        using var reader = new StreamReader(fifo);
        var processes = new[] { await reader.ReadLineAsync(Ct), await reader.ReadLineAsync(Ct), await reader.ReadLineAsync(Ct) };
        worker.Kill();
        (await reader.ReadToEndAsync(Ct)).ShouldBe("");

        await Task.WhenAll(processes.Select(process => ProcessTests.DiesAsync(process.ShouldNotBeNull())));
        directory.Delete(recursive: true);
    }

    [Fact(Explicit = true)]
    public async Task Worker_StartedByTheOtherTest_RunsUntilItIsKilled()
    {
        using var worker = new TaskFixture();
        var script = $$"""
            exec 9>{{Environment.GetEnvironmentVariable(PidFile)}}
            trap '' TERM
            echo $$ >&9
            (trap '' TERM; echo $BASHPID >&9; while :; do sleep 1000; done) &
            setsid sh -c 'echo $$ >&9; exec sleep 1000' &
            while :; do sleep 1000; done
            """;
        await worker.RunAsync(Bash(script), Ct);
    }

    [Fact]
    public async Task Watchdog_KilledItself_IsReplacedAndKnowsTheGroups()
    {
        using var worker = new TaskFixture();
        var script = Bash("echo begun; sleep 1000");
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var running = worker.RunAsync(script, cancel.Token);
        await worker.Log.LineAsync("begun", Ct);
        await worker.RunAsync(Bash("""
            for file in /proc/[0-9]*/cmdline; do
              if tr '\0' '\n' <"$file" 2>/dev/null | grep -qx periplon-watchdog; then
                process=${file%/cmdline}; process=${process#/proc/}
                parent=$(cut -d' ' -f4 "/proc/$process/stat")
                [ "$parent" = "$(cut -d' ' -f4 /proc/$$/stat)" ] && kill -KILL "$process" && echo killed
              fi
            done
            """), Ct);
        await worker.Log.LineAsync("killed", Ct);

        (await worker.RunAsync(Bash("echo still works"), Ct)).Output!.Text.ShouldBe("still works\n");
        await cancel.CancelAsync();
        (await running).Kind.ShouldBe(Core.Executions.TaskOutcomeKind.Cancelled);
    }
}
