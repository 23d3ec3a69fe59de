using Orleans.CodeGeneration;
using Orleans.Concurrency;
using Periplon.Core.Limits;
using Periplon.Core.Workflows;

namespace Periplon.Client.Limits;

/// <summary>
/// One concurrency limit: the authority on who may run under a key. Its places are leases of executions, never a bare counter. Key: that of
/// <see cref="LimitKeys"/>.
/// </summary>
[Alias("Periplon.IConcurrencyGrain"), Version(2)]
public interface IConcurrencyGrain : IGrainWithStringKey
{
    /// <summary>Asks for places and gives them back, in order; the answers are stored before they are given. May be repeated.</summary>
    [Alias("Apply")]
    Task<IReadOnlyList<LimitAnswer>> ApplyAsync(IReadOnlyList<PlaceRequest> requests, CancellationToken cancellationToken);

    /// <summary>Who holds the places and how many wait.</summary>
    [Alias("Describe"), ReadOnly, AlwaysInterleave]
    Task<PlacesView> DescribeAsync(CancellationToken cancellationToken);
}

/// <summary>A place under a limit, or one in its queue.</summary>
/// <param name="Execution">The execution.</param>
/// <param name="Task">Path of the task; empty for the execution itself.</param>
/// <param name="AskedAt">When it asked.</param>
[GenerateSerializer, Immutable, Alias("Periplon.LimitPlace")]
public sealed record LimitPlace(
    [property: Id(0)] Guid Execution, [property: Id(1)] string Task, [property: Id(2)] DateTimeOffset AskedAt)
{
    /// <summary>The same as the limits' rules have it.</summary>
    public LimitHolder ToHolder() => new(Execution, Task, AskedAt);

    /// <summary>The same as a message.</summary>
    /// <param name="holder">The holder.</param>
    public static LimitPlace Of(LimitHolder holder)
    {
        ArgumentNullException.ThrowIfNull(holder);
        return new LimitPlace(holder.Execution, holder.Task, holder.AskedAt);
    }
}

/// <summary>A request for a place, or its return.</summary>
[GenerateSerializer, Immutable, Alias("Periplon.PlaceRequest")]
public sealed record PlaceRequest
{
    /// <summary>Who asks.</summary>
    [Id(0)] public required LimitPlace Place { get; init; }
    /// <summary>Whether it gives its place back or leaves the queue.</summary>
    [Id(1)] public bool Release { get; init; }
    /// <summary>How many places there are, as the asker says. Default: 1.</summary>
    [Id(2)] public int Limit { get; init; } = 1;
    /// <summary>What happens when none is free. Default: it waits.</summary>
    [Id(3)] public LimitStrategy Strategy { get; init; }
}

/// <summary>A concurrency limit as it stands.</summary>
/// <param name="Limit">How many places there are.</param>
/// <param name="Holders">Who holds them, oldest first.</param>
/// <param name="Waiting">How many wait.</param>
[GenerateSerializer, Immutable, Alias("Periplon.PlacesView")]
public sealed record PlacesView(
    [property: Id(0)] int Limit, [property: Id(1)] IReadOnlyList<LimitPlace> Holders, [property: Id(2)] int Waiting);
