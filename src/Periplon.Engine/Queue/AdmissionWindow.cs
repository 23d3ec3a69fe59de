using Periplon.Client.Queue;

namespace Periplon.Engine.Queue;

/// <summary>A class of executions that wait to be started: an organization, and which workers may take their first task.</summary>
internal readonly record struct StartClass(string Organization, string Lane);

/// <summary>
/// Which executions that have not started a partition keeps in memory; all others are rows. Every class has its share of the window. Once a
/// class has been refused something it has a backlog, and until that is read again newcomers are refused too, unless they go before all of
/// it: else they would overtake those in the database. Executions that have started are never refused. Not safe for several threads.
/// </summary>
/// <param name="size">How many executions there is room for.</param>
/// <param name="ageing">As <see cref="OfferRank"/> counts it: a level that is less goes first.</param>
/// <param name="time">The clock.</param>
internal sealed class AdmissionWindow(int size, TimeSpan ageing, TimeProvider time)
{
    /// <summary>How long an execution that was called from the database may take to make its offers.</summary>
    public static readonly TimeSpan InvitationTimeout = TimeSpan.FromSeconds(10);

    // However many classes share the window, a class can keep a batch of workers busy.
    private const int SmallestShare = 16;

    private readonly Dictionary<StartClass, ClassState> _classes = [];
    private readonly HashSet<StartClass> _behind = [];
    private readonly Dictionary<Guid, Held> _held = [];
    private readonly Queue<(Guid Execution, Held Held, long Since)> _invitations = new();

    /// <summary>Executions in memory or called into it.</summary>
    public int Count => _held.Count;

    /// <summary>Whether some class has room for what the database keeps of it.</summary>
    public bool IsHungry => _behind.Count > 0 && _behind.Any(IsHungryFor);

    private int Share => Math.Max(SmallestShare, size / Math.Max(1, _classes.Count));

    /// <summary>Whether the offer of an execution that has not started is taken. If not, its class has a backlog.</summary>
    public bool Admits(TaskOffer offer)
    {
        if (_held.ContainsKey(offer.ExecutionId))
        {
            return true;
        }

        var startClass = ClassOf(offer);
        var level = LevelOf(offer);
        if (!_classes.TryGetValue(startClass, out var state)
            || ((state.BestLeft is not { } left || level < left) && HasRoomFor(state, level)))
        {
            return true;
        }

        state.BestLeft = state.BestLeft < level ? state.BestLeft : level;
        state.Refusals++;
        _behind.Add(startClass);
        return false;
    }

    /// <summary>An offer that was admitted is in memory from now on.</summary>
    public void Hold(TaskOffer offer)
    {
        if (!_held.TryGetValue(offer.ExecutionId, out var held))
        {
            held = Enter(offer.ExecutionId, ClassOf(offer), LevelOf(offer));
        }
        else if (held.Offers == 0 && held.Class != ClassOf(offer)
            && HasRoomFor(ClassOf(offer), LevelOf(offer)))
        {
            // Its row names another class than its tasks do. It takes the room of its own, as long as there is some: memory stays bounded.
            Leave(offer.ExecutionId, held);
            held = Enter(offer.ExecutionId, ClassOf(offer), LevelOf(offer));
        }

        held.Offers++;
    }

    /// <summary>An offer is gone: claimed, or done with.</summary>
    public void Release(TaskOffer offer)
    {
        if (offer.StartLane is not null && _held.TryGetValue(offer.ExecutionId, out var held) && --held.Offers <= 0)
        {
            Leave(offer.ExecutionId, held);
        }
    }

    /// <summary>Whether an execution is in memory or called into it.</summary>
    public bool Knows(Guid execution) => _held.ContainsKey(execution);

    /// <summary>An execution is called from the database: its offers will be taken.</summary>
    public void Invite(Guid execution, StartClass startClass, long level)
    {
        if (!_held.ContainsKey(execution))
        {
            _invitations.Enqueue((execution, Enter(execution, startClass, level), time.GetTimestamp()));
        }
    }

    /// <summary>An execution that was called does not come.</summary>
    public void Withdraw(Guid execution)
    {
        if (_held.TryGetValue(execution, out var held) && held.Offers == 0)
        {
            Leave(execution, held);
        }
    }

