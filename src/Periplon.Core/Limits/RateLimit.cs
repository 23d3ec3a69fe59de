namespace Periplon.Core.Limits;

/// <summary>
/// One rate limit: at most so many starts in any span of one period. Starts are reserved in the order in which they are asked for. What is
/// stored is never less than what was reserved, so that a limit that is loaded again after a crash rather lets too few start than too many.
/// Not safe for several threads.
/// </summary>
public sealed class RateLimit
{
    // Up to so many starts are stored one by one; more are counted by parts of the period.
    private const int MostExact = 128;
    private const int PartsOfPeriod = 100;
    private const int BlocksOfLimit = 50;

    private static readonly TimeSpan LeastGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Remembers = TimeSpan.FromMinutes(2);

    private readonly Dictionary<LimitHolder, DateTimeOffset> _reserved = [];
    private readonly Queue<(DateTimeOffset At, LimitHolder Holder)> _oldest = [];
    private readonly SortedDictionary<DateTimeOffset, (int Starts, int Stored)> _parts = [];
    private readonly SortedSet<(DateTimeOffset At, long Number)> _free = [];
    private List<DateTimeOffset> _starts = [];
    private long _returned;
    private int _first;
    private int _most;
    private TimeSpan _longest;

    /// <summary>A limit as it was stored.</summary>
    /// <param name="stored">What <see cref="Store"/> returned; empty for a new one.</param>
    public RateLimit(IEnumerable<RateStarts> stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        foreach (var part in stored.OrderBy(part => part.At))
        {
            _parts[part.At] = (part.Count, part.Count);
            _starts.AddRange(Enumerable.Repeat(part.At, part.Count));
            _longest = part.Period > _longest ? part.Period : _longest;
        }

        _most = _starts.Count;
    }

    /// <summary>
    /// How late a reserved start may be used: by one period, so that what gathers during an outage is never more than one period's worth,
    /// and by 5 seconds at least.
    /// </summary>
    /// <param name="period">The period.</param>
    public static TimeSpan GraceOf(TimeSpan period) => period > LeastGrace ? period : LeastGrace;

    /// <summary>Whether something was reserved that what is stored does not cover: it must be stored before anybody is told.</summary>
    public bool MustStore { get; private set; }

    /// <summary>
    /// Reserves a start. The same holder again gets the same time, until that is too late to be used: who asks after an outage has not
    /// started then, and all who stood in the queue meanwhile must not start together.
    /// </summary>
    /// <param name="holder">Who starts.</param>
    /// <param name="limit">How many starts there may be in a period, as this asker says.</param>
    /// <param name="period">The period, as this asker says.</param>
    /// <param name="now">The time.</param>
    /// <returns>When it may start: now, or later.</returns>
    public DateTimeOffset Reserve(LimitHolder holder, int limit, TimeSpan period, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(holder);
        limit = Math.Max(1, limit);
        _most = Math.Max(_most, limit);
        _longest = period > _longest ? period : _longest;
        Forget(now);
        if (_reserved.TryGetValue(holder, out var known) && known + GraceOf(period) >= now)
        {
            return known;
        }

        if (TakeFree(now, limit, period) is { } free)
        {
            Remember(holder, free);
            return free;
        }

        var at = Next(limit, period, now);
        Add(at, limit, period);
        Remember(holder, at);
        return at;
    }

    /// <summary>When the next one could start that asks now.</summary>
    /// <param name="limit">How many starts there may be in a period.</param>
    /// <param name="period">The period.</param>
    /// <param name="now">The time.</param>
    public DateTimeOffset NextFor(int limit, TimeSpan period, DateTimeOffset now) =>
        _free.Count > 0 && _free.Max.At >= now ? _free.First(free => free.At >= now).At : Next(Math.Max(1, limit), period, now);

    /// <summary>How many have started in the last period, and how many are to start later.</summary>
    /// <param name="now">The time.</param>
    /// <param name="period">The period.</param>
    public (int Recent, int Waiting) Count(DateTimeOffset now, TimeSpan period)
    {
        var starts = _starts.Skip(_first).ToList();
        return (starts.Count(at => at <= now && at + period > now), starts.Count(at => at > now));
    }

