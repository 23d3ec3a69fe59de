using Orleans.Runtime;
using Periplon.Client.Workers;

namespace Periplon.Engine.Membership;

/// <summary>
/// Whether workers and the leases they hold still stand. A worker lives exactly as long as its silo is a member of the cluster.
/// </summary>
internal sealed class WorkerLiveness(IClusterMembershipService membership)
{
    /// <summary>Whether a worker's silo is known to be gone.</summary>
    public bool IsDead(string worker) =>
        !SiloAddress.TryParse(worker, null, out var address)
        || !membership.CurrentSnapshot.Members.TryGetValue(address, out var member)
        || member.Status is SiloStatus.Dead;

    /// <summary>Tokens of leases that no longer stand: their worker is gone, or lives and does not know them.</summary>
    public async Task<HashSet<Guid>> FindLostAsync(
        IGrainFactory grains, IReadOnlyList<(string Worker, Guid Token)> leases, CancellationToken cancellationToken)
    {
        var lost = new HashSet<Guid>();
        if (leases.Count == 0)
        {
            return lost;
        }

        if (leases.Any(lease => IsDead(lease.Worker)))
        {
            // A silo that has only just joined may not be in this silo's view yet.
            await membership.Refresh(cancellationToken: cancellationToken);
        }

        foreach (var ofWorker in leases.GroupBy(lease => lease.Worker))
        {
            var tokens = ofWorker.Select(lease => lease.Token).ToList();
            if (IsDead(ofWorker.Key))
            {
                lost.UnionWith(tokens);
                continue;
            }

            try
            {
                var held = await grains.GetGrain<IWorkerGrain>(ofWorker.Key).HoldsAsync(tokens, cancellationToken);
                lost.UnionWith(tokens.Except(held));
            }
            catch (Exception e) when (e is TimeoutException or OrleansException)
            {
                // No answer says nothing: if the silo is dying, membership will say so.
            }
        }

        return lost;
    }
}
