using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks;
using static Periplon.Engine.Tests.Tasks.TaskFixture;

namespace Periplon.Engine.Tests.Tasks;

public sealed class DefinitionOfDoneTests : IDisposable
{
    private readonly TaskFixture _worker = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<DoneCriterion, string?> Criteria => new()
    {
        { new DoneCriterion.FileExists("a.txt", "d"), null },
        { new DoneCriterion.FileExists("dir", "d"), null },
        { new DoneCriterion.FileExists("none", "d"), "there is no" },
        { new DoneCriterion.DirectoryExists("dir", "d"), null },
        { new DoneCriterion.DirectoryExists("a.txt", "d"), "is a file" },
        { new DoneCriterion.DirectoryExists("none", "d"), "there is no" },
        { new DoneCriterion.FileContains("a.txt", "^one.*[0-9]{2}", "d"), null },
        { new DoneCriterion.FileContains("a.txt", "three", "d"), "the file does not contain a match of 'three'" },
        { new DoneCriterion.FileContains("a.txt", "(two", "d"), null },
        { new DoneCriterion.FileContains("a.txt", "(three", "d"), "does not contain the text '(three' (it is no regular expression)" },
        { new DoneCriterion.FileContains("a.txt", @"(?<=one )\d\d", "d"), null },
        { new DoneCriterion.FileContains("a.txt", @"\$\{name\}", "d"), null },
        { new DoneCriterion.FileContains("a.txt", "(${name}", "d"), "the text '(${name}'" },
        { new DoneCriterion.FileContains("none", "x", "d"), "there is no" },
        { new DoneCriterion.FileContains("dir", "x", "d"), "is a directory" },
        { new DoneCriterion.FileContains("/dev/zero", "x", "d"), "is a device, not a file" },
        { new DoneCriterion.FileNotContains("a.txt", "TODO", "d"), null },
        { new DoneCriterion.FileNotContains("a.txt", "one", "d"), "the file contains a match of 'one'" },
        { new DoneCriterion.FileNotContains("none", "x", "d"), "there is no" },
        { new DoneCriterion.CommandSucceeds("sh", ["-c", "test -f a.txt"], null, "d"), null },
        { new DoneCriterion.CommandSucceeds("test", ["-f", "inner.txt"], "dir", "d"), null },
        { new DoneCriterion.CommandSucceeds("sh", ["-c", "exit 3"], null, "d"), "it ended with exit code 3" },
        { new DoneCriterion.CommandSucceeds("true", [], "nowhere", "d"), "does not exist" },
        { new DoneCriterion.CommandSucceeds("no-such-program", [], null, "d"), "no-such-program" },
        { new DoneCriterion.TestsPassed("true", [], "d"), null },
        { new DoneCriterion.TestsPassed("false", [], "d"), "it ended with exit code 1" },
        { new DoneCriterion.OutputMatches(null, "a.+b", "d"), null },
        { new DoneCriterion.OutputMatches(null, "a.*b", "d"), "the output does not hold the text 'a.*b'" },
        { new DoneCriterion.OutputMatches("a.txt", "(two", "d"), null },
        { new DoneCriterion.OutputMatches("a.txt", "on.", "d"), "the file does not hold the text 'on.'" },
        { new DoneCriterion.OutputMatches("none", "x", "d"), "there is no" },
    };

    [Theory]
    [MemberData(nameof(Criteria))]
    public async Task Run_Criterion_IsMetOrSaysWhyNot(DoneCriterion criterion, string? problem)
    {
        var outcome = await _worker.RunAsync(Task(criterion), Ct);

        if (problem is null)
        {
            (outcome.Kind, outcome.Failure).ShouldBe((TaskOutcomeKind.Completed, null));
        }
        else
        {
            outcome.Kind.ShouldBe(TaskOutcomeKind.Unmet);
            outcome.Failure!.Kind.ShouldBe(FailureKinds.DefinitionOfDone);
            outcome.Failure.Message.ShouldContain(problem);
        }
    }

