using Periplon.Client.Queue;

namespace Periplon.Engine.Queue;

/// <summary>
/// Place of an offer among those of its organization; less is earlier. Waiting counts like priority: whoever has waited for one step of
/// ageing longer stands where one of the next higher priority does. Both grow alike for all, so that a rank never changes.
/// </summary>
internal readonly record struct OfferRank(long Level, int TaskPriority, DateTimeOffset ReadyAt, long Arrival) : IComparable<OfferRank>
{
    /// <summary>What priorities beyond count as, on either side: ageing has to catch up with the greatest within a day.</summary>
    public const int MostPriority = 1_000;

    public static OfferRank Of(TaskOffer offer, TimeSpan ageing, long arrival) =>
        new(LevelOf(offer.Priority, offer.ScheduledAt, ageing), offer.TaskPriority, offer.ScheduledAt, arrival);

    /// <summary>The part of a rank that priority and age make.</summary>
    public static long LevelOf(int priority, DateTimeOffset readyAt, TimeSpan ageing) =>
        (readyAt.UtcTicks / ageing.Ticks) - Math.Clamp(priority, -MostPriority, MostPriority);

    public int CompareTo(OfferRank other) =>
        (Level, TaskPriority, ReadyAt, Arrival).CompareTo((other.Level, other.TaskPriority, other.ReadyAt, other.Arrival));
}
