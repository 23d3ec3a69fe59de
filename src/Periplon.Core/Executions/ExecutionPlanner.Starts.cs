using System.Text.Json;
using Periplon.Core.Conditions;
using Periplon.Core.Plans;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Executions;

public static partial class ExecutionPlanner
{
    private static void StartWork(ExecutionTurn turn)
    {
        var partners = new Queue<TaskInstance>();
        while (!turn.State.Open.IsEmpty && HasRoom(turn.State) && !IsFull(turn))
        {
            var task = TakePartner(turn.State, partners) ?? turn.State.Open.Min.Task;
            if (!TryStart(turn, task) || task.Planned.Partners.IsEmpty)
            {
                continue;
            }

            var beside = turn.State.Task(task.Around!).Block!.Tasks;
            foreach (var position in task.Planned.Partners)
            {
                partners.Enqueue(beside[position]);
            }
        }
    }

    // parallel_with: partners that may run come right after the task, before others of the same or better priority.
    private static TaskInstance? TakePartner(ExecutionState state, Queue<TaskInstance> partners)
    {
        while (partners.TryDequeue(out var task))
        {
            if (state.Open.Contains(task.Rank))
            {
                return task;
            }
        }

        return null;
    }

    private static void StartOthers(ExecutionTurn turn)
    {
        while (!turn.State.OpenOthers.IsEmpty && !IsFull(turn))
        {
            TryStart(turn, turn.State.OpenOthers.Min.Task);
        }
    }

    // True when its work began or waits; false when it was skipped or failed at once. Either way it is no longer open.
    private static bool TryStart(ExecutionTurn turn, TaskInstance task)
    {
        if (turn.State.Kept.TryGetValue(task.Path, out var kept))
        {
            Keep(turn, task, kept);
            return false;
        }

        var runs = true;
        return TryBegin(turn, task, () =>
        {
            var granted = turn.State.Task(task).Granted;
            if (granted is LimitKinds.None && SkipReason(turn, task) is var (reason, upstream))
            {
                turn.Record(new TaskSkipped { At = turn.Now, Task = task.Path, Reason = reason, Upstream = upstream });
                runs = false;
            }
            else if (LimitToAsk(turn.State, task, granted) is { } wait)
            {
                turn.Record(wait with { At = turn.Now });
            }
            else
            {
                Begin(turn, task);
            }
        }) && runs;
    }

    // What the author wrote wrong fails the task, never the turn.
    private static bool TryBegin(ExecutionTurn turn, TaskInstance task, Action begin)
    {
        try
        {
            begin();
            return true;
        }
        catch (Exception e) when (e is TemplateException or ExpressionException or TaskStartException)
        {
            Fail(turn, task, new TaskFailure(FailureKinds.Input, e.Message));
            return false;
        }
    }

    private static (string Reason, bool Upstream)? SkipReason(ExecutionTurn turn, TaskInstance task)
    {
        var state = turn.State;
        var definition = task.Planned.Definition;
        var blocker = BlockedBy(state, task);
        if (blocker is not null && !task.Planned.RunsAfterFailure)
        {
            return ($"dependency '{blocker.Instance.Path}' {WordFor(blocker)}", true);
        }

        var scope = new ExecutionScope(state, task);
        if (definition.Condition is { } condition && !turn.Holds(condition, scope))
        {
            return ("its condition does not hold", false);
        }

        return definition.If is { } expression && !turn.Holds(new Condition.When(expression), scope)
            ? ($"its condition 'if: {expression}' does not hold", blocker is not null)
            : null;
    }

    private static string WordFor(TaskState dependency) => dependency.Status switch
    {
        TaskRunStatus.Failed => "failed",
        TaskRunStatus.Cancelled => "was cancelled",
        _ => "was skipped, because of a failure before it",
    };

