using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Periplon.Api.Requests;
using Periplon.Client.Limits;
using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Engine.Limits;

namespace Periplon.Api.Limits;

/// <summary>The limits that executions share: who holds their places, and how many wait.</summary>
internal static class LimitsApi
{
    private const int MostHolders = 100;

    public static void MapLimits(this IEndpointRouteBuilder app) =>
        app.MapGroup("/api/v1/limits").WithTags("Limits").AnswersProblems().MapGet("", ListLimits).RequirePermission(Permissions.QueueRead);

    private static async Task<Ok<LimitPage>> ListLimits(
        string? kind, string? after, string? limit, CallerIdentity caller, ILimitStore store, IGrainFactory grains,
        IOptions<ApiOptions> options, TimeProvider time, CancellationToken cancellationToken)
    {
        var read = new QueryReader();
        var isRate = read.OneOf("kind", kind, "concurrency", "rate") == "rate";
        var size = read.Integer("limit", limit, fallback: 50, min: 1, max: 200);
        read.ThrowIfRefused();
        var last = string.IsNullOrEmpty(after) ? null : LimitKeys.Of(caller.Organization, after);
        var keys = await store.ListKeysAsync(
            caller.Organization, isRate ? LimitKinds.Rate : LimitKinds.Concurrency, last, size, cancellationToken);
        var limits = await Task.WhenAll(keys.Select(async key =>
        {
            var name = LimitReplies.NameOf(key);
            try
            {
                return isRate
                    ? Of(name, await grains.GetGrain<IRateLimitGrain>(key).DescribeAsync(cancellationToken)
                        .WaitAsync(options.Value.CheckTimeout, time, cancellationToken))
                    : Of(name, await grains.GetGrain<IConcurrencyGrain>(key).DescribeAsync(cancellationToken)
                        .WaitAsync(options.Value.CheckTimeout, time, cancellationToken));
            }
            catch (Exception e) when (e is TimeoutException or OrleansException)
            {
                return new LimitObject { Key = name, Kind = isRate ? "rate" : "concurrency" };
            }
        }));
        return TypedResults.Ok(new LimitPage(limits, keys.Count == size ? limits[^1].Key : null));
    }

    private static LimitObject Of(string name, PlacesView view) => new()
    {
        Key = name, Kind = "concurrency", Limit = view.Limit, Held = view.Holders.Count, Waiting = view.Waiting,
        Holders =
        [
            .. view.Holders.Take(MostHolders).Select(place =>
                new LimitHolderObject(place.Execution, place.Task.Length == 0 ? null : place.Task, place.AskedAt)),
        ],
    };

    private static LimitObject Of(string name, StartsView view) => new()
    {
        Key = name, Kind = "rate", Limit = view.Limit == 0 ? null : view.Limit, PeriodSecs = view.Limit == 0 ? null : view.PeriodSecs,
        Recent = view.Recent, Waiting = view.Waiting, NextAt = view.Limit == 0 ? null : view.NextAt,
    };
}
