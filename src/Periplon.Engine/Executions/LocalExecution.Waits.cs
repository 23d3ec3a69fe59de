using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Engine.Limits;

namespace Periplon.Engine.Executions;

// What tasks wait for that no worker does: signals, decisions, limits.
internal sealed partial class LocalExecution
{
    /// <summary>A signal or webhook arrives; it is kept until a task takes it. The same key again changes nothing.</summary>
    public Task<SignalStatus> SignalAsync(bool isWebhook, string name, JsonElement? payload, string key) =>
        _driver.DoAsync(turn => Signals.Receive(turn, isWebhook, name, payload, by: null, key), CancellationToken.None);

    /// <summary>A person decides what an approval asks.</summary>
    public Task<DecisionResult> DecideAsync(string task, bool approved, string? by, string? comment)
    {
        var request = new DecisionRequest
        {
            Organization = State.Created.Organization, Task = task, Approved = approved, By = by, Comment = comment,
        };
        return _driver.DoAsync(turn => Approvals.Decide(turn, request), CancellationToken.None);
    }

    private void TellLimits(IEnumerable<LimitRequest> requests)
    {
        foreach (var request in requests)
        {
            _limits.Send(request);
        }
    }

    private async Task HearAsync(LimitMessage message)
    {
        try
        {
            if (message.Reply is not { } reply)
            {
                var reason = LimitReplies.ReasonToStop(message.Key);
                await _driver.DoAsync(turn => LimitReplies.MakeRoom(turn, message.Holder, reason), CancellationToken.None);
            }
            else if (!await _driver.DoAsync(turn => LimitReplies.Apply(turn, reply), CancellationToken.None)
                && reply is { Limit: LimitKinds.Concurrency, Refusal: null })
            {
                TellLimits([new LimitRequest(LimitRequestKind.Release, message.Key, message.Holder)]);
            }
        }
        catch (Exception e)
        {
            _ended.TrySetException(e);
        }
    }
}
