using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Tests.Storage;
using static Periplon.Engine.Tests.Tasks.TaskFixture;

namespace Periplon.Engine.Tests.Tasks;

/// <summary>Programs that behave badly harm nobody else and leave nothing behind.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly TaskFixture _worker = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_OneGigabyteOnStandardOutput_KeepsTheEndAndABoundedWhole()
    {
        var outcome = await _worker.RunAsync(Bash("yes | head -c 1000000000; echo; echo done"), Ct);

        outcome.Kind.ShouldBe(TaskOutcomeKind.Completed);
        outcome.Output!.Size.ShouldBe(1_000_000_006);
        outcome.Output.Truncated.ShouldBeTrue();
        outcome.Output.Text!.ShouldEndWith("\ny\n\ndone\n");
        outcome.Output.Text!.Length.ShouldBeLessThan(66_000);
        _worker.Artifacts[outcome.Output.Artifact!].Length.ShouldBe(64 * 1024 * 1024);
        _worker.Log.Engine.ShouldContain(line => line.Contains("not logged"));
    }

    [Fact]
    public async Task Run_MegabytesWithoutALineBreak_LogsPiecesThatJoinToTheWhole()
    {
        var outcome = await _worker.RunAsync(Script(ScriptLanguage.Python, "print('äöü€😀' * 50000, end='')"), Ct);

        outcome.Kind.ShouldBe(TaskOutcomeKind.Completed);
        _worker.Log.Stdout.Count().ShouldBeGreaterThan(5);
        string.Concat(_worker.Log.Stdout).ShouldBe(string.Concat(Enumerable.Repeat("äöü€😀", 50000)));
    }

    [Fact]
    public async Task Run_BinaryOutput_ReplacesWhatIsNotTextAndStoresTheBytes()
    {
        var outcome = await _worker.RunAsync(Bash("printf 'a\\xff\\xfeb\\n'; head -c 100000 /dev/zero"), Ct);

        _worker.Log.Stdout.First().ShouldBe("a\uFFFD\uFFFDb");
        _worker.Artifacts[outcome.Output!.Artifact!][..5].ShouldBe([(byte)'a', 0xFF, 0xFE, (byte)'b', (byte)'\n']);
    }

    [Fact]
    public async Task Run_ClosesItsStreamsEarly_IsWaitedFor()
    {
        var outcome = await _worker.RunAsync(Bash("echo first; exec >&- 2>&-; echo lost > file; exit 3"), Ct);

        outcome.Failure!.ExitCode.ShouldBe(3);
        outcome.Output!.Text.ShouldBe("first\n");
        File.ReadAllText(Path.Combine(_worker.Directory, "file")).ShouldBe("lost\n");
    }

    [Fact]
    public async Task Run_LeavesAChildThatHoldsThePipes_EndsAndKillsIt()
    {
        var outcome = await _worker.RunAsync(Bash("sleep 1000 & echo $!"), Ct);

        outcome.Kind.ShouldBe(TaskOutcomeKind.Completed);
        await DiesAsync(outcome.Output!.Text!);
    }

    [Fact]
    public async Task Run_LeavesAChildThatIgnoresTerm_KillsIt()
    {
        var outcome = await _worker.RunAsync(Bash("""
            mkfifo ready
            (trap '' TERM; echo $BASHPID; echo > ready; while :; do sleep 1000; done) &
            read < ready
            """), Ct);

        outcome.Kind.ShouldBe(TaskOutcomeKind.Completed);
        await DiesAsync(outcome.Output!.Text!.Split('\n')[0]);
    }

    [Fact]
    public async Task Run_LeavesADaemonInASessionOfItsOwnThatHoldsThePipes_KillsIt()
    {
        var outcome = await _worker.RunAsync(Bash("""
            mkfifo ready
            setsid sh -c 'echo $$; echo > ready; exec sleep 1000' &
            read < ready
            """), Ct);

        outcome.Kind.ShouldBe(TaskOutcomeKind.Completed);
        await DiesAsync(outcome.Output!.Text!);
    }

    [Fact]
    public async Task Abort_AfterACancelThatIsIgnored_KillsAtOnce()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        using var abort = new CancellationTokenSource();
        using var worker = new TaskFixture(options => (options.StopGrace, options.Abort) = (TimeSpan.FromHours(1), abort.Token));
        var request = worker.Request(Bash("trap 'echo asked > asked' TERM; echo $$ > deaf; while true; do sleep 0.05; done"));
        var running = worker.RunAsync(request, cancel.Token);
        var (deaf, asked) = (Path.Combine(worker.Directory, "deaf"), Path.Combine(worker.Directory, "asked"));
        await Eventually.TrueAsync("the program runs", () => Task.FromResult(File.Exists(deaf) && File.ReadAllText(deaf).EndsWith('\n')));

        await cancel.CancelAsync();
        await Eventually.TrueAsync("the program was asked to end", () => Task.FromResult(File.Exists(asked)));
        running.IsCompleted.ShouldBeFalse("it has an hour");
        await abort.CancelAsync();

        (await running).Kind.ShouldBe(TaskOutcomeKind.Cancelled);
        Directory.Exists($"/proc/{File.ReadAllText(deaf).Trim()}").ShouldBeFalse("it was killed");
    }

    [Fact]
    public async Task Cancel_ProcessesThatIgnoreTermAndEscape_EndsThemAll()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        const string Script = """
            trap '' TERM
            setsid sh -c 'echo escaped $$; exec sleep 1000' >&1 &
            (trap '' TERM; echo child $BASHPID; while :; do sleep 1000; done) &
            while :; do sleep 1000; done
            """;
        var running = _worker.RunAsync(Bash(Script), cancel.Token);
        string[] lines = [await _worker.Log.LineAsync("", Ct), await _worker.Log.LineAsync("", Ct)];
        await cancel.CancelAsync();

        (await running).Kind.ShouldBe(TaskOutcomeKind.Cancelled);
        await Task.WhenAll(lines.Select(line => DiesAsync(line.Split(' ', 2)[1])));
    }

    [Fact]
    public async Task Run_EndedByASignal_SaysWhich()
    {
        var outcome = await _worker.RunAsync(Bash("echo bye >&2; kill -SEGV $$"), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Signal);
        outcome.Failure.Message.ShouldBe("'bash' was ended by SIGSEGV: bye");
        outcome.Failure.ExitCode.ShouldBe(139);
    }

    [Fact]
    public async Task Run_ExitCode_IsAFailureWithTheLastLinesOfStandardError()
    {
        var outcome = await _worker.RunAsync(Bash("for i in $(seq 100); do echo line $i >&2; done; echo out; exit 7"), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.ExitCode);
        outcome.Failure.ExitCode.ShouldBe(7);
        outcome.Failure.Message.ShouldStartWith("'bash' ended with exit code 7: line 91\n");
        outcome.Failure.Message.ShouldEndWith("line 100");
        outcome.Output!.Text.ShouldStartWith("out\nline 1\n");
    }

    [Theory]
    [InlineData("no-such-program-at-all", "'no-such-program-at-all' was not found on PATH (")]
    [InlineData("./missing", "'./missing' does not exist (looked for /")]
    [InlineData("/etc/passwd", "/etc/passwd is not executable")]
    public async Task Run_ProgramThatCannotBeStarted_SaysWhere(string program, string message)
    {
        var outcome = await _worker.RunAsync(Command(program), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Spawn);
        outcome.Failure.Message.ShouldContain(message);
    }

    [Fact]
    public async Task Run_FileWhoseInterpreterIsMissing_IsASpawnFailure()
    {
        var program = Path.Combine(_worker.Root, "program");
        await File.WriteAllTextAsync(program, "#!/no/such/interpreter\n", Ct);
        await _worker.RunAsync(Command("chmod", "+x", program), Ct);

        var outcome = await _worker.RunAsync(Command(program), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Spawn);
        outcome.Failure.Message.ShouldContain(program);
    }

    [Fact]
    public async Task Run_ExitCode127OfAProgram_IsItsExitCode()
    {
        var outcome = await _worker.RunAsync(Bash("echo not found >&2; exit 127"), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.ExitCode);
        outcome.Failure.ExitCode.ShouldBe(127);
    }

    [Fact]
    public async Task Run_StandardInput_IsAtItsEnd()
    {
        var outcome = await _worker.RunAsync(Bash("cat; readlink /proc/self/fd/0"), Ct);

        outcome.Output!.Text.ShouldBe("/dev/null\n");
    }

    [Fact]
    public async Task Run_PipelineWhoseReaderEnds_EndsTheWriterSilently()
    {
        var outcome = await _worker.RunAsync(Bash("set -o pipefail; yes | head -n 1"), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Signal);
        outcome.Failure.Message.ShouldBe("'bash' was ended by SIGPIPE");
        outcome.Output!.Text.ShouldBe("y\n");
    }

    [Fact]
    public async Task Run_ManyTimes_LeaksNoFilesThreadsOrZombies()
    {
        for (var i = 0; i < 50; i++)
        {
            await _worker.RunAsync(Command("true"), Ct);
        }

        var filesBefore = OpenFiles();
        for (var i = 0; i < 500; i++)
        {
            (await _worker.RunAsync(Command("true"), Ct)).Kind.ShouldBe(TaskOutcomeKind.Completed);
        }

        // Other tests of the assembly open some files at the same time; a leak would show 1,500.
        (OpenFiles() - filesBefore).ShouldBeLessThan(700);
        Directory.EnumerateFileSystemEntries(Path.Combine(_worker.Root)).Select(Path.GetFileName).ShouldBeSubsetOf([_worker.ExecutionId.ToString(), ".attempts"]);
    }

    private static int OpenFiles() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();

    // A killed process whose new parent has not yet looked is a zombie: dead all the same.
    // A killed process closes its files some time before it is gone.
    internal static Task DiesAsync(string processId) =>
        Eventually.TrueAsync($"process {processId.Trim()} is gone", () => Task.FromResult(!IsAlive(processId)));

    private static bool IsAlive(string processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId.Trim()}/stat").Split(')')[^1].TrimStart()[0] is not ('Z' or 'X');
        }
        catch (Exception exception) when (exception is IOException)
        {
            return false;
        }
    }

    public void Dispose() => _worker.Dispose();
}
