using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Client.Limits;
using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Engine.Limits;

namespace Periplon.Engine.Executions;

// What tasks wait for that no worker does: signals, decisions, limits.
internal sealed partial class ExecutionGrain
{
    // So many limits are asked who holds them when somebody looks; nobody reads further.
    private const int MostPlacesShown = 5;

    private static readonly TimeSpan PlacesWait = TimeSpan.FromSeconds(2);

    public async Task<SignalStatus> SignalAsync(SignalRequest request, CancellationToken cancellationToken)
    {
        if (await LoadAsync(cancellationToken) is not { } driver || driver.State.Created.Organization != request.Organization)
        {
            return SignalStatus.NotFound;
        }

        JsonElement? payload = request.Payload.IsEmpty
            ? null
            : JsonSerializer.Deserialize(request.Payload.Span, ExecutionJson.Default.JsonElement);
        return await driver.DoAsync(
            turn => Signals.Receive(turn, request.IsWebhook, request.Name, payload, request.By, request.Key), cancellationToken);
    }

    public async Task<DecisionResult> DecideAsync(DecisionRequest request, CancellationToken cancellationToken)
    {
        if (await LoadAsync(cancellationToken) is not { } driver || driver.State.Created.Organization != request.Organization)
        {
            return new DecisionResult(DecisionStatus.NotFound);
        }

        var result = await driver.DoAsync(turn => Approvals.Decide(turn, request), cancellationToken);
        if (result.Status is not DecisionStatus.Decided)
        {
            await driver.EnsureCurrentAsync(cancellationToken);
        }

        return result;
    }

    public Task<bool> AnswerLimitAsync(LimitReply reply, CancellationToken cancellationToken) => UnlessOvertakenAsync(
        driver => driver.DoAsync(turn => LimitReplies.Apply(turn, reply), cancellationToken), cancellationToken);

    public async Task MakeRoomAsync(LimitPlace place, string reason, CancellationToken cancellationToken)
    {
        if (await LoadAsync(cancellationToken) is { State.IsTerminal: false } driver)
        {
            await driver.DoAsync(turn => LimitReplies.MakeRoom(turn, place.ToHolder(), reason), cancellationToken);
        }
    }

    public async Task<bool> HoldsPlaceAsync(LimitPlace place, CancellationToken cancellationToken)
    {
        if (await LoadAsync(cancellationToken) is not { } driver)
        {
            return false;
        }

        // A yes from what is past would keep the place for ever, and a no would give it to two.
        await driver.EnsureCurrentAsync(cancellationToken);
        if (!LimitRequests.Holds(driver.State, place.Task, place.AskedAt))
        {
            return false;
        }

        // One that still waits for the place that it holds has not heard of it.
        limits.Send(LimitRequests.Pending(driver.State).Where(request => request.Holder.Task == place.Task));
        return true;
    }

    // Who holds the places that tasks wait for; a limit that does not answer in time is left out.
    private async Task<IReadOnlyDictionary<string, PlacesView>> ReadPlacesAsync(ExecutionState state, CancellationToken cancellationToken)
    {
        var keys = LimitRequests.Pending(state).Where(request => request.Kind is LimitRequestKind.Ask).Select(request => request.Key)
            .Distinct().Take(MostPlacesShown).ToList();
        var places = new Dictionary<string, PlacesView>(keys.Count, StringComparer.Ordinal);
        foreach (var key in keys)
        {
            try
            {
                places[key] = await GrainFactory.GetGrain<IConcurrencyGrain>(key).DescribeAsync(cancellationToken)
                    .WaitAsync(PlacesWait, time, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogPlacesNotRead(e, _id, key);
            }
        }

        return places;
    }
}
