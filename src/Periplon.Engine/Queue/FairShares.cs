namespace Periplon.Engine.Queue;

/// <summary>
/// Whose turn it is among organizations. Each has a clock that moves on by one with every offer it is served, and the one furthest behind
/// is next; who comes back after a pause begins where the others stand, so that a pause saves up nothing. Not safe for several threads.
/// </summary>
internal sealed class FairShares
{
    private readonly Dictionary<string, FairShare> _shares = new(StringComparer.Ordinal);
    private long _now;

    /// <summary>The share of an organization that has something to wait with in a lane.</summary>
    public FairShare Enter(string organization, OfferLane lane)
    {
        if (!_shares.TryGetValue(organization, out var share))
        {
            Forget();
            _shares.Add(organization, share = new FairShare(organization, _now));
        }

        if (!share.Lanes.Contains(lane))
        {
            Move(share, Math.Max(share.Clock, _now));
            share.Lanes.Add(lane);
            lane.Turns.Add(share);
        }

        return share;
    }

    /// <summary>An organization has nothing left in a lane.</summary>
    public static void Leave(FairShare share, OfferLane lane)
    {
        lane.Turns.Remove(share);
        share.Lanes.Remove(lane);
    }

    /// <summary>An organization was served.</summary>
    public void Serve(FairShare share)
    {
        _now = Math.Max(_now, share.Clock);
        Move(share, share.Clock + 1);
    }

    private static void Move(FairShare share, long clock)
    {
        if (share.Clock == clock)
        {
            return;
        }

        // Their order depends on the clock, so it must not change while they stand in it.
        foreach (var lane in share.Lanes)
        {
            lane.Turns.Remove(share);
        }

        share.Clock = clock;
        foreach (var lane in share.Lanes)
        {
            lane.Turns.Add(share);
        }
    }

    // A clock that the others have passed says nothing any more. Looked for only as often as the number of shares doubles.
    private void Forget()
    {
        if (_shares.Count < 64 || !int.IsPow2(_shares.Count))
        {
            return;
        }

        foreach (var share in _shares.Values.Where(share => share.Lanes.Count == 0 && share.Clock <= _now).ToList())
        {
            _shares.Remove(share.Organization);
        }
    }
}

/// <summary>The share of one organization in a partition.</summary>
internal sealed class FairShare(string organization, long clock) : IComparable<FairShare>
{
    public string Organization { get; } = organization;

    /// <summary>How much it has been served, on the clock of all.</summary>
    public long Clock { get; set; } = clock;

    /// <summary>Lanes in which it waits.</summary>
    public HashSet<OfferLane> Lanes { get; } = [];

    public int CompareTo(FairShare? other) => other is null
        ? 1
        : Clock != other.Clock ? Clock.CompareTo(other.Clock) : string.CompareOrdinal(Organization, other.Organization);
}