    private static TaskState? BlockedBy(ExecutionState state, TaskInstance task)
    {
        foreach (var planned in task.Planned.DependsOn)
        {
            if (state.FindOrAround(task, planned) is { } on
                && (on.Status is TaskRunStatus.Cancelled
                    || (on.Status is TaskRunStatus.Failed && !on.Instance.Planned.Definition.ContinueOnError)
                    || (on.Status is TaskRunStatus.Skipped && on.SkippedUpstream)))
            {
                return on;
            }
        }

        return null;
    }

    private static TaskWaiting? LimitToAsk(ExecutionState state, TaskInstance task, LimitKinds granted)
    {
        var definition = task.Planned.Definition;
        if (definition.Concurrency is { } concurrency && !granted.HasFlag(LimitKinds.Concurrency))
        {
            return AskLimit(state, task, WaitKind.Concurrency, concurrency.Key);
        }

        return definition.RateLimit is not null && !granted.HasFlag(LimitKinds.Rate) ? AskForStart(state, task) : null;
    }

    // Further attempts start under the rate limit too. A check of what was done, and the reading of a collection, are parts of one.
    private static bool IsLimitedStart(TaskState task) =>
        task.Instance.Planned.Definition.RateLimit is not null && task.Work is AttemptWork.Task
        && (task.Instance.Planned.Shape is TaskShape.Work || (task.Instance.Planned.Shape is TaskShape.Subflow && task.Agent is null));

    private static TaskWaiting AskForStart(ExecutionState state, TaskInstance task) =>
        AskLimit(state, task, WaitKind.Rate, task.Planned.Definition.RateLimit!.Key);

    // Without a key the limit is that of the task in all executions of the workflow or subflow that declares it.
    private static TaskWaiting AskLimit(ExecutionState state, TaskInstance task, WaitKind kind, string? key) => new()
    {
        At = default, Task = task.Path, Kind = kind,
        Name = string.IsNullOrEmpty(key)
            ? string.Join('/', new[] { state.Created.WorkflowId.ToString(), state.Created.Subflow, task.Planned.Path }.OfType<string>())
            : Template.Parse(key).Render(new ExecutionScope(state, task), lenient: false),
    };

    private static void Begin(ExecutionTurn turn, TaskInstance task)
    {
        var planned = task.Planned;
        switch (planned.Shape)
        {
            case TaskShape.Group when task.Around is null:
                turn.Record(new TaskPhaseStarted { At = turn.Now, Task = task.Path, Phase = 0 });
                break;
            case TaskShape.Group:
                turn.Record(new TaskEntered { At = turn.Now, Task = task.Path, DeadlineAt = After(turn.Now, planned.TimeoutSecs) });
                break;
            case TaskShape.Switch:
                turn.Record(new TaskEntered
                {
                    At = turn.Now, Task = task.Path, Case = ChooseCase(turn.State, task), DeadlineAt = After(turn.Now, planned.TimeoutSecs),
                });
                break;
            case TaskShape.Loop when !planned.NeedsWorker:
                EnterLoop(turn, task, items: null);
                break;
            case TaskShape.Work or TaskShape.Loop:
                turn.Record(new TaskScheduled
                {
                    At = turn.Now, Task = task.Path, Attempt = turn.State.Task(task).Attempt + 1,
                    Work = planned.Shape is TaskShape.Loop ? AttemptWork.Collection : AttemptWork.Task,
                });
                break;
            default:
                BeginWait(turn, task);
                break;
        }
    }

    private static DateTimeOffset? After(DateTimeOffset now, double? seconds) => seconds is { } some ? WaitTimes.After(now, some) : null;

    private static string? ChooseCase(ExecutionState state, TaskInstance task)
    {
        var branch = task.Planned.Definition.Switch!;
        var text = TemplateValues.ToText(TemplateValues.Render(branch.On, new ExecutionScope(state, task)));
        return task.Planned.Cases.ContainsKey(text) ? text : null;
    }
}

/// <summary>A task cannot begin, for a reason that its author can mend.</summary>
internal sealed class TaskStartException(string message) : Exception(message);
