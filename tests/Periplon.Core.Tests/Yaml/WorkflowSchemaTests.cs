using System.Runtime.CompilerServices;
using System.Text.Json;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Yaml;

/// <summary>The schema accepts what the parser accepts, and knows every field of the model.</summary>
public sealed class WorkflowSchemaTests
{
    private static readonly JsonElement Schema = JsonSerializer.Deserialize<JsonElement>(WorkflowSchema.Generate());

    public static TheoryData<string> CorpusFiles() => WorkflowParserCorpusTests.Files();

    public static TheoryData<string> WholeLanguage() => Golden.Cases("valid");

    public static TheoryData<string> Examples() =>
        [.. Directory.EnumerateFiles(ExampleFolder(), "*.yaml").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

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
    public void Generate_EitherSchema_AcceptsRealFiles(string file)
    {
        var text = File.ReadAllText(Path.Combine(WorkflowParserCorpusTests.Folder(), file));
        SchemaJudge.Lenient.Problem(text).ShouldBeNull();
        SchemaJudge.Strict.Problem(text).ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Generate_EitherSchema_AcceptsTheExamples(string file)
    {
        var text = File.ReadAllText(Path.Combine(ExampleFolder(), file));
        SchemaJudge.Lenient.Problem(text).ShouldBeNull();
        SchemaJudge.Strict.Problem(text).ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(WholeLanguage))]
    public void Generate_Schema_AcceptsTheWholeLanguage(string file) =>
        SchemaJudge.Lenient.Problem(Golden.Read("valid", file)).ShouldBeNull();

    [Theory]
    [InlineData("{name: w, version: 1, taks: {}}")]
    [InlineData("{name: w, version: 1, tasks: {a: {subtasks: [{b: {agnet: x}}]}}}")]
    [InlineData("{name: w, version: 1, tasks: {a: {sleep: {seconds: 1, minutes: 1}}}}")]
    [InlineData("{name: w, version: 1, agents: {a: {description: d, permissions: {max_turn: 1}}}}")]
    public void Generate_KeysOutsideTheLanguage_AreRefusedOnlyByTheStrictSchema(string text)
    {
        WorkflowParser.Parse(text).Workflow.ShouldNotBeNull();
        SchemaJudge.Lenient.Problem(text).ShouldBeNull();
        SchemaJudge.Strict.Problem(text).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("{name: w, version: 1, max_parallel: '4', fail_fast: 'true', timeout_secs: '90', labels: }")]
    [InlineData("{name: 7, version: 1.0, timeout: 1h30m, tasks: {a: {depends_on: b, sleep: 2}, b: {retry: '3', sleep: 500ms}}}")]
    [InlineData("{name: w, version: 1, tasks: {a: , b: {subtasks: [c, {d: {if: true, sleep: 1}}], on_complete: done}}}")]
    [InlineData("{name: w, version: 1, tasks: {a: {http: {method: get, url: u, headers: {A: 1, B: }}, condition: false}}}")]
    [InlineData("{name: w, version: 1, outputs: {a: '${task.b.output}', b: [1], c: {value: 1}}, tasks: {a: {subtasks: {b: {sleep: 1}}}}}")]
    [InlineData("{name: w, version: 1, tasks: {a: {wait_for: go}, b: {approval: true}, c: {approval: [ann]}, d: {concurrency: key}}}")]
    public void Generate_FormsThatTheParserForgives_AreAccepted(string text)
    {
        WorkflowParser.Parse(text).Workflow.ShouldNotBeNull();
        SchemaJudge.Lenient.Problem(text).ShouldBeNull();
        SchemaJudge.Strict.Problem(text).ShouldBeNull();
    }

    [Fact]
    public void Generate_ExtensionKeys_AreAcceptedByBothSchemas()
    {
        const string text = "{name: w, version: 1, x-owner: me, tasks: {a: {x-cost: 3, sleep: 1}}}";
        SchemaJudge.Lenient.Problem(text).ShouldBeNull();
        SchemaJudge.Strict.Problem(text).ShouldBeNull();
    }

    [Fact]
    public void Generate_Schema_IsTheReviewedOne() => Golden.Matches("schema", "workflow.json", WorkflowSchema.Generate());

    [Fact]
    public void Generate_Defaults_AreWrittenAsInAFile()
    {
        var known = Schema.GetProperty("definitions");
        JsonElement Default(string definition, string field) =>
            known.GetProperty(definition).GetProperty("properties").GetProperty(field).GetProperty("default");
        Default("Workflow", "provider").GetString().ShouldBe("claude");
        Default("Stage", "mode").GetString().ShouldBe("sequential");
        Default("Workflow", "max_parallel").GetInt32().ShouldBe(16);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Generate_Schema_KnowsEveryFieldOfTheModel(string definition, Type model)
    {
        // Not fields: keys of the mapping around, the kind that follows from the others, places, and messages that the plan makes.
        string[] derived = model == typeof(TaskDefinition) ? ["Id", "Kind", "Source", "Notify"] : ["Id", "Kind", "Source"];
        var known = Schema.GetProperty("definitions").GetProperty(definition).GetProperty("properties");
        foreach (var property in model.GetProperties().Where(p => p.PropertyType != typeof(SubflowFile))
            .Where(property => !derived.Contains(property.Name)
            || property.PropertyType.Name.EndsWith("Source", StringComparison.Ordinal)))
        {
            known.TryGetProperty(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name),
                out _).ShouldBeTrue($"{definition} lacks {property.Name}");
        }
    }

    [Fact]
    public void Generate_Schema_RefersToDefinitionsThatExist()
    {
        var definitions = Schema.GetProperty("definitions");
        foreach (var reference in References(Schema))
        {
            definitions.TryGetProperty(reference["#/definitions/".Length..], out _).ShouldBeTrue(reference);
        }
    }

    private static string ExampleFolder([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "examples");

    private static IEnumerable<string> References(JsonElement node) => node.ValueKind switch
    {
        JsonValueKind.Object => node.EnumerateObject().SelectMany(property =>
            property is { Name: "$ref", Value.ValueKind: JsonValueKind.String } ? [property.Value.GetString()!]
                : References(property.Value)),
        JsonValueKind.Array => node.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
