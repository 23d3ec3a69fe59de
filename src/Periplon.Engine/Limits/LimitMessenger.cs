using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Periplon.Client.Executions;
using Periplon.Client.Limits;
using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Engine.Executions;

namespace Periplon.Engine.Limits;

/// <summary>
/// Carries requests from the executions of this silo to limits, and the answers to executions. It runs outside grains, so that calls
/// between them go one way only. Requests under one key stay in order, and a slow limit delays nobody but those who ask it. What cannot be
/// delivered is healed: executions that wait ask again, and limits ask their holders.
/// </summary>
internal sealed partial class LimitMessenger
{
    private const int MaxBatch = 512;
    private const int MaxTries = 5;
    private const int Parallelism = 64;
    private const int Capacity = 200_000;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly KeyedSender<(string Key, bool IsRate), LimitRequest> _requests;
    private readonly KeyedSender<Guid, Delivery> _deliveries;
    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly LateMessages _late;
    private readonly ILogger<LimitMessenger> _logger;

    public LimitMessenger(
        IGrainFactory grains, TimeProvider time, IHostApplicationLifetime lifetime, LateMessages late, ILogger<LimitMessenger> logger)
    {
        (_grains, _time, _lifetime, _late, _logger) = (grains, time, lifetime, late, logger);
        _requests = new(Parallelism, Capacity, MaxBatch, (to, batch) => to.IsRate ? ReserveAsync(to.Key, batch) : ApplyAsync(to.Key, batch));
        _deliveries = new(Parallelism, Capacity, MaxBatch, DeliverAsync);
    }

    /// <summary>Sends what an execution has to tell limits.</summary>
    public void Send(IEnumerable<LimitRequest> requests)
    {
        foreach (var request in requests)
        {
            if (!_requests.TryAdd((request.Key, request.Kind is LimitRequestKind.Reserve or LimitRequestKind.Return), request))
            {
                LogDropped($"a request to limit '{request.Key}'");
            }
        }
    }

    /// <summary>Tells a holder that it has its place.</summary>
    public void Grant(string key, LimitHolder holder) => Deliver(new Delivery(key, holder, Reply(holder, LimitKinds.Concurrency)));

    /// <summary>Tells a holder to make room.</summary>
    public void Stop(string key, LimitHolder holder) => Deliver(new Delivery(key, holder, Reply: null));

    /// <summary>Gives a place back in the name of a holder that is gone.</summary>
    public void Release(string key, LimitHolder holder) => Send([new LimitRequest(LimitRequestKind.Release, key, holder)]);

    private void Deliver(Delivery delivery)
    {
        if (!_deliveries.TryAdd(delivery.Holder.Execution, delivery))
        {
            LogDropped($"the answer of limit '{delivery.Key}'");
        }
    }

    private static LimitReply Reply(LimitHolder holder, LimitKinds limit) =>
        new() { Task = holder.Task, AskedAt = holder.AskedAt, Limit = limit };

    private Task ApplyAsync(string key, IReadOnlyList<LimitRequest> requests) => TryAsync($"{requests.Count} requests to limit '{key}'", async () =>
    {
        var answers = await _grains.GetGrain<IConcurrencyGrain>(key).ApplyAsync(
            [.. requests.Select(request => new PlaceRequest
            {
                Place = LimitPlace.Of(request.Holder), Release = request.Kind is LimitRequestKind.Release, Limit = request.Limit,
                Strategy = request.Strategy,
            })],
            CancellationToken.None);
        foreach (var (request, answer) in requests.Zip(answers))
        {
            if (answer is LimitAnswer.Granted)
            {
                Grant(key, request.Holder);
            }
            else if (answer is LimitAnswer.Refused)
            {
                Deliver(new Delivery(key, request.Holder, Reply(request.Holder, LimitKinds.Concurrency) with
                {
                    Refusal = LimitReplies.RefusalOf(request),
                }));
            }
        }
    });

    private Task ReserveAsync(string key, IReadOnlyList<LimitRequest> requests) => TryAsync($"{requests.Count} starts to rate limit '{key}'", async () =>
    {
        var times = await _grains.GetGrain<IRateLimitGrain>(key).ReserveAsync(
            [.. requests.Select(request => new StartReservation
            {
                Place = LimitPlace.Of(request.Holder), Limit = request.Limit, PeriodSecs = request.PeriodSecs,
                Return = request.Kind is LimitRequestKind.Return,
            })],
            CancellationToken.None);
        foreach (var (request, at) in requests.Zip(times).Where(pair => pair.First.Kind is LimitRequestKind.Reserve))
        {
            Deliver(new Delivery(key, request.Holder, Reply(request.Holder, LimitKinds.Rate) with { StartAt = at }));
        }
    });

    private async Task DeliverAsync(Guid execution, IReadOnlyList<Delivery> batch)
    {
        foreach (var delivery in batch)
        {
            await DeliverAsync(delivery);
        }
    }

    private Task DeliverAsync(Delivery delivery) => TryAsync($"the answer of limit '{delivery.Key}'", async () =>
    {
        var (key, holder, reply) = delivery;
        var execution = _grains.GetGrain<IExecutionGrain>(holder.Execution.ToString("D"));
        if (reply is null)
        {
            await execution.MakeRoomAsync(LimitPlace.Of(holder), LimitReplies.ReasonToStop(key), CancellationToken.None);
        }
        else if (!await execution.AnswerLimitAsync(reply, CancellationToken.None)
            && reply is { Limit: LimitKinds.Concurrency, Refusal: null })
        {
            Release(key, holder);
        }
    });

    private async Task TryAsync(string what, Func<Task> send)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await send();
                return;
            }
            catch (Exception e) when (tries < MaxTries && !_lifetime.ApplicationStopping.IsCancellationRequested)
            {
                LogRetried(e, what, tries);
                await Task.Delay(RetryDelay * tries, _time, CancellationToken.None);
            }
            catch (Exception e)
            {
                LogGivenUp(e, what);
                _ = _late.TryAsync(send);
                return;
            }
        }
    }

    // Without a reply it is the request to make room.
    private sealed record Delivery(string Key, LimitHolder Holder, LimitReply? Reply);

    [LoggerMessage(LogLevel.Debug, "Sending {What} failed at try {Try} and is repeated")]
    private partial void LogRetried(Exception exception, string what, int @try);

    [LoggerMessage(LogLevel.Warning, "Sending {What} failed; it is tried again later, and who waits asks again")]
    private partial void LogGivenUp(Exception exception, string what);

    [LoggerMessage(LogLevel.Warning, "Too much waits to be sent: {What} is dropped; who waits asks again")]
    private partial void LogDropped(string what);
}
