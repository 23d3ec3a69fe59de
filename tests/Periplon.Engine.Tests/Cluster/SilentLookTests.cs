using System.Collections.Concurrent;
using Periplon.Client.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>Executions that do not answer when their partition looks at them.</summary>
public sealed class SilentLookTests : IAsyncLifetime
{
    private readonly Looks _looks = new();
    private EngineCluster _cluster = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await EngineCluster.StartAsync(
        DatabaseKind.Sqlite,
        configure: engine => (engine.RunsTasks, engine.Partitions, engine.LookTimeout) = (false, 1, TimeSpan.FromMilliseconds(200)),
        silo: silo => silo.AddIncomingGrainCallFilter(_looks));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Recover_OneNeverAnswers_TheOthersAreFoundInTheNextRound()
    {
        var silent = await WithoutOfferAsync();
        using var hold = _looks.Hold(silent);
        await _cluster.PartitionOf(silent).RecoverAsync(Ct);
        await Eventually.TrueAsync("it is asked", () => Task.FromResult(_looks.AskedFor(silent) > 0));

        var other = await WithoutOfferAsync();
        await _cluster.PartitionOf(other).RecoverAsync(Ct);
        (await _cluster.TakeAsync(other)).ExecutionId.ShouldBe(other);
    }

    [Fact]
    public async Task Recover_OneFailsTheFirstTime_IsLookedAtAgainLongBeforeItIsDue()
    {
        var id = await WithoutOfferAsync();
        _looks.Fail(id, times: 1);
        await _cluster.PartitionOf(id).RecoverAsync(Ct);
        (await _cluster.TakeAsync(id)).ExecutionId.ShouldBe(id);
        _looks.AskedFor(id).ShouldBe(2);
    }

    // It has begun, so that it is no start that waits; its other task was offered with the first one, and that offer is lost.
    private async Task<Guid> WithoutOfferAsync()
    {
        var id = await _cluster.RunAsync("", "a", "b");
        (await _cluster.ClaimAsync(await _cluster.TakeAsync(id), Guid.NewGuid())).ShouldNotBeNull();
        await _cluster.DeactivateAsync(_cluster.Execution(id));
        return id;
    }

    private sealed class Looks : IIncomingGrainCallFilter
    {
        private readonly ConcurrentDictionary<string, TaskCompletionSource> _held = [];
        private readonly ConcurrentDictionary<string, int> _failures = [];
        private readonly ConcurrentDictionary<string, int> _asked = [];

        public async Task Invoke(IIncomingGrainCallContext context)
        {
            if (context.MethodName == nameof(IExecutionGrain.LookAsync))
            {
                var key = context.TargetId.Key.ToString()!;
                _asked.AddOrUpdate(key, 1, static (_, count) => count + 1);
                if (_held.TryGetValue(key, out var held))
                {
                    await held.Task;
                }

                if (_failures.TryGetValue(key, out var left) && left > 0)
                {
                    _failures[key] = left - 1;
                    throw new TimeoutException("Its silo has just died");
                }
            }

            await context.Invoke();
        }

        public int AskedFor(Guid execution) => _asked.GetValueOrDefault(execution.ToString("D"));

        public void Fail(Guid execution, int times)
        {
            _asked.TryRemove(execution.ToString("D"), out _);
            _failures[execution.ToString("D")] = times;
        }

        public Release Hold(Guid execution)
        {
            _asked.TryRemove(execution.ToString("D"), out _);
            return new(_held.GetOrAdd(execution.ToString("D"), _ => new(TaskCreationOptions.RunContinuationsAsynchronously)));
        }
    }

    private sealed record Release(TaskCompletionSource Held) : IDisposable
    {
        public void Dispose() => Held.TrySetResult();
    }
}
