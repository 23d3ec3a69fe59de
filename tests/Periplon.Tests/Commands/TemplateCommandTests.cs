using System.Text.Json;
using System.Text.RegularExpressions;
using Periplon.Commands;
using Periplon.Core.Validation;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Tests.Commands;

public sealed class TemplateCommandTests : IDisposable
{
    private readonly CommandFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Template_AsPrinted_IsValidAndCanRun()
    {
        (await _fixture.RunAsync("template")).ShouldBe(ExitCode.Ok);

        var parsed = WorkflowParser.Parse(_fixture.Out.ToString());
        parsed.Diagnostics.ShouldBeEmpty();
        WorkflowValidator.Validate(parsed.Workflow!).ShouldBeEmpty();
        RunnableCheck.Check(parsed.Workflow!).ShouldBeEmpty();
    }

    [Fact]
    public void Template_WithAllOfTheLanguage_IsValid()
    {
        var parsed = WorkflowParser.Parse(Full);

        parsed.Diagnostics.ShouldBeEmpty();
        WorkflowValidator.Validate(parsed.Workflow!).ShouldBeEmpty();
    }

    [Fact]
    public void Template_HoldsEveryKeyOfTheLanguage()
    {
        var text = TemplateCommand.Text();

        Keys(Schema).Distinct().Where(key => !Regex.IsMatch(text, $@"(^|[\s{{|]){Regex.Escape(key)}:")).ShouldBeEmpty();
    }

    [Fact]
    public void Template_NamesEveryChoiceOfTheLanguage()
    {
        var text = TemplateCommand.Text();

        Choices(Schema).Distinct().Where(choice => !Regex.IsMatch(text, $@"\b{Regex.Escape(choice)}\b")).ShouldBeEmpty();
    }

    [Fact]
    public void Template_WithAllOfTheLanguage_HoldsEveryKindOfTaskAndLoop()
    {
        var workflow = WorkflowParser.Parse(Full).Workflow!;

        // What is a notification task is only found inside others; what has no kind holds subtasks.
        workflow.Tasks.Values.Select(task => task.Kind).Distinct().Order()
            .ShouldBe(Enum.GetValues<TaskKind>().Except([TaskKind.Notify]).Order());
        workflow.Tasks.Values.Select(task => task.Loop?.GetType().Name).OfType<string>().Distinct().Order()
            .ShouldBe(["ForEach", "Repeat", "RepeatUntil", "While"]);
    }

    [Fact]
    public async Task Template_Minimal_IsShortValidAndRuns()
    {
        (await _fixture.RunAsync("template", "--minimal", "-o", "flow.yaml")).ShouldBe(ExitCode.Ok);
        (await File.ReadAllLinesAsync(Path.Combine(_fixture.Directory, "flow.yaml"), _fixture.Cancel)).Length.ShouldBeLessThan(30);

        (await _fixture.RunAsync("validate", "flow.yaml", "-v")).ShouldBe(ExitCode.Ok);
        _fixture.Out.ToString().ShouldStartWith("flow.yaml is valid: hello 1.0, 0 agents, 2 tasks\n");

        (await _fixture.RunAsync("run", "flow.yaml", "--json")).ShouldBe(ExitCode.Ok);
        JsonDocument.Parse(_fixture.Out.ToString()).RootElement.GetProperty("outputs").GetProperty("letters").GetInt32().ShouldBe(12);
    }

    private static JsonElement Schema => JsonDocument.Parse(WorkflowSchema.Generate()).RootElement.GetProperty("definitions");

    private static string Full => TemplateCommand.Text().Replace("#|", "", StringComparison.Ordinal);

    private static IEnumerable<string> Keys(JsonElement schema) => Objects(schema)
        .SelectMany(each => each.TryGetProperty("properties", out var found) && found.ValueKind is JsonValueKind.Object ? [found] : Array.Empty<JsonElement>())
        .SelectMany(found => found.EnumerateObject())
        .Select(property => property.Name);

    private static IEnumerable<string> Choices(JsonElement schema) => Objects(schema).SelectMany(each =>
        each.TryGetProperty("enum", out var words) && words.ValueKind is JsonValueKind.Array
            ? words.EnumerateArray().Where(word => word.ValueKind is JsonValueKind.String).Select(word => word.GetString()!)
            : each.TryGetProperty("const", out var only) && only.ValueKind is JsonValueKind.String ? [only.GetString()!] : []);

    private static IEnumerable<JsonElement> Objects(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => Objects(member.Value)).Prepend(element),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Objects),
        _ => [],
    };
}
