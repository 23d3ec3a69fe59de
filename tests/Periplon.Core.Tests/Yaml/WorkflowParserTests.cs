using System.Text;
using Periplon.Core.Conditions;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Yaml;

/// <summary>Single rules of the parser, one a test.</summary>
public sealed class WorkflowParserTests
{
    private const string Head = "name: w\nversion: 1.0\n";

    [Fact]
    public void Parse_NameAndVersion_IsTheSmallestWorkflow()
    {
        var workflow = Load("");
        workflow.Name.ShouldBe("w");
        workflow.Version.ShouldBe("1.0");
        workflow.Tasks.ShouldBeEmpty();
        workflow.MaxParallel.ShouldBe(16);
    }

    [Fact]
    public void Parse_UnknownKey_WarnsWithTheNearestName()
    {
        var result = WorkflowParser.Parse(Head + "tasks:\n  a: {dependsOn: [b]}\n");
        var found = result.Diagnostics.ShouldHaveSingleItem();
        found.Code.ShouldBe(DiagnosticCodes.UnknownKey);
        found.Severity.ShouldBe(DiagnosticSeverity.Warning);
        found.Path.ShouldBe("tasks.a.dependsOn");
        (found.Line, found.Column).ShouldBe((4, 7));
        found.Hint.ShouldBe("Did you mean 'depends_on'?");
        result.Workflow.ShouldNotBeNull();
    }

    [Fact]
    public void Parse_SeveralProblems_ReportsThemAllInTheOrderOfTheFile()
    {
        var result = WorkflowParser.Parse("name: w\nprovider: clade\ntasks:\n  a: {priority: x}\n  b: {command: {}}\n");
        result.Diagnostics.Select(found => (found.Code, found.Path)).ShouldBe(
        [
            (DiagnosticCodes.MissingField, "version"), (DiagnosticCodes.NotAllowed, "provider"),
            (DiagnosticCodes.WrongType, "tasks.a.priority"), (DiagnosticCodes.MissingField, "tasks.b.command.executable"),
        ]);
    }

    [Fact]
    public void Parse_Tasks_KeepTheirOrder() =>
        Load("tasks: {z: , m: , a: , k: }").Tasks.Keys.ShouldBe(["z", "m", "a", "k"]);

    [Theory]
    [InlineData("tasks.a", 4, 3)]
    [InlineData("tasks.a.script.language", 6, 7)]
    [InlineData("tasks.a.depends_on[1]", 7, 21)]
    [InlineData("tasks.a.inputs.deep.x[0].y", 10, 14)]
    [InlineData("tasks.a.subtasks.b.agent", 12, 13)]
    [InlineData("tasks.a.subtasks.c", 13, 9)]
    [InlineData("tasks.a.no.such.field", 4, 3)]
    [InlineData("labels", 1, 1)]
    public void Parse_Path_IsFoundInTheSourceMap(string path, int line, int column)
    {
        var workflow = Load("""
            tasks:
              a:
                script:
                  language: bash
                depends_on: [x, y]
                inputs:
                  deep:
                    x: [{y: 1}]
                subtasks:
                  - b: {agent: z, description: d}
                  - c
            """);
        workflow.Source.Find(path).ShouldBe(new SourceLocation(line, column));
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("\"true\"", true)]
    [InlineData("FALSE", false)]
    public void Parse_Bool_MayBeQuoted(string text, bool expected) => Load($"fail_fast: {text}").FailFast.ShouldBe(expected);

    [Theory]
    [InlineData("4", 4)]
    [InlineData("\"4\"", 4)]
    [InlineData("0x10", 16)]
    [InlineData("0o17", 15)]
    [InlineData("0b11", 3)]
    [InlineData("4.0", 4)]
    [InlineData("+4", 4)]
    public void Parse_WholeNumber_MayBeWrittenInEachNotation(string text, int expected) =>
        Load($"max_parallel: {text}").MaxParallel.ShouldBe(expected);

    [Theory]
    [InlineData("90", 90)]
    [InlineData("1.5", 1.5)]
    [InlineData("90s", 90)]
    [InlineData("1h30m", 5400)]
    [InlineData("250ms", 0.25)]
    [InlineData("\"2d\"", 172_800)]
    public void Parse_Duration_IsSecondsOrUnits(string text, double expected) =>
        Load($"timeout_secs: {text}").TimeoutSecs.ShouldBe(expected);

    [Theory]
    [InlineData("1.2.3s")]
    [InlineData("s")]
    [InlineData("5x")]
    [InlineData("5s!")]
    [InlineData("-5s")]
    public void Parse_BadDuration_IsAnError(string text) => Codes($"timeout_secs: {text}").ShouldBe([DiagnosticCodes.BadDuration]);

