using Periplon.Engine;
using Periplon.Engine.Queue;
using Microsoft.Extensions.Options;

namespace Periplon.Simulation;

/// <summary>
/// A cluster, its database, its users and its misfortunes, in one thread and from one seed: every choice is drawn from the seed, so that
/// the same seed is the same history. After some time the misfortunes stop, and everything must come to its end.
/// </summary>
internal sealed partial class World
{
    /// <summary>So long after the last misfortune everything has ended. Clocks were off by two minutes at most.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    /// <summary>After so many steps a world is running in circles.</summary>
    public const int MostSteps = 400_000;

    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(8);

    private static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Step, StepOrder> _steps = new();
    private readonly Queue<Call> _calls = new();
    private readonly Silo[] _silos;
    private readonly SimulatedUsers _users;
    private long _numbers;
    private string? _violation;

    public World(long seed, Protocol? protocol = null, Action<string>? trace = null)
    {
        Seed = seed;
        Random = new SeededRandom((ulong)seed);
        Protocol = protocol ?? new Protocol();
        Trace = trace is null ? null : line => trace($"{Time:mm:ss.fffffff} {line}");
        Faults = new Faults(Random);
        Partitions = new QueuePartitions(Options.Create(new EngineOptions { Partitions = Faults.Partitions }));
        Database = new SimulatedDatabase(this);
        Ledger = new Ledger(this);
        Users = new Silo(this, -1, 1);
        _silos = [.. Enumerable.Range(0, Faults.Silos).Select(index => new Silo(this, index, 1))];
        _users = new SimulatedUsers(this);
    }

    public long Seed { get; }

    public SeededRandom Random { get; }

    public Protocol Protocol { get; }

    public Action<string>? Trace { get; }

    public Faults Faults { get; }

    public QueuePartitions Partitions { get; }

    public SimulatedDatabase Database { get; }

    public Ledger Ledger { get; }

    /// <summary>Where users are: a place outside of the cluster that never fails.</summary>
    public Silo Users { get; }

    /// <summary>The silos as they are now, one life of each.</summary>
    public IReadOnlyList<Silo> Silos => _silos;

    /// <summary>True time, in ticks since the beginning.</summary>
    public long Now { get; private set; }

    /// <summary>True time.</summary>
    public DateTimeOffset Time => Start.AddTicks(Now);

    /// <summary>Whether the misfortunes are over.</summary>
    public bool IsHealed { get; private set; }

    // What has ended is watched for some more seconds, because of those that have not heard of it.
    private bool IsOver => Ledger.Open == 0 && _users.AreDone && (IsHealed || Now > Ledger.LastStoredAt + Aftermath.Ticks);

    /// <summary>How many steps there were.</summary>
    public int Steps { get; private set; }

    /// <summary>Runs the world to its end.</summary>
    /// <exception cref="ViolationException">A promise was broken.</exception>
    public void Run()
    {
        var before = SynchronizationContext.Current;
        try
        {
            Begin();
            while (!IsOver)
            {
                Next();
            }

            Ledger.CheckAtTheEnd();
            Complain();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>A promise was broken: the world ends after this step.</summary>
    public void Violate(string what)
    {
        Trace?.Invoke($"VIOLATION: {what}");
        _violation ??= what;
    }

    public void Enqueue(long at, Step step) => _steps.Enqueue(step, new StepOrder(at, _numbers++));

    /// <summary>Does something after a time, on a silo or, without one, outside of all of them.</summary>
    public void After(TimeSpan delay, Silo? silo, Action action) =>
        Enqueue(Now + Math.Max(1, delay.Ticks), new Step(silo, static state => ((Action)state!)(), action));

    /// <summary>Watches over a call's time-out.</summary>
    public void Watch(Call call) => _calls.Enqueue(call);

    private void Begin()
    {
        foreach (var silo in _silos)
        {
            silo.Worker.Start();
        }

        for (var partition = 0; partition < Partitions.Count; partition++)
        {
            Remind(partition, TimeSpan.FromMilliseconds(10));
        }

        _users.Begin();
        After(Faults.Duration, null, Heal);
    }

    private void Next()
    {
        if (!_steps.TryDequeue(out var step, out var order))
        {
            throw new ViolationException($"at {Time:HH:mm:ss.fff} nothing would ever happen again");
        }

        Now = Math.Max(Now, order.At);
        Steps++;
        while (_calls.TryPeek(out var oldest) && (oldest.IsOver || oldest.Deadline <= Now))
        {
            _calls.Dequeue().TimeOut();
        }

        if (!IsHealed)
        {
            MaybeDisturb();
        }

        Dispatch(step);
        Complain();
        if (Steps > MostSteps)
        {
            throw new ViolationException($"the world runs in circles: {MostSteps} steps at {Time:HH:mm:ss.fff}; {Ledger.Describe()}");
        }

        if (IsHealed && Now > _healedAt + Patience.Ticks)
        {
            throw new ViolationException($"{Patience.TotalMinutes:0} minutes after the last fault not all has ended: {Ledger.Describe()}");
        }
    }

    private void Complain()
    {
        if (_violation is not null)
        {
            throw new ViolationException(_violation);
        }
    }

    private static void Dispatch(Step step)
    {
        if (step.Silo is not { } silo)
        {
            SynchronizationContext.SetSynchronizationContext(null);
            step.Do(step.State);
        }
        else if (silo.IsFrozen)
        {
            silo.Hold(step);
        }
        else if (silo.IsUp)
        {
            SynchronizationContext.SetSynchronizationContext(silo);
            step.Do(step.State);
        }
    }

    // The reminder of each partition brings it to life when nothing else does.
    private void Remind(int partition, TimeSpan delay) => After(delay, null, () =>
    {
        Remind(partition, TimeSpan.FromMinutes(1));
        if (AnyMember() is { } silo)
        {
            silo.Go(async () =>
            {
                try
                {
                    await CallAsync<PartitionActivation, bool>(silo, GrainKey.Partition(partition), static _ => Task.FromResult(true));
                }
                catch (Exception e) when (Failures.IsExpected(e))
                {
                    // The next one comes in a minute.
                }
            });
        }
    });
}
