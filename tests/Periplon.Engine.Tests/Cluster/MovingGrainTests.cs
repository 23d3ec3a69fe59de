using Orleans.Core.Internal;
using Periplon.Client.Queue;
using Periplon.Core.Executions;
using Periplon.Engine.Queue;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>
/// Grains that have to move, as they do after the death of the silo that kept their addresses: they go when nobody waits in them any more,
/// and whoever calls meanwhile waits too.
/// </summary>
public sealed class MovingGrainTests
{
    // Half of what it took when workers waited for twenty seconds.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Partition_ThatMovesWhileWorkersWaitInIt_HandsOutWorkSoon()
    {
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, configure: engine => engine.Partitions = 1);
        await cluster.EndAsync(await cluster.RunAsync("", "a"));
        var partition = cluster.Client.GetGrain<IQueueGrain>(QueuePartitions.KeyOf(0));
        var began = TimeProvider.System.GetTimestamp();

        await partition.AsReference<IGrainManagementExtension>().DeactivateOnIdle(TestContext.Current.CancellationToken);
        var ended = await cluster.EndAsync(await cluster.RunAsync("", "a"));

        ended.Status.ShouldBe(ExecutionStatus.Completed.ToWord());
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(Bound);
    }

    [Fact]
    public async Task Take_ThatIsNotAnswered_LeavesTheSlotsToOtherPartitions()
    {
        var hanging = QueuePartitions.KeyOf(0);
        var hung = new TaskCompletionSource();
        await using var cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, silo: silo => silo.AddIncomingGrainCallFilter(
            call => call.TargetId.ToString().EndsWith(hanging, StringComparison.Ordinal) && call.MethodName == nameof(IQueueGrain.TakeAsync)
                ? hung.Task
                : call.Invoke()));
        var partitions = cluster.Service<QueuePartitions>();
        var workflow = await cluster.SaveAsync("", "a");
        await cluster.TryStartAsync(workflow, IdIn(partitions, 0));
        var began = TimeProvider.System.GetTimestamp();

        for (var i = 0; i < 3; i++)
        {
            var id = IdIn(partitions, 1);
            await cluster.TryStartAsync(workflow, id);
            (await cluster.EndAsync(id)).Status.ShouldBe(ExecutionStatus.Completed.ToWord());
        }

        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(Bound);
        hung.SetException(new TimeoutException("the partition was left alone"));
    }

    private static Guid IdIn(QueuePartitions partitions, int partition)
    {
        while (true)
        {
            var id = Guid.CreateVersion7();
            if (partitions.Of(id) == partition)
            {
                return id;
            }
        }
    }
}
