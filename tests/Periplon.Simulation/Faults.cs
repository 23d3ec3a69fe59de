namespace Periplon.Simulation;

/// <summary>How a world is made and how unlucky it is, drawn from its seed.</summary>
internal sealed class Faults
{
    public Faults(SeededRandom random)
    {
        Silos = random.Next(1, 4);
        Partitions = random.Next(1, 3);
        Slots = random.Next(1, 5);
        Executions = random.Next(1, 4);
        Duration = random.Milliseconds(3_000, random.OneIn(3) ? 90_000 : 25_000);

        // One world in eight has nothing but its own delays against it.
        var isCalm = random.OneIn(8);
        Every = isCalm ? 0 : random.OneIn(4) ? random.Next(15, 80) : random.Next(60, 500);
        ClocksJump = random.OneIn(2);
        LongestJump = random.OneIn(3) ? TimeSpan.FromSeconds(5) : TimeSpan.FromMinutes(2);
        Loss = isCalm || random.OneIn(3) ? 0 : random.Next(1, 60);
        Duplicates = isCalm || random.OneIn(3) ? 0 : random.Next(1, 60);
        Slow = isCalm || random.OneIn(3) ? 0 : random.Next(1, 40);
        Ambiguous = isCalm || random.OneIn(3) ? 0 : random.Next(1, 80);
    }

    public int Silos { get; }

    public int Partitions { get; }

    public int Slots { get; }

    /// <summary>Executions that users start; their children come on top.</summary>
    public int Executions { get; }

    public TimeSpan Duration { get; }

    /// <summary>One step in so many brings a fault; 0 for never.</summary>
    public int Every { get; }

    public bool ClocksJump { get; }

    public TimeSpan LongestJump { get; }

    /// <summary>Messages of a thousand that never arrive.</summary>
    public int Loss { get; }

    /// <summary>Messages of a thousand that arrive twice.</summary>
    public int Duplicates { get; }

    /// <summary>Messages of a thousand that arrive seconds late.</summary>
    public int Slow { get; }

    /// <summary>Commits of a thousand whose answer is an error, whether they were stored or not.</summary>
    public int Ambiguous { get; }
}
