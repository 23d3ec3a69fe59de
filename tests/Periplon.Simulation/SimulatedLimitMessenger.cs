using Periplon.Client.Executions;
using Periplon.Client.Limits;
using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Engine.Limits;

namespace Periplon.Simulation;

/// <summary>Carries requests from the executions of a silo to limits, and the answers to executions.</summary>
internal sealed class SimulatedLimitMessenger(Silo silo)
{
    private const int MaxTries = 5;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<(string Key, bool IsRate), Lane<LimitRequest>> _requests = [];
    private readonly World _world = silo.World;

    public void Send(IEnumerable<LimitRequest> requests)
    {
        // The tasks of a state come in an order that another process would not repeat.
        foreach (var request in requests.OrderBy(request => request.Key, StringComparer.Ordinal).ThenBy(request => request.Holder).ToList())
        {
            var lane = (request.Key, request.Kind is LimitRequestKind.Reserve or LimitRequestKind.Return);
            if (!_requests.TryGetValue(lane, out var found))
            {
                _requests.Add(lane, found = new Lane<LimitRequest>(
                    silo, MaxTries, RetryDelay, batch => lane.Item2 ? ReserveAsync(lane.Key, batch) : ApplyAsync(lane.Key, batch)));
            }

            found.Add(request);
        }
    }

    public void Grant(string key, LimitHolder holder) => Deliver(key, holder, Reply(holder, LimitKinds.Concurrency));

    public void Stop(string key, LimitHolder holder) => Deliver(key, holder, reply: null);

    public void Release(string key, LimitHolder holder) => Send([new LimitRequest(LimitRequestKind.Release, key, holder)]);

    private static LimitReply Reply(LimitHolder holder, LimitKinds limit) =>
        new() { Task = holder.Task, AskedAt = holder.AskedAt, Limit = limit };

    private async Task ApplyAsync(string key, List<LimitRequest> requests)
    {
        var answers = await _world.CallAsync<PlacesActivation, IReadOnlyList<LimitAnswer>>(
            silo, GrainKey.Places(key), limit => limit.ApplyAsync(requests));
        foreach (var (request, answer) in requests.Zip(answers))
        {
            if (answer is LimitAnswer.Granted)
            {
                Grant(key, request.Holder);
            }
            else if (answer is LimitAnswer.Refused)
            {
                Deliver(key, request.Holder, Reply(request.Holder, LimitKinds.Concurrency) with
                {
                    Refusal = LimitReplies.RefusalOf(request),
                });
            }
        }
    }

    private async Task ReserveAsync(string key, List<LimitRequest> requests)
    {
        var times = await _world.CallAsync<RateActivation, IReadOnlyList<DateTimeOffset>>(
            silo, GrainKey.Rate(key), limit => limit.ReserveAsync(requests));
        foreach (var (request, at) in requests.Zip(times).Where(pair => pair.First.Kind is LimitRequestKind.Reserve))
        {
            Deliver(key, request.Holder, Reply(request.Holder, LimitKinds.Rate) with { StartAt = at });
        }
    }

    private void Deliver(string key, LimitHolder holder, LimitReply? reply) => silo.Go(async () =>
    {
        for (var tries = 1; tries <= MaxTries; tries++)
        {
            try
            {
                await DeliverAsync(key, holder, reply);
                return;
            }
            catch (Exception e) when (Failures.IsExpected(e))
            {
                await silo.DelayAsync(RetryDelay * tries);
            }
        }
    });

    private async Task DeliverAsync(string key, LimitHolder holder, LimitReply? reply)
    {
        var execution = GrainKey.Execution(holder.Execution);
        if (reply is null)
        {
            await _world.CallAsync<ExecutionActivation, bool>(
                silo, execution, target => target.MakeRoomAsync(holder, LimitReplies.ReasonToStop(key)));
        }
        else if (!await _world.CallAsync<ExecutionActivation, bool>(silo, execution, target => target.AnswerLimitAsync(reply))
            && reply is { Limit: LimitKinds.Concurrency, Refusal: null })
        {
            Release(key, holder);
        }
    }
}
