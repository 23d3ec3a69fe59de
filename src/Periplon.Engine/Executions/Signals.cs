using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Core.Executions;

namespace Periplon.Engine.Executions;

/// <summary>Signals and webhooks that arrive, on the server and in a local run.</summary>
internal static class Signals
{
    /// <summary>Records a signal and says what became of it.</summary>
    public static SignalStatus Receive(ExecutionTurn turn, bool isWebhook, string name, JsonElement? payload, string? by, string key)
    {
        if (turn.State.IsTerminal)
        {
            return SignalStatus.AlreadyFinished;
        }

        if (!turn.State.SignalKeys.Contains(key) && ExecutionCommands.IsFullOfSignals(turn.State, payload))
        {
            return SignalStatus.Full;
        }

        var signal = new SignalReceived
        {
            At = turn.Now, Kind = isWebhook ? WaitKind.Webhook : WaitKind.Signal, Name = name, Payload = payload, By = by, Key = key,
        };
        var count = turn.Events.Count;
        return !ExecutionCommands.Signal(turn, signal) ? SignalStatus.Repeated
            : turn.Events.Skip(count).Any(happened => happened is SignalTaken) ? SignalStatus.Taken
            : SignalStatus.Kept;
    }
}
