using Orleans.Runtime;
using Periplon.Client.Workers;

namespace Periplon.Engine.Membership;

/// <summary>
/// Whether workers and the leases they hold still stand. A worker lives exactly as long as its silo is a member of the cluster.
/// </summary>
internal sealed class WorkerLiveness(IClusterMembershipService membership, SiloFence fence)
{
    /// <summary>Whether a worker's silo is known to be gone.</summary>
    public bool IsDead(string worker) =>
        !SiloAddress.TryParse(worker, null, out var address)
        || !membership.CurrentSnapshot.Members.TryGetValue(address, out var member)
        || member.Status is SiloStatus.Dead;

    /// <summary>
    /// Returns when this silo was shown to be a member. What it recorded after its death has been dealt with, such as when it was frozen
    /// and wakes, would stand until the sweep looks at everything: its offers and messages die with it.
    /// </summary>
    /// <exception cref="TimeoutException">This silo is dead; the call is to be repeated, and then reaches another.</exception>
    public ValueTask RequireMemberAsync() => fence.IsOpen ? ValueTask.CompletedTask : WaitForProofAsync();

    /// <summary>Checks that an execution may hand an attempt to a worker: not to one that is gone.</summary>
    /// <exception cref="TimeoutException">
    /// The worker is gone, or has only just joined; the call is to be repeated. It is no refusal, because a worker that is refused tells
    /// the queue that the offer is settled.
    /// </exception>
    public async ValueTask RequireLiveAsync(string worker, CancellationToken cancellationToken)
    {
        if (IsDead(worker))
        {
            // One that has only just joined may not be in this silo's view yet.
            await membership.Refresh(cancellationToken: cancellationToken);
        }

        if (IsDead(worker))
        {
            throw new TimeoutException($"Worker {worker} is no member of the cluster; repeat the call when it is");
        }
    }

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

    private async ValueTask WaitForProofAsync()
    {
        if (!await fence.PassAsync(CancellationToken.None))
        {
            throw new TimeoutException("This silo has been declared dead by others; repeat the call");
        }
    }
}
