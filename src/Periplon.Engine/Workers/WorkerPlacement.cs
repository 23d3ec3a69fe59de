using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Periplon.Engine.Workers;

/// <summary>Places a worker grain on the silo whose address is its key.</summary>
[Serializable, GenerateSerializer, Immutable, Alias("Periplon.OwnSiloPlacement")]
internal sealed class OwnSiloPlacement : PlacementStrategy;

/// <summary>See <see cref="OwnSiloPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OwnSiloPlacementAttribute() : PlacementAttribute(new OwnSiloPlacement());

internal sealed class OwnSiloPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        var own = target.GrainIdentity.Key.ToString();

        // A worker whose silo is gone answers from anywhere: it holds nothing.
        return Task.FromResult(silos.FirstOrDefault(silo => silo.ToParsableString() == own) ?? silos[0]);
    }
}
