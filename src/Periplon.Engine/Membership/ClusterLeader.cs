using Orleans.Runtime;

namespace Periplon.Engine.Membership;

/// <summary>
/// Who does what one silo of a cluster is enough for: the lowest that lives. Silos see changes at different times, so for a moment two may
/// lead, or none; what leaders do is harmless twice, and is done again.
/// </summary>
internal static class ClusterLeader
{
    /// <summary>Whether a silo leads, as one view of the cluster has it.</summary>
    public static bool IsLedBy(this ClusterMembershipSnapshot snapshot, SiloAddress silo) => silo.Equals(
        snapshot.Members.Values.Where(member => member.Status is SiloStatus.Active).Select(member => member.SiloAddress).Min());
}
