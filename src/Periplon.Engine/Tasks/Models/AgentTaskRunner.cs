using Microsoft.Extensions.AI;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Models;

/// <summary>Gives a task's description to an agent: the task's own, or one that takes over after a failure.</summary>
internal sealed class AgentTaskRunner(ModelCall call, TaskOptions options) : ITaskRunner
{
    private const string AllPermissions = "bypassPermissions";

    public TaskKind Kind => TaskKind.Agent;

    public Task<TaskOutcome> RunAsync(TaskContext context, CancellationToken cancellationToken) =>
        ExpectedFailures.CatchAsync(() => AskAsync(context, cancellationToken), cancellationToken);

    private Task<TaskOutcome> AskAsync(TaskContext context, CancellationToken cancellationToken)
    {
        if (context.Agent is not { } agent)
        {
            var known = context.Workflow.Agents.Count is 0 ? "none" : string.Join(", ", context.Workflow.Agents.Keys.Order());
            return Task.FromResult(TaskOutcome.Failed(
                FailureKinds.Input, $"The task '{context.TaskPath}' names the agent '{context.AgentId}'; the workflow has: {known}"));
        }

        var description = context.Texts.Prompt(context.Task.Description);
        if (string.IsNullOrWhiteSpace(description))
        {
            return Task.FromResult(TaskOutcome.Failed(
                FailureKinds.Input,
                $"The task '{context.TaskPath}' has no description, which would be the prompt of the agent '{agent.Id}'"));
        }

        return WorkingDirectory.Find(context, out var failure) is { } directory
            ? call.AskAsync(context, Fill(agent, description, context, directory), cancellationToken)
            : Task.FromResult(failure!);
    }

    private ModelPrompt Fill(AgentDefinition agent, string description, TaskContext context, string directory)
    {
        var target = new ModelTarget
        {
            Provider = agent.Provider ?? context.Workflow.Provider,
            Model = agent.Model ?? context.Workflow.Model,
        };
        return new ModelPrompt
        {
            Text = ModelCall.Paragraphs(context.Progress, description, context.Feedback),
            System = ModelCall.Paragraphs(Fill(agent.SystemPrompt, context), Fill(agent.Description, context)),
            Limit = context.Timeout ?? options.AgentTimeout,
            Options = new ChatOptions { ModelId = target.Model },
            Origin = new PromptOrigin
            {
                TaskPath = context.TaskPath,
                Attempt = context.Attempt,
                AttemptKey = context.AttemptKey,
                Target = target,
                Directory = directory,
                Agent = agent.Id,
                PermissionMode = PermissionModeOf(agent, context),
                AllowedDirectories = [.. (agent.Permissions.AllowedDirectories ?? []).Select(context.Texts.Strict)],
                Tools = agent.Tools,
                MaxTurns = agent.MaxTurns ?? agent.Permissions.MaxTurns,
            },
        };
    }

    // Feedback means that an attempt ended before without meeting its definition of done.
    private static string PermissionModeOf(AgentDefinition agent, TaskContext context) =>
        context.Feedback is not null && context.Task.DefinitionOfDone is { AutoElevatePermissions: true }
            ? AllPermissions : agent.Permissions.Mode;

    private static string? Fill(string? text, TaskContext context) => text is null ? null : context.Texts.Prompt(text);
}
