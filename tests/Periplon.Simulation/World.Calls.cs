using Periplon.Engine.Storage;

namespace Periplon.Simulation;

// Calls between silos: where grains are, and what becomes of messages.
internal sealed partial class World
{
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(30);

    private readonly Dictionary<GrainKey, Silo> _directory = [];
    private readonly Dictionary<(Silo, GrainKey), Silo> _stale = [];

    /// <summary>Calls a grain, wherever it is, and makes it if it is nowhere.</summary>
    public Task<TAnswer> CallAsync<TGrain, TAnswer>(Silo from, GrainKey key, Func<TGrain, Task<TAnswer>> method)
        where TGrain : Activation
    {
        var call = new GrainCall<TGrain, TAnswer>(this, from, key, method, Now + ResponseTimeout.Ticks);
        Watch(call);
        call.Send();
        return call.Answer;
    }

    /// <summary>A silo that lives and that nobody takes for dead; null when there is none.</summary>
    public Silo? AnyMember()
    {
        var first = Random.Next(_silos.Length);
        for (var i = 0; i < _silos.Length; i++)
        {
            if (_silos[(first + i) % _silos.Length] is { IsMember: true } member)
            {
                return member;
            }
        }

        return null;
    }

    /// <summary>The silo of a name, while it is a member of the cluster.</summary>
    public Silo? MemberOf(string name)
    {
        foreach (var silo in _silos)
        {
            if (silo.Name == name)
            {
                return silo.IsDeclaredDead ? null : silo;
            }
        }

        return null;
    }

    public void ForgetPlace(GrainKey key, Silo silo)
    {
        if (_directory.TryGetValue(key, out var known) && known == silo)
        {
            _directory.Remove(key);
        }
    }

    private void ForgetPlaces(Silo silo)
    {
        foreach (var (key, at) in _directory)
        {
            if (at == silo)
            {
                _directory.Remove(key);
            }
        }
    }

    // What a silo believes about where a grain is. One that was declared dead without knowing goes on with what it has.
    private Silo? Route(Silo from, GrainKey key)
    {
        if (key.Kind is GrainKind.Worker)
        {
            return MemberOf(key.Name);
        }

        if (from.IsDeclaredDead && from.Activations.ContainsKey(key))
        {
            return from;
        }

        if (_stale.TryGetValue((from, key), out var stale) && stale.IsUp && stale.Activations.ContainsKey(key))
        {
            return stale;
        }

        if (_directory.TryGetValue(key, out var known))
        {
            return known;
        }

        var chosen = key.Kind is GrainKind.Execution && from.IsMember && from != Users ? from : AnyMember();
        if (chosen is not null)
        {
            _directory[key] = chosen;
        }

        return chosen;
    }

    private static Activation Find(Silo silo, GrainKey key)
    {
        if (silo.Activations.TryGetValue(key, out var known))
        {
            return known;
        }

        Activation made = key.Kind switch
        {
            GrainKind.Execution => new ExecutionActivation(silo, key),
            GrainKind.Partition => new PartitionActivation(silo, key),
            GrainKind.Places => new PlacesActivation(silo, key),
            GrainKind.Rate => new RateActivation(silo, key),
            _ => new WorkerActivation(silo, key),
        };
        silo.Activations.Add(key, made);
        return made;
    }

    private sealed class GrainCall<TGrain, TAnswer>(
        World world, Silo from, GrainKey key, Func<TGrain, Task<TAnswer>> method, long deadline) : Call(deadline)
        where TGrain : Activation
    {
        private static readonly TimeSpan FindsOutLate = TimeSpan.FromMilliseconds(800);

        private readonly TaskCompletionSource<TAnswer> _answer = new();

        public Task<TAnswer> Answer => _answer.Task;

        public override bool IsOver => _answer.Task.IsCompleted;

        public override void TimeOut()
        {
            if (!IsOver)
            {
                // Whoever waits is on a silo, which may be frozen.
                world.After(TimeSpan.Zero, from, () => _answer.TrySetException(new TimeoutException($"no answer from {key}")));
            }
        }

        public void Send()
        {
            if (world.Route(from, key) is not { } target)
            {
                Fail(FindsOutLate);
                return;
            }

            var faults = world.Faults;
            if (!world.IsHealed && world.Random.PerMille(faults.Loss))
            {
                world.Trace?.Invoke($"a message of {from} to {key} on {target} is lost");
                return;
            }

            Deliver(target, hops: 0);
            if (!world.IsHealed && world.Random.PerMille(faults.Duplicates))
            {
                Deliver(target, hops: 0);
            }
        }

        private TimeSpan Latency(Silo target) =>
            !world.IsHealed && world.Random.PerMille(world.Faults.Slow) ? world.Random.Milliseconds(100, 40_000)
            : target == from ? TimeSpan.FromTicks(world.Random.Next(1, 200))
            : TimeSpan.FromTicks(world.Random.Next(500, 30_000));

        private void Deliver(Silo target, int hops)
        {
            if (!target.IsUp)
            {
                Fail(FindsOutLate);
                return;
            }

            world.After(Latency(target), target, () => Arrive(target, hops));
        }

        private void Arrive(Silo target, int hops)
        {
            // A grain that has moved meanwhile is called where it is now.
            if (hops < 2 && key.Kind is not GrainKind.Worker && !target.Activations.ContainsKey(key)
                && world.Route(target, key) is { } other && other != target)
            {
                Deliver(other, hops + 1);
                return;
            }

            _ = RunAsync(target);
        }

        private async Task RunAsync(Silo target)
        {
            try
            {
                var activation = (TGrain)Find(target, key);
                await activation.ReadyAsync();
                var answer = await method(activation);
                Reply(target, () => _answer.TrySetResult(answer));
            }
            catch (Exception e)
            {
                if (!Failures.IsExpected(e))
                {
                    world.Violate($"a call of {key} on {target} failed: {e}");
                }

                // A stale activation is nothing that callers know of: they repeat the call.
                var told = e is JournalConflictException ? new TimeoutException(e.Message) : e;
                Reply(target, () => _answer.TrySetException(told));
            }
        }

        private void Reply(Silo target, Action reply)
        {
            if (!world.IsHealed && world.Random.PerMille(world.Faults.Loss))
            {
                world.Trace?.Invoke($"the answer of {key} on {target} to {from} is lost");
                return;
            }

            world.After(Latency(target), from, reply);
        }

        private void Fail(TimeSpan delay) => world.After(
            delay, from, () => _answer.TrySetException(new SiloUnavailableException($"the silo of {key} is gone")));
    }
}
