using CsCheck;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Yaml;

/// <summary>Whatever the text, the parser ends, and says what is wrong in findings.</summary>
public sealed class WorkflowParserRobustnessTests
{
    private static readonly string[] Pieces =
    [
        "\n", "\n  ", " ", "\t", ":", ": ", "- ", "{", "}", "[", "]", ",", "\"", "'", "|", ">", "&a ", "*a", "<<: ", "? ", "!!str ",
        "!x ", "%YAML 9.9\n",
        "---\n", "...\n", "#", "\\", "\\ud800", "\"\\U00110000\"", "\"\\x\"", "name", "tasks", "version: 1\n", "loop", "type: ",
        "for_each", "null", "~", "true",
        "-1", "1e999", "0x", "\0", "\ufeff", "\u0085", "\u2028", "\ud800", "\ud83d\ude00", "${x}", "{{x}}", "depends_on: ", "subtasks:\n",
        "retry: ", "x-a: ",
    ];

    private static readonly string[] Valid =
    [
        .. Golden.Cases("valid").Select(row => Golden.Read("valid", row.Data)),
        File.ReadAllText(Path.Combine(WorkflowParserCorpusTests.Folder(), "notification_multi_channel.yaml")),
    ];

    private static readonly Gen<string> Piece = Gen.OneOf(Pieces.Select(Gen.Const).ToArray());

    [Fact]
    public void Parse_AnyText_NeverThrows() => Gen.String.Sample(Check, iter: 3000);

    [Fact]
    public void Parse_PiecesOfYaml_NeverThrow() => Piece.Array[0, 40].Select(string.Concat).Sample(Check, iter: 6000);

    [Fact]
    public void Parse_DamagedFile_NeverThrows() =>
        Gen.Select(Gen.OneOf(Valid.Select(Gen.Const).ToArray()), Gen.Int[0, 100_000], Gen.Int[0, 30], Piece)
            .Select((text, place, cut, piece) =>
            {
                var at = place % (text.Length + 1);
                return string.Concat(text.AsSpan(0, at), piece, text.AsSpan(Math.Min(text.Length, at + cut)));
            })
            .Sample(Check, iter: 1500);

    [Theory]
    [InlineData("[")]
    [InlineData("{")]
    [InlineData("- ")]
    [InlineData("? ")]
    [InlineData("{a: ")]
    [InlineData("!!str ")]
    [InlineData("&a ")]
    [InlineData("*a ")]
    [InlineData("\"")]
    [InlineData("a: b: ")]
    [InlineData("%")]
    [InlineData("# ")]
    [InlineData("\t")]
    [InlineData("\\")]
    [InlineData("a: *a\n")]
    [InlineData("<<: {a: 1}\n")]
    [InlineData("? a\n: b\n")]
    [InlineData("---\n")]
    public Task Parse_RepeatedPiece_Ends(string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, 200_000 / piece.Length));
        return Watchdog.RunAsync(() =>
        {
            Check(text);
            Check("name: w\nversion: 1\ntasks: " + text);
        });
    }

    [Fact]
    public async Task Parse_LargeFile_HasAllItsTasks()
    {
        static string Tasks(int count) => "name: w\nversion: 1\ntasks:\n" + string.Concat(Enumerable.Range(0, count).Select(i =>
            $"  task{i}:\n    description: Does number {i}\n    depends_on: [task{Math.Max(0, i - 1)}]\n    command: {{executable: echo}}\n"));
        var text = Tasks(20_000);
        (await Watchdog.RunAsync(() => WorkflowParser.Parse(text))).Workflow!.Tasks.Count.ShouldBe(20_000);
    }

    private static void Check(string text)
    {
        var result = WorkflowParser.Parse(text);
        (result.Workflow is null).ShouldBe(result.Diagnostics.Any(found => found.Severity is DiagnosticSeverity.Error));
        result.Diagnostics.ShouldAllBe(found => found.Line >= 1 && found.Column >= 1 && found.Message.Length > 0
            && !found.Message.Contains('\n'));
    }
}
