using System.Text.Json;
using Periplon.Core.Inputs;
using Periplon.Core.Limits;
using Periplon.Core.Plans;
using Periplon.Core.Templates;

namespace Periplon.Core.Executions;

public static partial class ExecutionPlanner
{
    private static void BeginWait(ExecutionTurn turn, TaskInstance task)
    {
        var definition = task.Planned.Definition;
        var scope = new ExecutionScope(turn.State, task);
        switch (task.Planned.Shape)
        {
            case TaskShape.Sleep:
                Wait(turn, task, WaitKind.Time, null, WaitTimes.EndOf(definition.Sleep!, scope, turn.Now));
                break;
            case TaskShape.Signal:
                var wait = definition.WaitFor!;
                var kind = wait.Webhook is not null ? WaitKind.Webhook : WaitKind.Signal;
                var name = Template.Parse(wait.Webhook ?? wait.Signal ?? "").Render(scope, lenient: false);
                Wait(turn, task, kind, name, After(turn.Now, Sooner(wait.TimeoutSecs, task.Planned.TimeoutSecs)));
                TryTakeSignal(turn, task);
                break;
            case TaskShape.Approval:
                var limit = Sooner(definition.Approval!.TimeoutSecs, task.Planned.TimeoutSecs);
                Wait(turn, task, WaitKind.Approval, null, After(turn.Now, limit));
                break;
            default:
                AskForChild(turn, task, scope);
                break;
        }
    }

    private static double? Sooner(double? left, double? right) => left is null || right < left ? right ?? left : left;

    private static void Wait(ExecutionTurn turn, TaskInstance task, WaitKind kind, string? name, DateTimeOffset? dueAt) =>
        turn.Record(new TaskWaiting { At = turn.Now, Task = task.Path, Kind = kind, Name = name, DueAt = dueAt });

    private static void AskForChild(ExecutionTurn turn, TaskInstance task, ExecutionScope scope)
    {
        var inputs = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (name, value) in task.Planned.Definition.Inputs)
        {
            inputs[name] = TemplateValues.Render(value, scope);
        }

        var attempt = turn.State.Task(task).Attempt + 1;
        turn.Record(new TaskWaiting
        {
            At = turn.Now, Task = task.Path, Kind = WaitKind.Child, Name = task.Planned.Definition.Subflow,
            Child = ChildIds.Of(turn.State.Created.ExecutionId, task.Path, attempt, turn.Now), Inputs = inputs,
            DueAt = After(turn.Now, task.Planned.TimeoutSecs),
        });
    }

    /// <summary>Gives a waiting task the oldest signal of its name, if there is one.</summary>
    internal static bool TryTakeSignal(ExecutionTurn turn, TaskInstance task)
    {
        if (turn.State.Task(task).Wait is not { Kind: WaitKind.Signal or WaitKind.Webhook } wait
            || !turn.State.Signals.TryGetValue(SignalReceived.SlotOf(wait.Kind, wait.Name), out var kept) || kept.IsEmpty)
        {
            return false;
        }

        turn.Record(new SignalTaken { At = turn.Now, Task = task.Path });
        Complete(turn, task, TaskOutputs.OfSignal(kept[0].Payload));
        return true;
    }

    /// <summary>Ends the wait of a task well.</summary>
    internal static void Complete(ExecutionTurn turn, TaskInstance task, TaskOutput output)
    {
        var state = turn.State.Task(task);
        try
        {
            // Masked when it is recorded, as a worker masks what it reports.
            var whole = TaskOutputs.WithDeclared(turn.State, task, output);
            turn.Record(new TaskCompleted
            {
                At = turn.Now, Task = task.Path, Attempt = state.Attempt,
                Output = SecretTexts.Of(turn.State.Created)?.Mask(whole) ?? whole,
            });
        }
        catch (TemplateException e)
        {
            Fail(turn, task, new TaskFailure(FailureKinds.Output, e.Message));
        }
    }

    /// <summary>Fails a task for good.</summary>
    internal static void Fail(ExecutionTurn turn, TaskInstance task, TaskFailure failure, TaskOutput? output = null)
    {
        if (SecretTexts.Of(turn.State.Created) is { } secrets)
        {
            (failure, output) = (failure with { Message = secrets.Mask(failure.Message) }, output is null ? null : secrets.Mask(output));
        }

        turn.Record(new TaskFailed
        {
            At = turn.Now, Task = task.Path, Attempt = turn.State.Task(task).Attempt, Failure = failure, Output = output, Final = true,
        });
    }

    private static void FireTimers(ExecutionTurn turn)
    {
        foreach (var timer in turn.State.Timers)
        {
            if (timer.At > turn.Now || IsFull(turn))
            {
                break;
            }

            if (turn.State.Timers.Contains(timer))
            {
                Fire(turn, timer);
            }
        }
    }

    private static void Fire(ExecutionTurn turn, TaskTimer timer)
    {
        var task = turn.State.Task(timer.Task);
        if (timer.IsDeadline)
        {
            var failure = new TaskFailure(FailureKinds.Timeout, $"The task took longer than its limit of {LimitOf(task)} s");
            RequestStop(turn, timer.Task, failure.Message, failure);
            return;
        }

        var definition = timer.Task.Planned.Definition;
        switch (task.Wait?.Kind)
        {
            case WaitKind.Time:
                Complete(turn, timer.Task, new TaskOutput());
                break;
            case WaitKind.Rate when definition.RateLimit is { } limit
                && turn.Now - timer.At > RateLimit.GraceOf(TimeSpan.FromSeconds(limit.PeriodSecs)):
                TryBegin(turn, timer.Task, () => turn.Record(AskForStart(turn.State, timer.Task) with { At = turn.Now }));
                break;
            case WaitKind.Rate:
                turn.Record(new LimitGranted { At = turn.Now, Task = timer.Task.Path, Limit = LimitKinds.Rate });
                break;
            case WaitKind.Signal or WaitKind.Webhook when definition.WaitFor?.Default is { } payload:
                Complete(turn, timer.Task, TaskOutputs.OfSignal(payload));
                break;
            case WaitKind.Approval when definition.Approval?.Default is "approve" or "reject":
                ExecutionCommands.Decide(
                    turn, timer.Task, definition.Approval.Default == "approve", by: null, comment: "nobody decided in time");
                break;
            case WaitKind.Child:
                var late = new TaskFailure(FailureKinds.Timeout, $"The subflow took longer than its limit of {LimitOf(task)} s");
                RequestStop(turn, timer.Task, late.Message, late);
                break;
            case { } kind:
                var what = task.Wait!.Name is { } name ? $"{WordOf(kind)} '{name}'" : WordOf(kind);
                Fail(turn, timer.Task, new TaskFailure(FailureKinds.Timeout, $"No {what} came in time"));
                break;
            default:
                AdvanceLoop(turn, timer.Task, delayIsOver: true);
                break;
        }
    }

    private static string WordOf(WaitKind kind) => kind.ToString().ToLowerInvariant();

    private static double? LimitOf(TaskState task) =>
        task.Instance.Planned.Shape is TaskShape.Loop
            ? task.Instance.Planned.Definition.LoopControl?.TimeoutSecs
            : task.Instance.Planned.TimeoutSecs;
}
