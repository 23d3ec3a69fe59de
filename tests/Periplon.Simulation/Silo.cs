using Microsoft.Extensions.Options;
using Periplon.Engine;
using Periplon.Engine.Workers;

namespace Periplon.Simulation;

/// <summary>
/// One life of a silo: the context that everything on it runs in, one step at a time. A crash ends it, and with it all that awaits
/// anything on it; what comes back is another life.
/// </summary>
internal sealed class Silo : SynchronizationContext
{
    // A turn takes some time, so that a fault can come between any two.
    private const int LongestTurnTicks = 300;

    private readonly List<Step> _held = [];
    private long _busyUntil;

    public Silo(World world, int index, int life)
    {
        World = world;
        Index = index;
        Life = life;
        Name = $"s{index}.{life}";
        Clock = new SiloClock(this);
        Leases = new LeaseRegistry(Options.Create(new EngineOptions { Slots = world.Faults.Slots }));
        Journal = new SimulatedJournal(this);
        QueueStore = new SimulatedQueueStore(this);
        Signals = new SimulatedSignals(this);
        Children = new SimulatedChildren(this);
        Limits = new SimulatedLimitMessenger(this);
        Worker = new SimulatedWorker(this);
    }

    public World World { get; }

    public int Index { get; }

    public int Life { get; }

    /// <summary>Its address: index and life.</summary>
    public string Name { get; }

    /// <summary>Whether its process exists.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>Whether its process is stopped for a while.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>Whether the cluster takes it for dead. It may live on for some seconds without knowing.</summary>
    public bool IsDeclaredDead { get; set; }

    /// <summary>Whether it is on its way out.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>How far its clock is off.</summary>
    public TimeSpan ClockOffset { get; set; }

    public TimeProvider Clock { get; }

    public DateTimeOffset UtcNow => World.Time + ClockOffset;

    public Dictionary<GrainKey, Activation> Activations { get; } = [];

    public LeaseRegistry Leases { get; }

    public SimulatedJournal Journal { get; }

    public SimulatedQueueStore QueueStore { get; }

    public SimulatedSignals Signals { get; }

    public SimulatedChildren Children { get; }

    public SimulatedLimitMessenger Limits { get; }

    public SimulatedWorker Worker { get; }

    /// <summary>Whether new work may be placed on it.</summary>
    public bool IsMember => IsUp && !IsDeclaredDead;

    public override void Post(SendOrPostCallback d, object? state)
    {
        _busyUntil = Math.Max(_busyUntil, World.Now) + 1 + World.Random.Next(LongestTurnTicks);
        World.Enqueue(_busyUntil, new Step(this, d, state));
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nothing waits in a simulation");

    /// <summary>Runs an action on the silo after a time; its timers count true time, whatever its clock says.</summary>
    public void After(TimeSpan delay, Action action) => World.After(delay, this, action);

    public Task DelayAsync(TimeSpan delay)
    {
        var over = new TaskCompletionSource();
        After(delay, over.SetResult);
        return over.Task;
    }

    /// <summary>Starts work that nobody awaits. It handles its failures itself: one that gets out is a defect.</summary>
    public void Go(Func<Task> work) => Post(static state => Observe(((Silo, Func<Task>))state!), (this, work));

    public void Freeze() => IsFrozen = true;

    public void Thaw()
    {
        IsFrozen = false;
        foreach (var step in _held)
        {
            Post(step.Do, step.State);
        }

        _held.Clear();
    }

    public void Hold(Step step) => _held.Add(step);

    public void End()
    {
        IsUp = false;
        _held.Clear();
        Activations.Clear();
    }

    public override string ToString() => Name;

    private static void Observe((Silo Silo, Func<Task> Work) started) => _ = ObserveAsync(started.Silo, started.Work);

    private static async Task ObserveAsync(Silo silo, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e)
        {
            silo.World.Violate($"work on {silo.Name} that nobody awaits failed: {e}");
        }
    }

    private sealed class SiloClock(Silo silo) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => silo.UtcNow;

        public override long GetTimestamp() => silo.World.Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            throw new NotSupportedException("Timers of a simulation are set with Silo.After");
    }
}