    [Fact]
    public async Task Run_SeveralUnmet_FeedbackListsAllAndKeepsTheOutput()
    {
        var outcome = await _worker.RunAsync(Task(
            new DoneCriterion.FileExists("a.txt", "the first is there"),
            new DoneCriterion.FileExists("b.txt", "the second is there"),
            new DoneCriterion.TestsPassed("sh", ["-c", "echo 3 passed; echo 2 broken >&2; exit 1"], "tests pass")), Ct);

        outcome.Output!.Text!.ShouldContain("a.+b");
        outcome.Failure!.Message.ShouldBe($"""
            The definition of done is not met: 2 of 3 criteria fail.

            1. the second is there
               file_exists b.txt: there is no {Path.Combine(_worker.Directory, "b.txt")}

            2. tests pass
               tests_passed sh -c echo 3 passed; echo 2 broken >&2; exit 1: it ended with exit code 1
               stdout:
               3 passed
               stderr:
               2 broken
            """);
        _worker.Log.Engine.ShouldContain("Definition of done: 1 of 3 criteria are met");
    }

    [Fact]
    public async Task Run_Texts_AreFilledIn()
    {
        var request = _worker.Request(Task(
            new DoneCriterion.FileContains("${workflow.file}", "^${workflow.word}", "has ${workflow.word}"),
            new DoneCriterion.CommandSucceeds("test", ["-f", "${file}"], "${workflow.where}", "d"),
            new DoneCriterion.CommandSucceeds("sh", ["-c", "x=${workflow.file}; test -f ${x}"], null, "d"),
            new DoneCriterion.FileExists("none", "no ${workflow.word}"))) with
        {
            Values = new Dictionary<string, JsonElement>
            {
                ["workflow.file"] = Json("\"a.txt\""), ["file"] = Json("\"a.txt\""), ["workflow.word"] = Json("\"one\""), ["workflow.where"] = Json("\".\""),
            },
        };
        var feedback = (await _worker.RunAsync(request, Ct)).Failure!.Message;

        feedback.ShouldContain("1 of 4 criteria fails.");
        feedback.ShouldContain("1. no one");
    }

    [Fact]
    public async Task Run_PathThatCannotBeFilledIn_CostsNoRun()
    {
        var outcome = await _worker.RunAsync(Task(new DoneCriterion.FileExists("${workflow.nothing}", "d")), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Input);
        Directory.Exists(_worker.Directory).ShouldBeFalse();
    }

    [Theory]
    [InlineData("(a+)+$")]
    [InlineData(@"(a+)+(?!x)\1$")]
    public async Task Run_HostilePattern_EndsSoon(string pattern)
    {
        var task = Bash("head -c 30000 /dev/zero | tr '\\0' a > a.txt; echo ! >> a.txt") with
        {
            DefinitionOfDone = new DefinitionOfDone { Criteria = [new DoneCriterion.FileContains("a.txt", pattern + "b", "d")] },
        };
        var outcome = await _worker.RunAsync(task, Ct).WaitAsync(TimeSpan.FromSeconds(30), Ct);

        outcome.Kind.ShouldBe(TaskOutcomeKind.Unmet);
    }

    [Fact]
    public async Task Run_CommandThatHangs_IsStoppedAtItsLimit()
    {
        using var worker = new TaskFixture(options => options.DoneCommandTimeout = TimeSpan.FromMilliseconds(200));
        var outcome = await worker.RunAsync(Task(new DoneCriterion.CommandSucceeds("sleep", ["1000"], null, "d")), Ct);

        outcome.Failure!.Message.ShouldContain("it took longer than 0.2 s");
    }

    [Fact]
    public async Task Cancel_DuringACheck_IsCancelled()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var running = _worker.RunAsync(Task(new DoneCriterion.CommandSucceeds("sh", ["-c", "echo checking; sleep 1000"], null, "d")), cancel.Token);
        await _worker.Log.LineAsync("checking", Ct);
        await cancel.CancelAsync();

