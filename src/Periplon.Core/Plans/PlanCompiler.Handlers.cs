using System.Collections.Immutable;
using Periplon.Core.Workflows;

namespace Periplon.Core.Plans;

internal sealed partial class PlanCompiler
{
    private IEnumerable<HooksDefinition> Hooks => workflow.Workflows.Values.Select(orchestration => orchestration.Hooks).OfType<HooksDefinition>();

    private IReadOnlyList<NotificationChannel> DefaultChannels => workflow.Notifications?.DefaultChannels ?? [];

    private void AddStart(PlannedTask root, ImmutableArray<PlannedPhase>.Builder phases)
    {
        if (workflow.Notifications is { NotifyOnStart: true } && DefaultChannels.Count > 0)
        {
            AddNotice(root, phases, PhaseKind.Before, PhaseCondition.Always, Notice($"Workflow '{workflow.Name}' started"));
        }

        var commands = Hooks.SelectMany(hooks => hooks.PreWorkflow).ToList();
        if (commands.Count > 0)
        {
            phases.Add(new PlannedPhase(PhaseKind.Before, HookBlock(root, phases.Count, "pre_workflow", commands, null, ignored: false)));
        }
    }

    private void AddEnd(PlannedTask root, ImmutableArray<PlannedPhase>.Builder phases)
    {
        AddHandlerPhase(root, phases, PhaseKind.OnFailure, "on_failure", workflow.OnFailure.Values);
        AddHandlerPhase(root, phases, PhaseKind.Finally, "finally", workflow.Finally.Values);
        AddHooks("post_workflow", hooks => hooks.PostWorkflow, PhaseCondition.Always);
        AddHooks("on_error", hooks => hooks.OnError, PhaseCondition.Failure);
        if (workflow.Notifications is { NotifyOnWorkflowCompletion: true } && DefaultChannels.Count > 0)
        {
            AddNotice(
                root, phases, PhaseKind.After, PhaseCondition.Success,
                Notice($"Workflow '{workflow.Name}' completed successfully after ${{metadata.duration_human}}"));
            AddNotice(
                root, phases, PhaseKind.After, PhaseCondition.Failure, Notice($"Workflow '{workflow.Name}' failed: ${{metadata.error}}"));
        }

        void AddHooks(string name, Func<HooksDefinition, IReadOnlyList<HookCommand>> select, PhaseCondition when)
        {
            var commands = Hooks.SelectMany(select).ToList();
            if (commands.Count > 0)
            {
                phases.Add(new PlannedPhase(PhaseKind.After, HookBlock(root, phases.Count, name, commands, null, ignored: true), when));
            }
        }
    }

    private void AddHandlers(PlannedTask task, TaskDefinition definition)
    {
        var phases = task.Phases.ToBuilder();
        AddHandlerPhase(task, phases, PhaseKind.OnFailure, "on_failure", definition.OnFailure.Values);
        AddHandlerPhase(task, phases, PhaseKind.Finally, "finally", definition.Finally.Values);
        var isTop = task.IsAuthored && task.Parent is { IsTransparent: true } && DefaultChannels.Count > 0;
        if (definition.OnComplete is { } success)
        {
            AddNotice(task, phases, PhaseKind.After, PhaseCondition.Success, success);
        }
        else if (isTop && workflow.Notifications is { NotifyOnCompletion: true })
        {
            AddNotice(task, phases, PhaseKind.After, PhaseCondition.Success, Notice("Task '${metadata.task_id}' completed"));
        }

        if (definition.OnError?.Notify is { } failure)
        {
            AddNotice(task, phases, PhaseKind.After, PhaseCondition.Failure, failure);
        }
        else if (isTop && workflow.Notifications is { NotifyOnFailure: true })
        {
            AddNotice(
                task, phases, PhaseKind.After, PhaseCondition.Failure, Notice("Task '${metadata.task_id}' failed: ${metadata.error}"));
        }

        task.Phases = phases.ToImmutable();
    }

    private void AddHandlerPhase(
        PlannedTask owner, ImmutableArray<PlannedPhase>.Builder phases, PhaseKind kind, string name, IEnumerable<TaskDefinition> definitions)
    {
        List<PlannedTask> tasks = [];
        var names = new NameScope(owner.Names);
        foreach (var definition in definitions)
        {
            tasks.Add(Add(definition, new TaskPlace(owner, phases.Count, tasks.Count, names) { Segment = $"{name}.{definition.Id}" }));
            if (owner.Parent is null)
            {
                // Outputs of the workflow refer to its handlers as to any other task.
                _main.Add(tasks[^1]);
            }
        }

        if (tasks.Count > 0)
        {
            var when = kind is PhaseKind.OnFailure ? PhaseCondition.Failure : PhaseCondition.Always;
            phases.Add(new PlannedPhase(kind, Block(tasks, ignoresFailures: kind is PhaseKind.OnFailure), when));
        }
    }

    private IEnumerable<PlannedPhase> StageHooks(PlannedTask planned, StageDefinition stage, OrchestrationDefinition orchestration)
    {
        if (orchestration.Hooks is { OnStageComplete: { Count: > 0 } commands })
        {
            yield return new PlannedPhase(
                PhaseKind.After, HookBlock(planned, 1, $"{planned.Segment}.on_stage_complete", commands, stage.Stage, ignored: true));
        }
    }

    // Hooks of a list run one after another; the first failure of a list that counts ends it.
    private PlannedBlock HookBlock(
        PlannedTask owner, int phase, string name, IReadOnlyList<HookCommand> commands, string? stage, bool ignored)
    {
        List<PlannedTask> tasks = [];
        foreach (var hook in commands)
        {
            var definition = new TaskDefinition
            {
                Id = $"{name}.{tasks.Count + 1}",
                Description = hook.Description ?? hook.Command,
                Command = new CommandDefinition
                {
                    Executable = "sh",
                    Args = ["-c", hook.Command],
                    Env = new Dictionary<string, string>
                    {
                        ["WORKFLOW_NAME"] = "${workflow.name}",
                        ["WORKFLOW_STAGE"] = stage ?? "",
                        ["WORKFLOW_ERROR"] = "${execution.error}",
                    },
                },
            };
            var place = new TaskPlace(owner, phase, tasks.Count, new NameScope(owner.Names)) { IsAuthored = false };
            tasks.Add(Register(definition, TaskShape.Work, place));
        }

        return Block(tasks, maxParallel: 1, stopsAtFailure: !ignored, ignoresFailures: ignored);
    }

    private NotificationSpec Notice(string message) => new() { Message = message, Channels = DefaultChannels };

    private void AddNotice(
        PlannedTask owner, ImmutableArray<PlannedPhase>.Builder phases, PhaseKind kind, PhaseCondition when, NotificationSpec notice)
    {
        var definition = new TaskDefinition { Id = $"notify.{phases.Count}", Description = notice.Message, Notify = notice };
        var place = new TaskPlace(owner, phases.Count, 0, new NameScope(owner.Names)) { IsAuthored = false };
        var task = Register(definition, TaskShape.Work, place);
        phases.Add(new PlannedPhase(kind, Block([task], ignoresFailures: true), when));
    }
}
