using Periplon.Core.Executions;

namespace Periplon.Engine.Executions;

internal sealed partial class ExecutionDriver
{
    // What cannot be decided or written down must hold nothing up: a command is refused alone, and an execution whose own planning fails
    // ends.
    private (ExecutionTurn Turn, byte[] Events) Decide(ExecutionState before, List<Command> commands)
    {
        var now = Now;
        try
        {
            return Decide(before, commands, now, checkEach: false);
        }
        catch (Exception) when (commands.Count > 0)
        {
            // Something in the turn is bad; the careful way finds out what.
            host.OnAbandoned();
        }

        try
        {
            return Decide(before, commands, now, checkEach: true);
        }
        catch (Exception e)
        {
            host.OnAbandoned();
            return End(before, commands, e);
        }
    }

    private (ExecutionTurn Turn, byte[] Events) End(ExecutionState before, List<Command> commands, Exception cause)
    {
        invariants?.OnPlanningFailed(executionId, cause);
        var turn = new ExecutionTurn(before, Now);
        var error = $"A defect of the engine ended the execution: {Storable(cause.Message)}";
        foreach (var task in before.Tasks.Values.Where(task => task.Instance.Around is not null && !task.Status.IsSettled()))
        {
            turn.Record(new TaskCancelled { At = turn.Now, Task = task.Instance.Path, Reason = "a defect of the engine ended the execution" });
        }

        turn.Record(new ExecutionFinished { At = turn.Now, Status = ExecutionStatus.Failed, Error = error });
        foreach (var command in commands)
        {
            command.Refuse(new DecisionFailedException(error, cause));
        }

        return (turn, EventCodec.Encode(turn.Events));
    }
}

/// <summary>A command could not be decided or written down; nothing of it was recorded.</summary>
internal sealed class DecisionFailedException(string message, Exception cause) : Exception(message, cause);
