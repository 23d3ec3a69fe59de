using System.Text;
using Periplon.Core.Validation;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.BadInput;

/// <summary>Files made to hang, crash or fill the memory of whatever reads them: each ends in an error or stays within a bound.</summary>
public sealed class HostileFileTests
{
    private const string Head = "name: w\nversion: '1'\n";

    /// <summary>What a small file may cost, whatever it holds: far more than any real one, far less than a bomb.</summary>
    private const long MostBytes = 200L * 1024 * 1024;

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{a: ", "}")]
    public async Task Bomb_OfAliases_IsAnError(string open, string close)
    {
        var text = new StringBuilder(Head).Append($"x-0: &a0 {open}lol{close}\n");
        for (var level = 1; level <= 30; level++)
        {
            var items = open == "[" ? string.Join(", ", Enumerable.Repeat($"*a{level - 1}", 9))
                : string.Join(", ", Enumerable.Range(0, 9).Select(i => $"k{i}: *a{level - 1}"));
            text.Append(open == "[" ? $"x-{level}: &a{level} [{items}]\n" : $"x-{level}: &a{level} {{{items}}}\n");
        }

        (await CodesAsync(text.ToString())).ShouldBe([DiagnosticCodes.AliasesTooLarge]);
    }

    [Fact]
    public async Task Bomb_OfMergeKeys_IsAnError()
    {
        var text = new StringBuilder(Head).Append("x-0: &a0 {k0: lol}\n");
        for (var level = 1; level <= 30; level++)
        {
            text.Append($"x-{level}: &a{level} {{<<: *a{level - 1}, l{level}: *a{level - 1}, m{level}: *a{level - 1}}}\n");
        }

        (await CodesAsync(text.ToString())).ShouldBe([DiagnosticCodes.AliasesTooLarge]);
    }

    [Fact]
    public async Task Alias_OfItself_IsAnErrorAndNotFollowed()
    {
        (await CodesAsync(Head + "labels: &me {a: *me}\n")).ShouldContain(DiagnosticCodes.UnknownAlias);
        (await CodesAsync(Head + "tasks: &me\n  a: {subtasks: [*me]}\n")).ShouldContain(DiagnosticCodes.UnknownAlias);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(10_000)]
    public async Task Nesting_DeeperThanTheLimit_IsAnError(int depth)
    {
        (await CodesAsync(Head + "x-a: " + new string('[', depth) + new string(']', depth))).ShouldBe([DiagnosticCodes.TooDeep]);
        (await CodesAsync(Head + "x-a: " + Repeat("{a: ", depth) + "1" + new string('}', depth))).ShouldBe([DiagnosticCodes.TooDeep]);
        (await CodesAsync($"{{\"name\": \"w\", \"version\": \"1\", \"x-a\": {new string('[', depth)}{new string(']', depth)}}}"))
            .ShouldBe([DiagnosticCodes.TooDeep]);
    }

    [Fact]
    public async Task Nesting_OfConditionsDeeperThanTheLimit_IsAnError()
    {
        var condition = Repeat("{not: ", 10_000) + "{type: always}" + new string('}', 10_000);
        (await CodesAsync($"{Head}tasks: {{a: {{sleep: 1, condition: {condition}}}}}")).ShouldBe([DiagnosticCodes.TooDeep]);
    }