    [Theory]
    [InlineData("\ufeffname: w\r\nversion: 1\r\ntasks:\r\n  a: {}\r\n")]
    [InlineData("\ufeff{\"name\": \"w\",\r\n\"version\": \"1\", \"tasks\": {\"a\": {}}}\r\n")]
    public void Parse_ByteOrderMarkAndCarriageReturns_AreNoHindrance(string text) =>
        WorkflowParser.Parse(text).Workflow!.Tasks.Keys.ShouldBe(["a"]);

    [Fact]
    public void Parse_ConditionText_IsAnExpression() =>
        Load("tasks: {a: {condition: x > 1}}").Tasks["a"].Condition.ShouldBe(new Condition.When("x > 1"));

    [Fact]
    public void Parse_RetryNumber_CountsExtraAttempts() => Load("tasks: {a: {retry: 2}}").Tasks["a"].Retry!.MaxAttempts.ShouldBe(3);

    [Theory]
    [InlineData("bash", "x.sh")]
    [InlineData("python", "dir/x.py")]
    [InlineData("javascript", "x.mjs")]
    [InlineData("csharp", "x.cs")]
    public void Parse_ScriptWithoutLanguage_InfersItAndWarns(string language, string file)
    {
        var result = WorkflowParser.Parse(Head + $"tasks: {{a: {{script: {{file: {file}}}}}}}");
        result.Workflow!.Tasks["a"].Script!.Language.ToString().ToLowerInvariant().ShouldBe(language);
        result.Diagnostics.ShouldHaveSingleItem().Code.ShouldBe(DiagnosticCodes.LanguageInferred);
    }

    [Fact]
    public void Parse_AgentTaskWithoutDescription_IsAnError() =>
        Codes("tasks: {a: {agent: x}}").ShouldBe([DiagnosticCodes.AgentWithoutDescription]);

    [Fact]
    public void Parse_LooseSurrogates_BecomeReplacementCharacters()
    {
        Load("description: \"a\ud800b\"").Description.ShouldBe("a\ufffdb");
        WorkflowParser.Parse("{\"name\": \"a\\ud800\", \"version\": \"1\"}").Diagnostics.ShouldAllBe(found => found.Message.Length > 0);
    }

    [Fact]
    public void Parse_JsonDocument_FindsThePlaceOfEachKey()
    {
        var result = WorkflowParser.Parse("{\n  \"name\": \"é\", \"versio\": 1,\n  \"tasks\": {}\n}");
        result.Diagnostics.Select(found => (found.Code, found.Line, found.Column)).ShouldBe(
            [(DiagnosticCodes.MissingField, 1, 1), (DiagnosticCodes.UnknownKey, 2, 16)]);
    }

    [Fact]
    public void Parse_ManyProblems_ListsABoundedNumberOfThem()
    {
        var text = new StringBuilder(Head).Append("tasks:\n");
        for (var i = 0; i < 2000; i++)
        {
            text.Append($"  t{i}: {{priority: x, unknown: 1}}\n");
        }

        var result = WorkflowParser.Parse(text.ToString());
        result.Diagnostics.Count.ShouldBe(1002);
        result.Diagnostics.Count(found => found.Code == DiagnosticCodes.TooManyProblems).ShouldBe(2);
    }

    [Fact]
    public void Parse_OnlyWarnings_StillLoadsHoweverManyThereAre()
    {
        var text = Head + string.Concat(Enumerable.Range(0, 600).Select(i => $"unknown{i}: 1\n"));
        WorkflowParser.Parse(text).Workflow.ShouldNotBeNull();
    }

    [Fact]
    public void Parse_LongestKeys_DoNotMakePathsOutgrowTheText()
    {
        var open = string.Concat(Enumerable.Repeat($"{{{new string('k', 1000)}: ", 90));
        var items = string.Join(", ", Enumerable.Repeat("1", 20_000));
        var result = WorkflowParser.Parse($"{Head}tasks: {{a: {{inputs: {open}[{items}]{new string('}', 90)}}}}}");
        result.Workflow.ShouldNotBeNull();
    }

    private static WorkflowDefinition Load(string rest)
    {
        var result = WorkflowParser.Parse(Head + rest);
        result.Diagnostics.ShouldBeEmpty();
        return result.Workflow!;
    }

    private static IEnumerable<string> Codes(string rest) => WorkflowParser.Parse(Head + rest).Diagnostics.Select(found => found.Code);
}
