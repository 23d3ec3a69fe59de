using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Core.Limits;

namespace Periplon.Engine.Limits;

/// <summary>The limits of the executions in this process, where there is no cluster: the same rules, kept in memory.</summary>
internal sealed class LocalLimits(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ConcurrencyLimit> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RateLimit> _rates = new(StringComparer.Ordinal);

    private readonly Dictionary<Guid, Action<LimitMessage>> _members = [];

    /// <summary>An execution begins to listen to answers; the action must not wait.</summary>
    public void Join(Guid execution, Action<LimitMessage> hear)
    {
        lock (_gate)
        {
            _members[execution] = hear;
        }
    }

    /// <summary>An execution is gone from this process; its places go to others.</summary>
    public void Leave(Guid execution)
    {
        List<LimitRequest> left;
        lock (_gate)
        {
            _members.Remove(execution);
            left =
            [
                .. _places.SelectMany(limit => limit.Value.Waiters.Concat(limit.Value.Holders)
                    .Where(holder => holder.Execution == execution)
                    .Select(holder => new LimitRequest(LimitRequestKind.Release, limit.Key, holder))),
            ];
        }

        left.ForEach(Send);
    }

    /// <summary>Handles a request and tells those whom it concerns.</summary>
    public void Send(LimitRequest request)
    {
        List<(LimitMessage Message, Action<LimitMessage>? Hear)> told;
        lock (_gate)
        {
            List<LimitMessage> messages = request.Kind switch
            {
                LimitRequestKind.Reserve => [Reserve(request)],
                LimitRequestKind.Return => Return(request),
                _ => Place(request),
            };
            told = [.. messages.Select(message => (message, _members.GetValueOrDefault(message.Holder.Execution)))];
        }

        // Outside the lock: who hears may ask again at once.
        foreach (var (message, hear) in told)
        {
            if (hear is not null)
            {
                hear(message);
            }
            else
            {
                Send(new LimitRequest(LimitRequestKind.Release, message.Key, message.Holder));
            }
        }
    }

    private LimitMessage Reserve(LimitRequest request)
    {
        if (!_rates.TryGetValue(request.Key, out var rate))
        {
            _rates[request.Key] = rate = new RateLimit([]);
        }

        var at = rate.Reserve(request.Holder, request.Limit, TimeSpan.FromSeconds(request.PeriodSecs), time.GetUtcNow());
        return new LimitMessage(request.Key, request.Holder, Reply(request.Holder, LimitKinds.Rate) with { StartAt = at });
    }

    private List<LimitMessage> Return(LimitRequest request)
    {
        _rates.GetValueOrDefault(request.Key)?.Return(request.Holder, time.GetUtcNow());
        return [];
    }

    private List<LimitMessage> Place(LimitRequest request)
    {
        var (key, holder) = (request.Key, request.Holder);
        var limit = _places.GetValueOrDefault(key, ConcurrencyLimit.Empty);
        var step = request.Kind is LimitRequestKind.Release ? limit.Release(holder) : limit.Ask(holder, request.Limit, request.Strategy);
        _places[key] = step.Next;
        List<LimitMessage> messages =
        [
            .. step.Granted.Select(other => new LimitMessage(key, other, Reply(other, LimitKinds.Concurrency))),
            .. step.ToStop.Select(other => new LimitMessage(key, other, null)),
        ];
        if (step.Answer is LimitAnswer.Granted or LimitAnswer.Refused)
        {
            var refusal = step.Answer is LimitAnswer.Refused ? LimitReplies.RefusalOf(request) : null;
            messages.Add(new LimitMessage(key, holder, Reply(holder, LimitKinds.Concurrency) with { Refusal = refusal }));
        }

        return messages;
    }

    private static LimitReply Reply(LimitHolder holder, LimitKinds limit) =>
        new() { Task = holder.Task, AskedAt = holder.AskedAt, Limit = limit };
}

/// <summary>What a limit tells an execution; without a reply it is the request to make room.</summary>
internal sealed record LimitMessage(string Key, LimitHolder Holder, LimitReply? Reply);
