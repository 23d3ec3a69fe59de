namespace Periplon.Simulation;

// What goes wrong: at any step, as often as the seed says.
internal sealed partial class World
{
    private static readonly TimeSpan DetectsFreeze = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    private long _healedAt;

    /// <summary>Until when the database does not answer.</summary>
    public long DatabaseAwayUntil { get; private set; }

    private void MaybeDisturb()
    {
        if (Faults.Every == 0 || !Random.OneIn(Faults.Every))
        {
            return;
        }

        var silo = Random.Any(_silos);
        switch (Random.Next(20))
        {
            case < 6:
                Crash(silo, "crashes");
                break;
            case < 9:
                Freeze(silo, Random.OneIn(2) ? Random.Milliseconds(50, 5_000) : Random.Milliseconds(5_000, 30_000));
                break;
            case < 11 when Faults.ClocksJump:
                silo.ClockOffset = Random.OneIn(4) ? TimeSpan.Zero : Random.Span(-Faults.LongestJump, Faults.LongestJump);
                Trace?.Invoke($"the clock of {silo} is off by {silo.ClockOffset}");
                break;
            case < 14:
                Split();
                break;
            case < 15:
                Trace?.Invoke("all silos crash");
                Array.ForEach([.. _silos], one => Crash(one, "crashes with all"));
                break;
            case < 16:
                DeclareDead(silo);
                Abort(silo, Random.Milliseconds(0, 3_000));
                break;
            case < 17:
                var away = Random.Milliseconds(10, 20_000);
                DatabaseAwayUntil = Now + away.Ticks;
                Trace?.Invoke($"the database is away for {away}");
                break;
            case < 18:
                Leave(silo);
                break;
            default:
                Collect(silo);
                break;
        }
    }

    private void Crash(Silo silo, string how)
    {
        if (!silo.IsUp)
        {
            return;
        }

        Trace?.Invoke($"{silo} {how}");
        silo.End();
        After(Random.Milliseconds(700, 2_000), null, () => DeclareDead(silo));
        ComeBack(silo);
    }

    private void ComeBack(Silo silo) => After(Random.Milliseconds(500, 15_000), null, () =>
    {
        DeclareDead(silo);
        if (_silos[silo.Index] == silo)
        {
            var next = new Silo(this, silo.Index, silo.Life + 1);
            Trace?.Invoke($"{next} starts");
            _silos[silo.Index] = next;
            next.Worker.Start();
        }
    });

    private void Freeze(Silo silo, TimeSpan time)
    {
        if (!silo.IsUp || silo.IsFrozen)
        {
            return;
        }

        Trace?.Invoke($"{silo} is frozen for {time}");
        silo.Freeze();
        if (time > DetectsFreeze)
        {
            After(DetectsFreeze, null, () => DeclareDead(silo));
        }

        After(time, null, () =>
        {
            if (!silo.IsUp || !silo.IsFrozen)
            {
                return;
            }

            Trace?.Invoke($"{silo} goes on");
            silo.Thaw();
            if (silo.IsDeclaredDead)
            {
                // It finds out with its next look at the membership.
                Abort(silo, Random.Milliseconds(0, 3_000));
            }
        });
    }

    private void Abort(Silo silo, TimeSpan delay) => After(delay, null, () => Crash(silo, "finds itself declared dead and ends"));

    private void DeclareDead(Silo silo)
    {
        if (silo.IsDeclaredDead)
        {
            return;
        }

        Trace?.Invoke($"{silo} is declared dead");
        silo.IsDeclaredDead = true;
        ForgetPlaces(silo);
        if (_silos.FirstOrDefault(one => one.IsMember) is { } leader)
        {
            leader.Go(() => RecoverAsync(leader));
        }
    }

    // What the recovery service does on the lowest live silo.
    private async Task RecoverAsync(Silo leader)
    {
        for (var partition = 0; partition < Partitions.Count; partition++)
        {
            try
            {
                await CallAsync<PartitionActivation, bool>(leader, GrainKey.Partition(partition), static queue => queue.RecoverAsync());
            }
            catch (Exception e) when (Failures.IsExpected(e))
            {
                // Its sweep finds the work.
            }
        }
    }

    // Two activations of one grain at once: the directory forgets the first, and some silos go on calling it.
    private void Split()
    {
        var holders = _silos.Where(silo => silo.IsUp && silo.Activations.Count > 0).ToList();
        if (holders.Count == 0)
        {
            return;
        }

        var silo = Random.Any(holders);
        var key = silo.Activations.Keys.ElementAt(Random.Next(silo.Activations.Count));
        Trace?.Invoke($"{key} on {silo} is forgotten by the directory");
        ForgetPlace(key, silo);
        foreach (var other in _silos)
        {
            if (Random.OneIn(3))
            {
                _stale[(other, key)] = silo;
            }
        }
    }

    private void Leave(Silo silo)
    {
        if (!silo.IsMember || silo.IsFrozen || silo.IsLeaving)
        {
            return;
        }

        Trace?.Invoke($"{silo} drains");
        silo.IsLeaving = true;
        silo.Go(async () =>
        {
            // It is a member until its worker has stopped, or the host waits no longer.
            await Task.WhenAny(silo.Worker.StopAsync(), silo.DelayAsync(ShutdownTimeout));
            Trace?.Invoke($"{silo} has left");
            silo.End();
            DeclareDead(silo);
            ComeBack(silo);
        });
    }

    // What is idle is collected, at the worst times.
    private void Collect(Silo silo)
    {
        if (silo.IsUp && silo.Activations.Count > 0)
        {
            var activation = silo.Activations.ElementAt(Random.Next(silo.Activations.Count)).Value;
            if (activation is ExecutionActivation or PlacesActivation or RateActivation)
            {
                Trace?.Invoke($"{activation.Key} on {silo} is collected");
                activation.Deactivate();
            }
        }
    }

    private void Heal()
    {
        Trace?.Invoke("the faults are over");
        IsHealed = true;
        _healedAt = Now;
        DatabaseAwayUntil = 0;
        _stale.Clear();
        foreach (var silo in _silos)
        {
            silo.ClockOffset = TimeSpan.Zero;
        }
    }
}
