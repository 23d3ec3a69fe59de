using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Core.Limits;

namespace Periplon.Engine.Limits;

/// <summary>What the answers of limits do to an execution, on the server and in a local run.</summary>
internal static class LimitReplies
{
    /// <summary>Records an answer. False when the task no longer asks: its place is to be given back.</summary>
    public static bool Apply(ExecutionTurn turn, LimitReply reply)
    {
        if (reply.Limit is LimitKinds.Rate)
        {
            return turn.State.Find(reply.Task)?.Wait is { Kind: WaitKind.Rate } wait && wait.At == reply.AskedAt
                && ExecutionCommands.Grant(turn, reply.Task, reply.Limit, reply.StartAt);
        }

        return LimitRequests.Holds(turn.State, reply.Task, reply.AskedAt)
            && (reply.Refusal is { } reason
                ? ExecutionCommands.Refuse(turn, reply.Task, reply.Limit, reason)
                : ExecutionCommands.Grant(turn, reply.Task, reply.Limit, null));
    }

    /// <summary>Stops who holds a place, so that another can have it.</summary>
    public static bool MakeRoom(ExecutionTurn turn, LimitHolder holder, string reason) =>
        LimitRequests.Holds(turn.State, holder.Task, holder.AskedAt)
        && (holder.Task.Length == 0
            ? ExecutionCommands.Cancel(turn, null, reason)
            : ExecutionCommands.StopTask(turn, holder.Task, reason));

    public static string RefusalOf(LimitRequest request) =>
        $"All {request.Limit} places under the limit '{NameOf(request.Key)}' are taken, and its strategy is reject";

    public static string ReasonToStop(string key) => $"a newer one needs its place under the limit '{NameOf(key)}' (cancel_oldest)";

    /// <summary>The key as the workflow says it.</summary>
    public static string NameOf(string key) => key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..];
}