    /// <summary>Gives up on executions that were called and made no offers in time.</summary>
    public void WithdrawOverdue()
    {
        while (_invitations.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Since) >= InvitationTimeout)
        {
            // It may have come, gone and been called again since: that is another invitation.
            var (execution, invited, _) = _invitations.Dequeue();
            if (_held.GetValueOrDefault(execution) == invited)
            {
                Withdraw(execution);
            }
        }
    }

    /// <summary>Executions of a class may be in the database without anybody knowing: it is to be read once.</summary>
    public void Suspect(StartClass startClass)
    {
        StateOf(startClass).IsSuspected = true;
        _behind.Add(startClass);
    }

    /// <summary>Classes that have room for what the database keeps of them.</summary>
    public IReadOnlyList<StartClass> Hungry() => [.. _behind.Where(IsHungryFor)];

    /// <summary>Whether a class has room for one more.</summary>
    public bool HasRoomFor(StartClass startClass, long level) => HasRoomFor(StateOf(startClass), level);

    /// <summary>A class is about to be read; the answer goes to <see cref="EndRead"/>.</summary>
    public long BeginRead(StartClass startClass)
    {
        var state = StateOf(startClass);
        state.IsSuspected = false;
        return state.Refusals;
    }

    /// <summary>A class was read as far as there was room.</summary>
    /// <param name="startClass">The class.</param>
    /// <param name="bestLeft">The level of the first that is left in the database; null when nothing is.</param>
    /// <param name="mark">What <see cref="BeginRead"/> said: who was refused since may not have been seen.</param>
    public void EndRead(StartClass startClass, long? bestLeft, long mark)
    {
        var state = StateOf(startClass);
        if (state.Refusals != mark)
        {
            state.BestLeft = state.BestLeft < bestLeft || bestLeft is null ? state.BestLeft : bestLeft;
            return;
        }

        state.BestLeft = bestLeft;
        if (bestLeft is null && !state.IsSuspected)
        {
            _behind.Remove(startClass);
            Forget(startClass, state);
        }
    }

    private static StartClass ClassOf(TaskOffer offer) => new(offer.Organization, offer.StartLane ?? "");

    private long LevelOf(TaskOffer offer) => OfferRank.LevelOf(offer.Priority, offer.ScheduledAt, ageing);

    private bool IsHungryFor(StartClass startClass)
    {
        var state = _classes[startClass];
        var share = Share;
        return state.IsSuspected
            || (state.BestLeft is { } left && (state.Count <= share / 2 || (left < state.Worst && state.Count <= share * 3 / 2)));
    }

    // Over its share a class gets no more than what goes before something it has; the window's first half is free for all.
    private bool HasRoomFor(ClassState state, long level)
    {
        var share = Share;
        return state.Count < share || _held.Count < size / 2 || (level < state.Worst && state.Count < share * 2);
    }

    private ClassState StateOf(StartClass startClass)
    {
        if (!_classes.TryGetValue(startClass, out var state))
        {
            _classes.Add(startClass, state = new ClassState());
        }

        return state;
    }

    private Held Enter(Guid execution, StartClass startClass, long level)
    {
        var state = StateOf(startClass);
        state.Enter(level);
        var held = new Held(startClass, level);
        _held.Add(execution, held);
        return held;
    }

    private void Leave(Guid execution, Held held)
    {
        _held.Remove(execution);
        var state = _classes[held.Class];
        state.Leave(held.Level);
        Forget(held.Class, state);
    }

    private void Forget(StartClass startClass, ClassState state)
    {
        if (state.Count == 0 && !_behind.Contains(startClass))
        {
            _classes.Remove(startClass);
        }
    }

    // Without offers it has been called and has not come yet.
    private sealed class Held(StartClass startClass, long level)
    {
        public StartClass Class { get; } = startClass;

        public long Level { get; } = level;

        public int Offers { get; set; }
    }

    private sealed class ClassState
    {
        private readonly SortedDictionary<long, int> _byLevel = new(Comparer<long>.Create((left, right) => right.CompareTo(left)));

        public int Count { get; private set; }

        /// <summary>The level in memory that goes last.</summary>
        public long Worst => _byLevel.Count == 0 ? long.MinValue : _byLevel.First().Key;

        /// <summary>The level of what the database keeps that goes first, as far as known; null when it keeps nothing.</summary>
        public long? BestLeft { get; set; }

        /// <summary>Whether the database may keep something that nobody knows of.</summary>
        public bool IsSuspected { get; set; }

        public long Refusals { get; set; }

        public void Enter(long level)
        {
            Count++;
            _byLevel[level] = _byLevel.GetValueOrDefault(level) + 1;
        }

        public void Leave(long level)
        {
            Count--;
            if (--_byLevel[level] == 0)
            {
                _byLevel.Remove(level);
            }
        }
    }
}