    /// <summary>
    /// Gives a start back that will not be used. Before its time the next asker gets it. Nothing happens when its time has come or nobody
    /// knows of it.
    /// </summary>
    /// <param name="holder">Who was to start.</param>
    /// <param name="now">The time.</param>
    public void Return(LimitHolder holder, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(holder);
        if (!_reserved.TryGetValue(holder, out var at) || at <= now)
        {
            return;
        }

        _reserved.Remove(holder);
        if (_starts.BinarySearch(_first, _starts.Count - _first, at, comparer: null) is >= 0 and var place)
        {
            _starts.RemoveAt(place);
            _free.Add((at, ++_returned));
        }
    }

    /// <summary>What is to be stored; <see cref="MustStore"/> is false from then on.</summary>
    public IReadOnlyList<RateStarts> Store()
    {
        var stored = new List<RateStarts>(_parts.Count);
        var block = _most > MostExact ? _most / BlocksOfLimit : 1;
        foreach (var (at, (starts, _)) in _parts.ToList())
        {
            // A block at once, so that the next starts of the same part need no write of their own.
            var count = (starts + block - 1) / block * block;
            _parts[at] = (starts, count);
            stored.Add(new RateStarts(at, count, _longest));
        }

        MustStore = false;
        return stored;
    }

    /// <summary>Whether nothing it holds bears on starts from a time on.</summary>
    /// <param name="now">The time.</param>
    public bool IsIdle(DateTimeOffset now) => _starts.Count == _first || _starts[^1] + _longest <= now;

    // A start that was given back fits between the others only at its very time; once that has passed it is lost.
    private DateTimeOffset? TakeFree(DateTimeOffset now, int limit, TimeSpan period)
    {
        while (_free.Count > 0 && _free.Min.At < now)
        {
            _free.Remove(_free.Min);
        }

        if (_free.Count == 0)
        {
            return null;
        }

        // Asked with another limit than the one it was made under, it may come too early; and the start that is made then stands where it
        // was.
        if (limit < _most || period != _longest)
        {
            _free.Clear();
            return null;
        }

        var first = _free.Min;
        _free.Remove(first);
        var place = _starts.BinarySearch(_first, _starts.Count - _first, first.At, comparer: null);
        _starts.Insert(place >= 0 ? place : ~place, first.At);
        return first.At;
    }

    private DateTimeOffset Next(int limit, TimeSpan period, DateTimeOffset now)
    {
        var count = _starts.Count - _first;
        var at = count > 0 && _starts[^1] > now ? _starts[^1] : now;
        return count >= limit && _starts[^limit] + period is var earliest && earliest > at ? earliest : at;
    }

    private void Remember(LimitHolder holder, DateTimeOffset at)
    {
        _reserved[holder] = at;
        _oldest.Enqueue((at, holder));
    }

    private void Add(DateTimeOffset at, int limit, TimeSpan period)
    {
        _starts.Add(at);
        var part = limit > MostExact ? EndOfPart(at, period) : at;
        var (starts, stored) = _parts.GetValueOrDefault(part);
        _parts[part] = (starts + 1, stored);
        MustStore |= starts + 1 > stored;
    }

    // The end, not the beginning: a start that is taken to be later than it was keeps the next ones further away, never nearer.
    private static DateTimeOffset EndOfPart(DateTimeOffset at, TimeSpan period)
    {
        var width = Math.Max(1, period.Ticks / PartsOfPeriod);
        return new DateTimeOffset((at.UtcTicks + width - 1) / width * width, TimeSpan.Zero);
    }

    private void Forget(DateTimeOffset now)
    {
        // Only the newest starts bear on the next one, and of them only those of the last period.
        while (_starts.Count - _first > 0 && (_starts.Count - _first > _most || _starts[_first] + _longest <= now))
        {
            _first++;
        }

        if (_first > 64 && _first > _starts.Count / 2)
        {
            _starts = _starts.GetRange(_first, _starts.Count - _first);
            _first = 0;
        }

        while (_parts.Count > 0 && _parts.First().Key is var part && (_starts.Count == _first || part < _starts[_first]))
        {
            _parts.Remove(part);
        }

        while (_oldest.TryPeek(out var oldest) && oldest.At + Remembers < now)
        {
            var (at, holder) = _oldest.Dequeue();
            if (_reserved.GetValueOrDefault(holder) == at)
            {
                _reserved.Remove(holder);
            }
        }
    }
}

/// <summary>Starts under a rate limit, as they are stored.</summary>
/// <param name="At">When, at the latest.</param>
/// <param name="Count">How many, at most.</param>
/// <param name="Period">The longest period they count in.</param>
public sealed record RateStarts(DateTimeOffset At, int Count, TimeSpan Period);