    [Fact]
    public async Task Nesting_OfConditionsWithinTheLimit_Loads()
    {
        var condition = Repeat("{not: ", 90) + "{type: always}" + new string('}', 90);
        (await CodesAsync($"{Head}tasks: {{a: {{sleep: 1, condition: {condition}}}}}")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Scalar_OfTenMegabytes_LoadsWithinItsBound()
    {
        var text = Head + "description: " + new string('a', 10 * 1024 * 1024);
        var workflow = (await ReadAsync(text, 600L * 1024 * 1024)).Workflow;
        workflow!.Description!.Length.ShouldBe(10 * 1024 * 1024);
    }

    [Fact]
    public async Task Key_OfAMegabyte_IsAnError() =>
        (await CodesAsync($"{Head}labels:\n  ? {new string('a', 1024 * 1024)}\n  : 1\n")).ShouldBe([DiagnosticCodes.BadKey]);

    [Fact]
    public async Task Keys_ThatAreRepeated_AreNamedWithBothPlaces()
    {
        var found = (await ReadAsync(Head + "labels: {a: 1, a: 2}\nname: again\n")).Diagnostics;
        found.Single(each => each.Code == DiagnosticCodes.DuplicateKey).Message.ShouldBe(
            "'labels' has the key 'a' twice: at 3:10 and at 3:16. The last one counts.");
        var refused = found.Single(each => each.Code == DiagnosticCodes.DuplicateField);
        refused.Severity.ShouldBe(DiagnosticSeverity.Error);
        refused.Message.ShouldBe("The workflow has the key 'name' twice: at 1:1 and at 4:1.");
    }

    [Fact]
    public async Task Keys_RepeatedAHundredThousandTimes_AreListedToABound()
    {
        var result = await ReadAsync(Head + "labels:\n" + Repeat("  a: 1\n", 100_000), 2 * MostBytes);
        result.Diagnostics.Count.ShouldBeLessThan(600);
        result.Workflow!.Labels["a"].ShouldBe("1");
    }

    [Fact]
    public async Task Numbers_BeyondReason_AreErrors()
    {
        (await CodesAsync($"{Head}max_parallel: {new string('9', 300)}")).ShouldBe([DiagnosticCodes.OutOfRange]);
        (await CodesAsync($"{Head}max_parallel: {new string('9', 1_000_000)}")).ShouldBe([DiagnosticCodes.WrongType]);
        (await CodesAsync($"{Head}max_parallel: 0x{new string('f', 300)}")).ShouldBe([DiagnosticCodes.OutOfRange]);
        (await CodesAsync($"{Head}timeout_secs: 1e999")).ShouldBe([DiagnosticCodes.BadDuration]);
        (await CodesAsync($"{Head}timeout_secs: .inf")).ShouldBe([DiagnosticCodes.BadDuration]);
        (await CodesAsync($"{Head}timeout_secs: 1e300")).ShouldBe([DiagnosticCodes.OutOfRange]);
        (await CodesAsync($"{Head}timeout_secs: {Repeat("9d", 100_000)}")).ShouldBe([DiagnosticCodes.BadDuration]);
    }

    [Theory]
    [InlineData("!!python/object/apply:os.system [id]")]
    [InlineData("!ruby/object:Gem::Installer {i: x}")]
    [InlineData("!<tag:example.com,2000:x> {a: 1}")]
    [InlineData("!System.Diagnostics.Process {StartInfo: {FileName: sh}}")]
    public async Task Tags_MakeNothing(string value)
    {
        var result = await ReadAsync($"{Head}x-a: {value}\ndescription: !Type text\n");
        result.Workflow!.Description.ShouldBe("text");
    }

    [Fact]
    public async Task Documents_BeyondTheFirst_AreAnError() =>
        (await CodesAsync(Head + Repeat("---\nname: w\n", 100_000))).ShouldBe([DiagnosticCodes.SeveralDocuments]);

    [Theory]
    [InlineData("name: w\nversion: '1'^\ntasks: {}\n")]
    [InlineData("name: w\nversion: '1'\n^tasks: {}\n")]
    [InlineData("name: w\nversion: '1'\n# a^b\ntasks: {}\n")]
    [InlineData("name: w\nversion: '1'\ndescription: a^b\n")]
    [InlineData("{\"name\": \"w\", \"version\": \"1\"}^")]
    public async Task Nul_InAFile_IsAnErrorAndEndsNothingEarly(string shown)
    {
        var text = shown.Replace('^', '\0');
        var found = (await ReadAsync(text)).Diagnostics.ShouldHaveSingleItem();
        found.Severity.ShouldBe(DiagnosticSeverity.Error);
        found.Message.ShouldContain("U+0000");
        (found.Line, found.Column).ShouldBe(Place(text, text.IndexOf('\0', StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("{name: w, version: '1', description: \"a\\0b\"}")]
    [InlineData("{\"name\": \"w\", \"version\": \"1\", \"description\": \"a\\u0000b\"}")]
    [InlineData("{name: w, version: '1', labels: {\"a\\x00b\": c}}")]
    public async Task Nul_WrittenAsAnEscape_IsAnError(string text) =>
        (await ReadAsync(text)).Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("U+0000");

    [Fact]
    public async Task File_OfFiveMegabytes_LoadsWithItsTasks()
    {
        var text = new StringBuilder(Head).Append("tasks:\n");
        var count = 0;
        while (text.Length < 5 * 1024 * 1024)
        {
            text.Append($"  task_{count++}:\n    description: {new string('d', 900)}\n    command: {{executable: echo, args: [a, b]}}\n");
        }

        (await ReadAsync(text.ToString(), 500L * 1024 * 1024)).Workflow!.Tasks.Count.ShouldBe(count);
    }

    [Fact]
    public async Task File_LargerThanTheLimit_IsAnError()
    {
        var found = (await ReadAsync(Head + "# " + new string('x', WorkflowParser.MaxLength), 100L * 1024 * 1024))
            .Diagnostics.ShouldHaveSingleItem();
        found.Code.ShouldBe(DiagnosticCodes.TooLong);
        found.Message.ShouldContain($"{WorkflowParser.MaxLength}");
    }

    private static string Repeat(string text, int count) => new StringBuilder().Insert(0, text, count).ToString();

    private static (int Line, int Column) Place(string text, int at)
    {
        var before = text[..at].Split('\n');
        return (before.Length, before[^1].Length + 1);
    }

    private static async Task<string[]> CodesAsync(string text) =>
    [
        .. (await ReadAsync(text)).Diagnostics.Where(found => found.Severity is DiagnosticSeverity.Error).Select(found => found.Code).Distinct(),
    ];

    private static Task<ParseResult> ReadAsync(string text, long mostBytes = MostBytes) => Watchdog.RunAsync(() =>
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = WorkflowParser.Parse(text);
        if (result.Workflow is { } workflow)
        {
            WorkflowValidator.Validate(workflow).ShouldAllBe(found => found.Message.Length < 2_000);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(mostBytes);
        result.Diagnostics.ShouldAllBe(found => found.Message.Length < 2_000);
        return result;
    });
}
