using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Core.Templates;

namespace Periplon.Engine.Executions;

/// <summary>Approvals that wait, and decisions about them, on the server and in a local run.</summary>
internal static class Approvals
{
    /// <summary>The approvals that wait for a decision, in the order of the file.</summary>
    public static IReadOnlyList<ApprovalView> Of(ExecutionState state) =>
        [.. state.Waiting.Select(rank => state.Task(rank.Task)).Where(IsWaiting).Select(task => View(state, task))];

    /// <summary>Records a decision, or says why not.</summary>
    public static DecisionResult Decide(ExecutionTurn turn, DecisionRequest request)
    {
        var state = turn.State;
        if (request.Task is { } named && state.Find(named) is { } decided && IsDecidedSo(decided, request.Approved))
        {
            return new DecisionResult(DecisionStatus.Decided, named);
        }

        if (state.IsTerminal)
        {
            return new DecisionResult(DecisionStatus.AlreadyFinished);
        }

        var waiting = state.Waiting.Select(rank => state.Task(rank.Task)).Where(IsWaiting).ToList();
        IReadOnlyList<string> paths = [.. waiting.Select(task => task.Instance.Path)];
        var chosen = request.Task is { } path ? waiting.Find(task => task.Instance.Path == path) : waiting is [var only] ? only : null;
        if (chosen is null)
        {
            return new DecisionResult(
                request.Task is null && waiting.Count > 1 ? DecisionStatus.Ambiguous : DecisionStatus.NoneWaits, request.Task, paths);
        }

        var approvers = chosen.Instance.Planned.Definition.Approval!.Approvers;
        if (request.By is { } by && approvers.Count > 0 && !approvers.Contains(by, StringComparer.OrdinalIgnoreCase))
        {
            return new DecisionResult(DecisionStatus.NotAllowed, chosen.Instance.Path, Approvers: approvers);
        }

        ExecutionCommands.Decide(turn, chosen.Instance.Path, request.Approved, request.By, request.Comment);
        return new DecisionResult(DecisionStatus.Decided, chosen.Instance.Path);
    }

    /// <summary>What an approval asks, references filled in and secrets masked; null when it says nothing.</summary>
    public static string? MessageOf(ExecutionState state, TaskInstance task)
    {
        if (task.Planned.Definition.Approval?.Message is not { } message)
        {
            return null;
        }

        try
        {
            return ExecutionTexts.Render(state, task, message);
        }
        catch (TemplateException)
        {
            // A message that cannot be filled in must not keep anybody from deciding.
            return message;
        }
    }

    private static bool IsWaiting(TaskState task) => task.Wait is { Kind: WaitKind.Approval };

    // The same decision again, after an answer that did not arrive.
    private static bool IsDecidedSo(TaskState task, bool approved) =>
        task.Instance.Planned.Definition.Approval is not null
        && (approved
            ? task.Status is TaskRunStatus.Completed || task.Ended is TaskRunStatus.Completed
            : task.Failure?.Kind == FailureKinds.Rejected);

    private static ApprovalView View(ExecutionState state, TaskState task)
    {
        var definition = task.Instance.Planned.Definition.Approval!;
        return new ApprovalView
        {
            Task = task.Instance.Path, Message = MessageOf(state, task.Instance), Approvers = definition.Approvers,
            Since = task.Wait!.At, EndsAt = task.DueAt, Default = definition.Default,
        };
    }
}
