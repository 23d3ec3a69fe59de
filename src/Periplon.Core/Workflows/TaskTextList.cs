using System.Text.Json;

namespace Periplon.Core.Workflows;

/// <summary>The strings of a task that a worker fills in, so that the execution can give it the values they refer to.</summary>
internal static class TaskTextList
{
    /// <summary>All of them, in no particular order; some may be null.</summary>
    /// <param name="task">The task.</param>
    /// <param name="workflow">Its workflow.</param>
    internal static IEnumerable<string?> TextsOf(TaskDefinition task, WorkflowDefinition workflow) =>
    [
        task.Description, task.Output, task.Cache?.Key, workflow.Cwd,
        .. workflow.Defaults?.Env.Values ?? [],
        .. task.Outputs.Values.SelectMany(TextsOf),
        .. task.Inputs.Values.SelectMany(TextsOf),
        .. task.SetState.Values.SelectMany(TextsOf),
        .. TextsOfKind(task),
        .. AgentsOf(task, workflow).SelectMany(TextsOf),
        .. task.DefinitionOfDone?.Criteria.SelectMany(TextsOf) ?? [],
        .. task.Notify is { } notify ? TextsOf(notify, workflow) : [],
        .. task.Loop is LoopDefinition.ForEach loop ? TextsOf(loop.Collection) : [],
    ];

    // The task's own agent, the one that a task without a kind takes, and those that take over.
    private static IEnumerable<AgentDefinition> AgentsOf(TaskDefinition task, WorkflowDefinition workflow)
    {
        string?[] ids =
        [
            task.Agent ?? workflow.Defaults?.Agent, task.OnError?.FallbackAgent, workflow.Defaults?.OnError?.FallbackAgent,
        ];
        return ids.OfType<string>().Distinct(StringComparer.Ordinal).Select(id => workflow.Agents.GetValueOrDefault(id))
            .OfType<AgentDefinition>();
    }

    private static IEnumerable<string?> TextsOf(AgentDefinition agent) =>
    [
        agent.Description, agent.SystemPrompt, agent.Cwd,
        .. agent.Permissions.AllowedDirectories ?? [],
        .. agent.Inputs.Values.Select(input => input.Default).OfType<JsonElement>().SelectMany(TextsOf),
    ];

    private static IEnumerable<string?> TextsOfKind(TaskDefinition task)
    {
        IEnumerable<string?> texts = [];
        if (task.Script is { } script)
        {
            texts = [.. texts, script.Content, script.File, script.WorkingDir, .. script.Env.Values];
        }

        if (task.Command is { } command)
        {
            texts = [.. texts, command.Executable, .. command.Args, command.WorkingDir, .. command.Env.Values];
        }

        if (task.Llm is { } llm)
        {
            texts = [.. texts, llm.Prompt, llm.SystemPrompt, llm.Endpoint, llm.ApiKey, .. llm.ExtraParams.Values.SelectMany(TextsOf)];
        }

        if (task.Http is { } http)
        {
            texts = [.. texts, http.Url, http.Body, .. http.Headers.Values, .. TextsOf(http.Auth)];
        }

        return task.McpTool is { } tool ? [.. texts, .. tool.Parameters.Values.SelectMany(TextsOf)] : texts;
    }

    private static IEnumerable<string?> TextsOf(DoneCriterion criterion) => criterion switch
    {
        DoneCriterion.FileExists file => [file.Description, file.Path],
        DoneCriterion.DirectoryExists directory => [directory.Description, directory.Path],
        DoneCriterion.FileContains file => [file.Description, file.Path, file.Pattern],
        DoneCriterion.FileNotContains file => [file.Description, file.Path, file.Pattern],
        DoneCriterion.CommandSucceeds run => [run.Description, run.Command, .. run.Args, run.WorkingDir],
        DoneCriterion.TestsPassed run => [run.Description, run.Command, .. run.Args],
        DoneCriterion.OutputMatches match => [match.Description, match.File, match.Pattern],
        _ => [criterion.Description],
    };

    private static IEnumerable<string?> TextsOf(NotificationSpec notify, WorkflowDefinition workflow) =>
    [
        notify.Message, notify.Title, .. notify.Metadata.Values,
        .. (notify.Channels ?? []).Concat(workflow.Notifications?.DefaultChannels ?? [])
            .OfType<NotificationChannel.File>().Select(file => file.Path),
    ];

    private static IEnumerable<string?> TextsOf(CollectionDefinition collection) => collection switch
    {
        CollectionDefinition.File file => [file.Path],
        CollectionDefinition.Http http => [http.Url, http.Body, .. http.Headers.Values],
        _ => [],
    };

    private static IEnumerable<string?> TextsOf(HttpAuth? auth) => auth switch
    {
        HttpAuth.Bearer bearer => [bearer.Token],
        HttpAuth.Basic basic => [basic.Username, basic.Password],
        HttpAuth.ApiKey key => [key.Header, key.Key],
        HttpAuth.Custom custom => custom.Headers.Values,
        _ => [],
    };

    private static IEnumerable<string?> TextsOf(OutputDefinition output) => output switch
    {
        { Source: OutputSource.File file } => [file.Path],
        { Source: OutputSource.TaskOutput other } => [$"${{task.{other.Task}.output}}"],
        { Source: OutputSource.State state } => [$"${{state.{state.Key}}}"],
        { Value: { } value } => TextsOf(value),
        _ => [],
    };

    private static IEnumerable<string?> TextsOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(TextsOf),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(member => TextsOf(member.Value)),
        _ => [],
    };
}
