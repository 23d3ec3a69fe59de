using Microsoft.Extensions.Options;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Tests.Workers;

public sealed class LeaseRegistryTests : IDisposable
{
    private readonly LeaseRegistry _leases = new(Options.Create(new EngineOptions { Slots = 4, Tags = ["gpu"] }));
    private readonly Guid _token = Guid.NewGuid();

    public void Dispose() => _leases.Dispose();

    [Fact]
    public void Add_Claim_IsHeldUntilItIsRemoved()
    {
        _leases.Add(_token, CancellationToken.None);
        _leases.Holds(_token).ShouldBeTrue();
        _leases.Stats().Running.ShouldBe(1);
        _leases.Remove(_token);
        _leases.Remove(_token);
        _leases.Holds(_token).ShouldBeFalse();
        _leases.Count.ShouldBe(0);
    }

    [Fact]
    public void Stop_HeldAndUnknownClaims_FiresOnlyTheirTokens()
    {
        var stopped = _leases.Add(_token, CancellationToken.None);
        var other = _leases.Add(Guid.NewGuid(), CancellationToken.None);
        _leases.Stop([_token, Guid.NewGuid()]);
        stopped.IsCancellationRequested.ShouldBeTrue();
        other.IsCancellationRequested.ShouldBeFalse();
        _leases.Remove(_token);
        _leases.Stop([_token]);
    }

    [Fact]
    public void Add_WorkerThatIsAbandoned_FiresEveryToken()
    {
        using var abandon = new CancellationTokenSource();
        var attempt = _leases.Add(_token, abandon.Token);
        abandon.Cancel();
        attempt.IsCancellationRequested.ShouldBeTrue();
    }

    [Fact]
    public void Stop_AttemptWhoseStopBlocks_DoesNotHoldUpTheOthers()
    {
        // What an attempt registers on its token may take its time or fail; the grain that brings the stop must not wait for it.
        using var release = new ManualResetEventSlim();
        var first = Guid.NewGuid();
        _leases.Add(first, CancellationToken.None).Token.Register(() => throw new InvalidOperationException("a defect"));
        _leases.Add(_token, CancellationToken.None).Token.Register(release.Wait);
        var last = Guid.NewGuid();
        var other = _leases.Add(last, CancellationToken.None);
        _leases.Stop([first, _token, last]);
        other.IsCancellationRequested.ShouldBeTrue();
        release.Set();
    }

    [Fact]
    public void Drain_Worker_IsSeenAndStopsNothingThatRuns()
    {
        var attempt = _leases.Add(_token, CancellationToken.None);
        _leases.Drain();
        _leases.Drain();
        _leases.Draining.IsCancellationRequested.ShouldBeTrue();
        attempt.IsCancellationRequested.ShouldBeFalse();
        _leases.Stats().Draining.ShouldBeTrue();
    }

    [Fact]
    public void Stats_Ends_AreCounted()
    {
        _leases.OnEnded(Samples.Done());
        _leases.OnEnded(Samples.Failed());
        _leases.OnEnded(Samples.Failed());
        var stats = _leases.Stats();
        (stats.Slots, stats.Completed, stats.Failed).ShouldBe((4, 1, 2));
        stats.Tags.ShouldBe(["gpu"]);
    }
}
