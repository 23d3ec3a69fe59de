using Periplon.Core.Executions;
using Periplon.Engine.Limits;
using Periplon.Engine.Queue;

namespace Periplon.Tests.Api;

/// <summary>What waits in the database, and which limits are in use, as the test says; it fails when the other stores do.</summary>
internal sealed class FakeQueueStore(FakeStores stores) : IQueueStore, ILimitStore
{
    public List<QueuedCount> Queued { get; } = [];

    public List<string> LimitKeys { get; } = [];

    public int Counts { get; private set; }

    public Task<IReadOnlyList<QueuedCount>> CountQueuedAsync(string? organization, CancellationToken cancellationToken)
    {
        Counts++;
        return stores.Failure is { } failure
            ? Task.FromException<IReadOnlyList<QueuedCount>>(failure)
            : Task.FromResult<IReadOnlyList<QueuedCount>>([.. Queued.Where(c => organization is null || c.Organization == organization)]);
    }

    public Task<IReadOnlyList<string>> ListKeysAsync(
        string organization, LimitKinds kind, string? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>(
        [
            .. LimitKeys.Where(key => key.StartsWith(organization + "/", StringComparison.Ordinal))
                .Where(key => string.CompareOrdinal(key, after ?? "") > 0).Take(limit),
        ]);

    public Task<IReadOnlyList<DueLook>> ListDueAsync(
        int partition, DateTimeOffset until, DueLook? after, int limit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<DueLook>> ListDueStartsAsync(
        int partition, DateTimeOffset until, DueLook? after, int limit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task MoveLooksAsync(IReadOnlyList<DueLook> looks, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<StartClass?> NextClassAsync(int partition, StartClass? after, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<int?> NextPriorityAsync(int partition, StartClass startClass, long below, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<QueuedStart>> ListQueuedAsync(
        int partition, StartClass startClass, int priority, QueuedStart? after, int limit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