        (await running).Kind.ShouldBe(TaskOutcomeKind.Cancelled);
    }

    [Fact]
    public async Task Run_LongOutputOfACommand_IsCutInTheFeedback()
    {
        var feedback = (await _worker.RunAsync(Task(
            [.. Enumerable.Range(0, 9).Select(n => new DoneCriterion.TestsPassed("sh", ["-c", "seq 9999; exit 1"], $"tests {n}"))]), Ct)).Failure!.Message;

        System.Text.Encoding.UTF8.GetByteCount(feedback).ShouldBeLessThanOrEqualTo(16 * 1024);
        feedback.ShouldContain("9999");
        feedback.ShouldNotContain("\n   2\n");
    }

    [Fact]
    public async Task Run_SecretInWhatACommandPrints_IsMaskedInTheFeedback()
    {
        var workflow = new WorkflowDefinition
        {
            Name = "test", Version = "1", Secrets = new Dictionary<string, SecretDefinition> { ["key"] = new(new SecretSource.Value("s3cr3t-value")) },
        };
        var task = Task(new DoneCriterion.CommandSucceeds("sh", ["-c", "echo ${secret.key}; exit 1"], null, "d"));
        var outcome = await _worker.RunAsync(_worker.Request(task, workflow), Ct);

        outcome.Failure!.Message.ShouldContain("***");
        outcome.Failure.Message.ShouldNotContain("s3cr3t");
        _worker.Log.Entries.ShouldNotContain(entry => entry.Line.Contains("s3cr3t"));
    }

    [Theory]
    [InlineData(false, "Permissions may have been missing. Use the tools")]
    [InlineData(true, "Permissions may have been missing. The next attempt has all of them")]
    public async Task Run_AgentWithoutAFile_GetsAHintAboutPermissions(bool elevate, string hint)
    {
        var workflow = new WorkflowDefinition
        {
            Name = "test", Version = "1", Provider = ModelProvider.Echo,
            Agents = new Dictionary<string, AgentDefinition> { ["a"] = new() { Id = "a" } },
        };
        var task = new TaskDefinition
        {
            Id = "job", Agent = "a", Description = "write it",
            DefinitionOfDone = new DefinitionOfDone
            {
                Criteria = [new DoneCriterion.FileExists("a.txt", "d")], AutoElevatePermissions = elevate,
            },
        };

        (await _worker.RunAsync(_worker.Request(task, workflow), Ct)).Failure!.Message.ShouldContain(hint);
    }

    [Fact]
    public async Task Run_FailedAttempt_IsNotChecked() =>
        (await _worker.RunAsync(Bash("exit 4") with { DefinitionOfDone = Done(new DoneCriterion.FileExists("none", "d")) }, Ct))
            .Failure!.Kind.ShouldBe(FailureKinds.ExitCode);

    [Fact]
    public async Task Run_OutputFileOfTheTask_IsThereWhenItIsChecked() =>
        (await _worker.RunAsync(Bash("echo hi") with
        {
            Output = "out/o.txt", DefinitionOfDone = Done(new DoneCriterion.FileContains("out/o.txt", "^hi", "d")),
        }, Ct)).Kind.ShouldBe(TaskOutcomeKind.Completed);

    [Fact]
    public async Task Run_WorkingDirOfTheTask_IsWherePathsBegin() =>
        (await _worker.RunAsync(_worker.Request(new TaskDefinition
        {
            Id = "job",
            Script = new ScriptDefinition { Language = ScriptLanguage.Bash, Content = "touch here", WorkingDir = "sub" },
            DefinitionOfDone = Done(new DoneCriterion.FileExists("here", "d"), new DoneCriterion.TestsPassed("test", ["-f", "here"], "d")),
        }) with { Directory = Directory.CreateDirectory(Path.Combine(_worker.Directory, "sub")).Parent!.FullName }, Ct))
            .Kind.ShouldBe(TaskOutcomeKind.Completed);

    [Fact]
    public async Task Run_OutputLongerThanTheJournalTakes_IsSearchedAsAWhole() =>
        (await _worker.RunAsync(Bash("echo first; seq 20000") with
        {
            DefinitionOfDone = Done(new DoneCriterion.OutputMatches(null, "first\n1\n", "d")),
        }, Ct)).Kind.ShouldBe(TaskOutcomeKind.Completed);

    [Theory]
    [InlineData("a.txt", TaskOutcomeKind.Completed)]
    [InlineData("b.txt", TaskOutcomeKind.Unmet)]
    public async Task Run_Check_OnlyChecks(string path, TaskOutcomeKind kind)
    {
        Directory.CreateDirectory(_worker.Directory);
        await File.WriteAllTextAsync(Path.Combine(_worker.Directory, "a.txt"), "x", Ct);
        var group = new TaskDefinition
        {
            Id = "group", Subtasks = [Bash("exit 1")], Output = "${workflow.unknown}", DefinitionOfDone = Done(new DoneCriterion.FileExists(path, "d")),
        };

        (await _worker.RunAsync(_worker.Request(group) with { Work = AttemptWork.Check }, Ct)).Kind.ShouldBe(kind);
    }

    public void Dispose() => _worker.Dispose();

    private static TaskDefinition Task(params DoneCriterion[] criteria) =>
        Bash("echo 'a.+b'; mkdir dir; touch dir/inner.txt; echo 'one 22 (two ${name}' > a.txt") with { DefinitionOfDone = Done(criteria) };

    private static DefinitionOfDone Done(params DoneCriterion[] criteria) => new() { Criteria = criteria };
}
