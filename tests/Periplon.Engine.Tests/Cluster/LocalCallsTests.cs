using System.Collections.Concurrent;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>What goes without grain calls when an execution lives on the silo of its worker and of who waits for it.</summary>
public sealed class LocalCallsTests : IAsyncLifetime
{
    private readonly ConcurrentBag<string> _calls = [];
    private EngineCluster _cluster = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await EngineCluster.StartAsync(
        DatabaseKind.Sqlite,
        silo: silo => silo.AddIncomingGrainCallFilter(call =>
        {
            _calls.Add(call.MethodName);
            return call.Invoke();
        }));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Report_ExecutionOfThisSilo_NeedsNoCall()
    {
        var id = await _cluster.RunAsync("", "a", "b: depends_on: [a]");
        (await _cluster.EndAsync(id)).Status.ShouldBe("completed");
        _calls.ShouldContain(nameof(IExecutionGrain.CreateAsync));
        _calls.ShouldNotContain(nameof(IExecutionGrain.ReportAsync));
    }

    [Fact]
    public async Task Report_ExecutionHasLeftMemory_IsACall()
    {
        _cluster.Attempts.Hold("a");
        var id = await _cluster.RunAsync("", "a");
        await Eventually.TrueAsync("a has begun", () => Task.FromResult(_cluster.Attempts.Begun.Count == 1));
        await _cluster.DeactivateAsync(_cluster.Execution(id));
        _cluster.Attempts.Release();
        (await _cluster.EndAsync(id)).Status.ShouldBe("completed");
        _calls.ShouldContain(nameof(IExecutionGrain.ReportAsync));
        (await _cluster.EventsAsync(id)).OfType<TaskCompleted>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Watch_ExecutionOfThisSilo_HearsOfItsEnd()
    {
        var workflow = await _cluster.SaveAsync("", "a");
        var id = Guid.CreateVersion7();
        using var watch = Watches.Begin(id).ShouldNotBeNull();
        watch.IsHere.ShouldBeFalse();
        Watches.Begin(id).ShouldBeNull("one watches already");
        await _cluster.TryStartAsync(workflow, id);
        watch.IsHere.ShouldBeTrue();
        (await watch.End.WaitAsync(TimeSpan.FromMinutes(1), Ct)).ShouldNotBeNull().Status.ShouldBe("completed");
        _calls.ShouldNotContain(nameof(IExecutionGrain.WaitForEndAsync));
    }

    [Fact]
    public async Task Watch_ExecutionLeavesMemory_HearsThatItLeft()
    {
        _cluster.Attempts.Hold("a");
        var workflow = await _cluster.SaveAsync("", "a");
        var id = Guid.CreateVersion7();
        using (var watch = Watches.Begin(id).ShouldNotBeNull())
        {
            await _cluster.TryStartAsync(workflow, id);
            await _cluster.DeactivateAsync(_cluster.Execution(id));
            (await watch.End.WaitAsync(TimeSpan.FromMinutes(1), Ct)).ShouldBeNull();
        }

        Watches.Find(id).ShouldBeNull();
    }

    private EndWatches Watches => _cluster.Service<EndWatches>();
}
