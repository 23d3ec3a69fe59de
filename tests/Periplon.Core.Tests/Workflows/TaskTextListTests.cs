using Periplon.Core.Executions;
using Periplon.Core.Plans;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Workflows;

public sealed class TaskTextListTests
{
    [Theory]
    [InlineData("description: 'do ${workflow.x}', agent: w", "agent.topic", "workflow.dir", "workflow.role", "workflow.who", "workflow.x")]
    [InlineData(
        "command: {executable: x}, on_error: {fallback_agent: w}", "agent.topic", "workflow.dir", "workflow.role", "workflow.who")]
    [InlineData("command: {executable: x}, definition_of_done: {criteria: [{type: command_succeeds, command: '${workflow.a}', "
        + "args: ['${workflow.b}'], working_dir: '${workflow.c}', description: '${workflow.d}'}]}",
        "workflow.a", "workflow.b", "workflow.c", "workflow.d")]
    [InlineData("command: {executable: x}, definition_of_done: {criteria: [{type: file_contains, path: '${workflow.a}', "
        + "pattern: '${workflow.b}', description: d}, {type: output_matches, source: {file: {path: '${workflow.c}'}}, pattern: p, "
        + "description: d}]}", "workflow.a", "workflow.b", "workflow.c")]
    [InlineData(
        "command: {executable: x}, loop: {type: for_each, iterator: i, collection: {source: file, path: '${workflow.a}', format: json}}",
        "workflow.a")]
    public void References_OfATask_AreThoseOfAllTextsThatAWorkerFillsIn(string task, params string[] expected)
    {
        var parsed = WorkflowParser.Parse(
            "name: n\nversion: 1\n"
            + "agents: {w: {description: '${workflow.who}', system_prompt: '${workflow.role} on ${agent.topic}', cwd: '${workflow.dir}'}}\n"
            + $"tasks: {{a: {{{task}}}}}");
        parsed.Workflow.ShouldNotBeNull(string.Join('\n', parsed.Diagnostics));

        ExecutionPlan.Compile(parsed.Workflow).Find("a")!.References.ShouldBe(expected, ignoreOrder: true);
    }

    [Fact]
    public void TextsOf_Notification_HoldsItsTextsAndTheFilesOfItsChannels()
    {
        var workflow = new WorkflowDefinition
        {
            Name = "n", Version = "1", Notifications = new NotificationDefaults { DefaultChannels = [new NotificationChannel.File("default")] },
        };
        var task = new TaskDefinition
        {
            Id = "a",
            Notify = new NotificationSpec
            {
                Message = "message", Title = "title", Metadata = new Dictionary<string, string> { ["key"] = "value" },
                Channels = [new NotificationChannel.Console(), new NotificationChannel.File("path")],
            },
        };

        TaskTextList.TextsOf(task, workflow).Where(text => !string.IsNullOrEmpty(text))
            .ShouldBe(["message", "title", "value", "path", "default"]);
    }
}
