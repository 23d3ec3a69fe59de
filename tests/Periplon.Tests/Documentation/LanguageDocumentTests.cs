using System.Text.Json;
using System.Text.RegularExpressions;
using Periplon.Core.Yaml;
using Periplon.Hosting;

namespace Periplon.Tests.Documentation;

/// <summary>The description of the language is complete, and what it shows is valid.</summary>
public sealed class LanguageDocumentTests
{
    public static TheoryData<string> Names => [.. LanguageExample.All.Select(example => example.Name)];

    public static TheoryData<string> Definitions =>
    [
        "Workflow", "Defaults", "Task", "Input", "Output", "Secret", "Agent", "Permissions", "Script", "Command", "Http", "Llm", "McpTool",
        "Sleep", "WaitFor", "Approval", "Switch", "LoopControl", "Retry", "OnError", "Concurrency", "RateLimit", "Cache", "DefinitionOfDone",
        "Limits", "Context", "Notification", "NotificationDefaults", "Smtp", "WebhookRetry", "Tools", "ToolConstraints", "Communication",
        "AgentChannel", "McpServer", "Subflow", "Orchestration", "Stage", "Hooks", "TaskGroup", "MessageType",
    ];

    public static TheoryData<string> Unions =>
    [
        "Loop", "Collection", "ConditionLeaf", "DoneCriterion", "NotificationChannel", "OutputSource", "SecretSource", "SubflowSource",
        "HttpAuth", "CleanupStrategy",
    ];

    private static JsonElement Schema { get; } =
        JsonSerializer.Deserialize<JsonElement>(WorkflowSchema.Generate()).GetProperty("definitions");

    [Fact]
    public void Document_EveryBlock_DeclaresHowItEnds()
    {
        LanguageExample.BlockCount.ShouldBe(LanguageExample.All.Count);
        LanguageExample.All.Select(example => example.Name).ShouldBeUnique();
        LanguageExample.All.Count(example => example.Status is not null).ShouldBeGreaterThan(35);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Example_OfTheDocument_HasNoFinding(string name) =>
        WorkflowReader.Read(LanguageExample.Find(name).Text).Diagnostics.ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Definitions))]
    public void Document_EveryFieldOfTheLanguage_IsNamed(string definition)
    {
        foreach (var field in Schema.GetProperty(definition).GetProperty("properties").EnumerateObject())
        {
            ShouldBeNamed(field.Name, definition);
        }
    }

    [Theory]
    [MemberData(nameof(Unions))]
    public void Document_EveryKindOfAUnion_IsNamedWithItsFields(string definition)
    {
        foreach (var kind in Schema.GetProperty(definition).GetProperty("anyOf").EnumerateArray())
        {
            ShouldBeNamed(kind.GetProperty("title").GetString()!, definition);
            foreach (var field in kind.GetProperty("properties").EnumerateObject())
            {
                ShouldBeNamed(field.Name, definition);
            }
        }
    }

    [Fact]
    public void Document_Links_LeadToItsOwnHeadings()
    {
        var headings = Regex.Matches(LanguageExample.Document, "^#+ (.+)$", RegexOptions.Multiline)
            .Select(match => Regex.Replace(match.Groups[1].Value.ToLowerInvariant(), "[^a-z0-9 _-]", "").Replace(' ', '-'));
        Regex.Matches(LanguageExample.Document, @"\]\(#([^)]+)\)").Select(match => match.Groups[1].Value).Distinct()
            .ShouldBeSubsetOf(headings);
    }

    // As code in a sentence or table, alone or within a form such as {type: env, var: NAME}.
    private static void ShouldBeNamed(string name, string definition) =>
        Regex.IsMatch(LanguageExample.Document, $@"`[^`\n]*(?<![\w-]){Regex.Escape(name)}(?![\w-])[^`\n]*`")
            .ShouldBeTrue($"'{name}' of {definition} is not in docs/language.md");
}
