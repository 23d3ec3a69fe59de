namespace Periplon.Simulation;

/// <summary>Which grain.</summary>
internal readonly record struct GrainKey(GrainKind Kind, Guid Id, string Name)
{
    public static GrainKey Execution(Guid id) => new(GrainKind.Execution, id, "");

    public static GrainKey Partition(int partition) => new(GrainKind.Partition, Guid.Empty, partition.ToString());

    public static GrainKey Places(string key) => new(GrainKind.Places, Guid.Empty, key);

    public static GrainKey Rate(string key) => new(GrainKind.Rate, Guid.Empty, key);

    public static GrainKey Worker(string silo) => new(GrainKind.Worker, Guid.Empty, silo);

    public override string ToString() => $"{Kind} {(Id == Guid.Empty ? Name : Id.ToString()[^6..])}";
}

internal enum GrainKind
{
    Execution,
    Partition,
    Places,
    Rate,
    Worker,
}

/// <summary>One activation of a grain on one silo.</summary>
internal abstract class Activation(Silo silo, GrainKey key)
{
    private Task? _ready;

    public Silo Silo { get; } = silo;

    public World World => Silo.World;

    public GrainKey Key { get; } = key;

    public bool IsDeactivated { get; private set; }

    /// <summary>Completes when the activation is ready for calls.</summary>
    public Task ReadyAsync() => _ready ??= TryActivateAsync();

    /// <summary>Takes no further calls; those under way go on. The next call makes another activation.</summary>
    public void Deactivate()
    {
        IsDeactivated = true;
        if (Silo.Activations.TryGetValue(Key, out var known) && known == this)
        {
            Silo.Activations.Remove(Key);
            World.ForgetPlace(Key, Silo);
        }
    }

    protected virtual Task ActivateAsync() => Task.CompletedTask;

    private async Task TryActivateAsync()
    {
        try
        {
            await ActivateAsync();
        }
        catch (Exception)
        {
            Deactivate();
            throw;
        }
    }

    /// <summary>Runs work on the activation after a time, unless it is gone by then.</summary>
    protected void After(TimeSpan delay, Func<Task> work) => Silo.After(delay, () =>
    {
        if (!IsDeactivated)
        {
            Silo.Go(work);
        }
    });
}

/// <summary>A call that somebody waits for.</summary>
internal abstract class Call(long deadline)
{
    public long Deadline { get; } = deadline;

    public abstract bool IsOver { get; }

    /// <summary>No answer came: whether the call was carried out is unknown.</summary>
    public abstract void TimeOut();
}

internal static class Failures
{
    /// <summary>Whether an exception is one of those that a call may end with when something fails, as opposed to a defect.</summary>
    public static bool IsExpected(Exception e) =>
        e is TimeoutException or SiloUnavailableException or DatabaseAwayException or Engine.Storage.JournalConflictException
            or InconsistentStoreException or ObjectDisposedException;
}

/// <summary>The silo of a call is gone.</summary>
internal sealed class SiloUnavailableException(string message) : Exception(message);

/// <summary>The database does not answer.</summary>
internal sealed class DatabaseAwayException() : Exception("the database is away");

/// <summary>Another activation has written the state of a grain: this one is stale.</summary>
internal sealed class InconsistentStoreException() : Exception("the stored state is not the one that was read");
