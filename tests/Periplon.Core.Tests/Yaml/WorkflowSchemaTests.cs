using System.Text.Json;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Tests.Yaml;

/// <summary>The schema accepts what the parser accepts, and knows every field of the model.</summary>
public sealed class WorkflowSchemaTests
{
    private static readonly JsonElement Schema = JsonSerializer.Deserialize<JsonElement>(WorkflowSchema.Generate());

    public static TheoryData<string> CorpusFiles() => WorkflowParserCorpusTests.Files();

    public static TheoryData<string, Type> Models() => new()
    {
        { "Workflow", typeof(WorkflowDefinition) }, { "Task", typeof(TaskDefinition) }, { "Defaults", typeof(TaskDefaults) },
        { "Input", typeof(InputDefinition) }, { "Output", typeof(OutputDefinition) }, { "Secret", typeof(SecretDefinition) },
        { "Agent", typeof(AgentDefinition) }, { "Permissions", typeof(PermissionsDefinition) }, { "Subflow", typeof(SubflowDefinition) },
        { "Hooks", typeof(HooksDefinition) }, { "Hook", typeof(HookCommand) }, { "TaskGroup", typeof(TaskGroupDefinition) },
        { "Orchestration", typeof(OrchestrationDefinition) }, { "Tools", typeof(ToolsDefinition) },
        { "ToolConstraints", typeof(ToolConstraints) },
        { "Communication", typeof(CommunicationDefinition) }, { "AgentChannel", typeof(ChannelDefinition) },
        { "McpServer", typeof(McpServerDefinition) },
        { "DefinitionOfDone", typeof(DefinitionOfDone) }, { "OnError", typeof(ErrorHandlingDefinition) },
        { "Retry", typeof(RetryDefinition) },
        { "Concurrency", typeof(ConcurrencyDefinition) }, { "RateLimit", typeof(RateLimitDefinition) },
        { "Cache", typeof(CacheDefinition) },
        { "Limits", typeof(LimitsDefinition) }, { "Context", typeof(ContextDefinition) }, { "LoopControl", typeof(LoopControl) },
        { "Switch", typeof(SwitchDefinition) }, { "Sleep", typeof(SleepDefinition) }, { "WaitFor", typeof(WaitForDefinition) },
        { "Approval", typeof(ApprovalDefinition) }, { "Notification", typeof(NotificationSpec) },
        { "NotificationDefaults", typeof(NotificationDefaults) },
        { "DiscordEmbed", typeof(DiscordEmbed) }, { "SlackAttachment", typeof(SlackAttachment) }, { "Smtp", typeof(SmtpDefinition) },
        { "WebhookRetry", typeof(WebhookRetry) }, { "Script", typeof(ScriptDefinition) }, { "Command", typeof(CommandDefinition) },
        { "Llm", typeof(LlmDefinition) }, { "Http", typeof(HttpDefinition) }, { "McpTool", typeof(McpToolDefinition) },
    };

    [Theory]
    [MemberData(nameof(CorpusFiles))]
    public void Generate_Schema_AcceptsRealFiles(string file) =>
        Problem(File.ReadAllText(Path.Combine(WorkflowParserCorpusTests.Folder(), file))).ShouldBeNull();

    [Theory]
    [InlineData("kinds.yaml")]
    [InlineData("flow.yaml")]
    [InlineData("parts.yaml")]
    [InlineData("anchors.yaml")]
    [InlineData("document.json")]
    public void Generate_Schema_AcceptsTheWholeLanguage(string file) => Problem(Golden.Read("valid", file)).ShouldBeNull();

    [Theory]
    [InlineData("{name: w}")]
    [InlineData("{name: w, version: 1, taks: {}}")]
    [InlineData("{name: w, version: 1, max_parallel: many}")]
    [InlineData("{name: w, version: 1, tasks: {a: {script: {language: Python}}}}")]
    [InlineData("{name: w, version: 1, tasks: {a: {loop: {type: for_each}}}}")]
    [InlineData("{name: w, version: 1, tasks: {a: {loop: {type: foreach}}}}")]
    [InlineData("{name: w, version: 1, tasks: {a: {condition: {and: [{type: x}]}}}}")]
    [InlineData("{name: w, version: 1, tasks: {a: {subtasks: [{b: {agnet: x}}]}}}")]
    [InlineData("[]")]
    public void Generate_Schema_RefusesMistakes(string text) => Problem(text).ShouldNotBeNull();

    [Theory]
    [MemberData(nameof(Models))]
    public void Generate_Schema_KnowsEveryFieldOfTheModel(string definition, Type model)
    {
        // Not fields: keys of the mapping around, the kind that follows from the others, messages that the plan makes, and places.
        string[] derived = ["Id", "Kind", "Notify", "Source"];
        var known = Schema.GetProperty("$defs").GetProperty(definition).GetProperty("properties");
        foreach (var property in model.GetProperties().Where(p => p.PropertyType != typeof(SubflowFile)).Where(property => !derived.Contains(property.Name)
            || property.PropertyType.Name.EndsWith("Source", StringComparison.Ordinal)
            || (property.Name is "Notify" && model != typeof(TaskDefinition))))
        {
            known.TryGetProperty(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name),
                out _).ShouldBeTrue($"{definition} lacks {property.Name}");
        }
    }

    [Fact]
    public void Generate_Schema_RefersToDefinitionsThatExist()
    {
        var definitions = Schema.GetProperty("$defs");
        foreach (var reference in References(Schema))
        {
            definitions.TryGetProperty(reference["#/$defs/".Length..], out _).ShouldBeTrue(reference);
        }
    }

    private static string? Problem(string text)
    {
        var root = JsonTree.TryRead(text) ?? YamlTree.Read(text, new Reading(text.Length));
        return new SchemaEvaluation(Schema).Problem(JsonShape.Any.Read(Cursor.Root(root!, new Reading(text.Length))));
    }

    private static IEnumerable<string> References(JsonElement node) => node.ValueKind switch
    {
        JsonValueKind.Object => node.EnumerateObject().SelectMany(property =>
            property is { Name: "$ref", Value.ValueKind: JsonValueKind.String } ? [property.Value.GetString()!]
                : References(property.Value)),
        JsonValueKind.Array => node.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
