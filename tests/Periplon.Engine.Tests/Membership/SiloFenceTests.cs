using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using Orleans.Runtime;
using Periplon.Client.Workers;
using Periplon.Engine.Membership;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Tests.Membership;

public sealed class SiloFenceTests : IDisposable
{
    private static readonly SiloAddress Own = Silo(1);
    private static readonly SiloAddress Peer = Silo(2);

    private readonly FakeTimeProvider _time = new();
    private readonly Table _membership = new();
    private readonly IWorkerGrain _peer = Substitute.For<IWorkerGrain>();
    private readonly IGrainFactory _grains = Substitute.For<IGrainFactory>();
    private readonly EngineInstruments _instruments = new();
    private readonly LeaseRegistry _leases;
    private readonly SiloFence _fence;

    public SiloFenceTests()
    {
        var options = Options.Create(new EngineOptions { FenceAfter = TimeSpan.FromSeconds(3) });
        var local = Substitute.For<ILocalSiloDetails>();
        local.SiloAddress.Returns(Own);
        _grains.GetGrain<IWorkerGrain>(Peer.ToParsableString(), null).Returns(_peer);
        _leases = new LeaseRegistry(options);
        _fence = new SiloFence(_membership, local, _grains, _leases, _instruments, options, _time, NullLogger<SiloFence>.Instance);
        Members((Own, SiloStatus.Active), (Peer, SiloStatus.Active));
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _fence.Dispose();
        _leases.Dispose();
        _instruments.Dispose();
    }

    [Fact]
    public async Task RunOnce_TableIsAwayAndMostOthersAreDead_FindsTheOneThatAnswers()
    {
        await _fence.RunOnceAsync(Ct);
        foreach (var dead in Enumerable.Range(3, 9).Select(Silo))
        {
            var worker = Substitute.For<IWorkerGrain>();
            worker.StatsAsync(Arg.Any<CancellationToken>()).Returns<WorkerStats>(_ => throw new TimeoutException());
            _grains.GetGrain<IWorkerGrain>(dead.ToParsableString(), null).Returns(worker);
        }

        Members([(Own, SiloStatus.Active), (Peer, SiloStatus.Active), .. Enumerable.Range(3, 9).Select(port => (Silo(port), SiloStatus.Active))]);
        _membership.Read = () => Task.FromException(new TimeoutException("the database is away"));
        _time.Advance(TimeSpan.FromSeconds(3));
        (await _fence.RunOnceAsync(Ct)).ShouldBeTrue();
        await _peer.Received().StatsAsync(Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task Pass_AfterAFreeze_WaitsForTheTable()
    {
        (await _fence.RunOnceAsync(Ct)).ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(20));
        _fence.IsOpen.ShouldBeFalse("nothing shows yet that the silo was not declared dead meanwhile");

        var table = new TaskCompletionSource();
        _membership.Read = () => table.Task;
        var passing = _fence.PassAsync(Ct).AsTask();
        passing.IsCompleted.ShouldBeFalse();
        table.SetResult();
        (await passing).ShouldBeTrue();
    }

    [Fact]
    public async Task Pass_DeclaredDeadDuringAFreeze_IsRefusedAndTheAttemptsAreStopped()
    {
        await _fence.RunOnceAsync(Ct);
        var token = Guid.NewGuid();
        var attempt = _leases.Add(token, Ct);
        _time.Advance(TimeSpan.FromSeconds(20));
        Members((Own, SiloStatus.Dead), (Peer, SiloStatus.Active));

        (await _fence.PassAsync(Ct)).ShouldBeFalse();
        (await _fence.RunOnceAsync(Ct)).ShouldBeFalse();
        await Storage.Eventually.TrueAsync("the attempt is stopped", () => Task.FromResult(attempt.IsCancellationRequested));
        _leases.IsHandedBack(token).ShouldBeTrue();
        Members((Own, SiloStatus.Active));
        (await _fence.RunOnceAsync(Ct)).ShouldBeFalse("death is final");
    }

    [Fact]
    public async Task Pass_RowOfThisSiloIsGone_CountsAsDeath()
    {
        await _fence.RunOnceAsync(Ct);
        Members((Peer, SiloStatus.Active));
        _time.Advance(TimeSpan.FromSeconds(3));
        (await _fence.PassAsync(Ct)).ShouldBeFalse();
        _fence.IsDead.ShouldBeTrue();
    }

    [Fact]
    public async Task RunOnce_BeforeTheSiloHasJoined_IsNoDeath()
    {
        Members((Peer, SiloStatus.Active));
        (await _fence.RunOnceAsync(Ct)).ShouldBeTrue("the proof of its making still stands");
        _fence.IsDead.ShouldBeFalse();
        Members((Own, SiloStatus.Active));
        _time.Advance(TimeSpan.FromSeconds(3));
        (await _fence.PassAsync(Ct)).ShouldBeTrue();
    }

    [Fact]
    public async Task RunOnce_TableAwayAndAnotherMemberAnswers_StaysOpen()
    {
        TableIsAway();
        for (var i = 0; i < 60; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            (await _fence.RunOnceAsync(Ct)).ShouldBeTrue();
        }

        await _peer.Received().StatsAsync(Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task RunOnce_TableAwayAndAlone_StaysOpen()
    {
        Members((Own, SiloStatus.Active));
        TableIsAway();
        _time.Advance(TimeSpan.FromMinutes(1));
        (await _fence.RunOnceAsync(Ct)).ShouldBeTrue("nobody is there who could declare it dead");
    }

    [Fact]
    public async Task RunOnce_CutOffFromTableAndMembers_StopsAttemptsOnceAndOpensAgainAfterwards()
    {
        TableIsAway();
        _peer.StatsAsync(Arg.Any<CancellationToken>()).Returns<WorkerStats>(_ => throw new TimeoutException());
        await _fence.RunOnceAsync(Ct);
        var attempt = _leases.Add(Guid.NewGuid(), Ct);
        _time.Advance(TimeSpan.FromSeconds(4));
        (await _fence.RunOnceAsync(Ct)).ShouldBeFalse();
        attempt.IsCancellationRequested.ShouldBeFalse("first it only holds back");
        _time.Advance(TimeSpan.FromSeconds(4));
        (await _fence.RunOnceAsync(Ct)).ShouldBeFalse();
        await Storage.Eventually.TrueAsync("the attempt is stopped", () => Task.FromResult(attempt.IsCancellationRequested));

        _membership.Read = () => Task.CompletedTask;
        (await _fence.RunOnceAsync(Ct)).ShouldBeTrue();
        (await _fence.PassAsync(Ct)).ShouldBeTrue();
    }

    [Fact]
    public async Task RequireMember_DeclaredDeadDuringAFreeze_IsRefusedSoThatNothingIsCommitted()
    {
        var liveness = new WorkerLiveness(_membership, _fence);
        await _fence.RunOnceAsync(Ct);
        await liveness.RequireMemberAsync();
        _time.Advance(TimeSpan.FromSeconds(20));
        Members((Own, SiloStatus.Dead), (Peer, SiloStatus.Active));
        (await Should.ThrowAsync<TimeoutException>(liveness.RequireMemberAsync().AsTask())).Message.ShouldContain("declared dead");
    }

    [Fact]
    public async Task RequireLive_WorkerThatIsGone_IsNoRefusalButToBeRepeated()
    {
        var liveness = new WorkerLiveness(_membership, _fence);
        await liveness.RequireLiveAsync(Peer.ToParsableString(), Ct);
        Members((Own, SiloStatus.Active), (Peer, SiloStatus.Dead));
        (await Should.ThrowAsync<TimeoutException>(liveness.RequireLiveAsync(Peer.ToParsableString(), Ct).AsTask()))
            .Message.ShouldContain(Peer.ToParsableString());
    }

    private void TableIsAway() => _membership.Read = () => Task.FromException(new TimeoutException("the table is away"));

    private void Members(params (SiloAddress Silo, SiloStatus Status)[] members) => _membership.CurrentSnapshot = new(
        members.ToImmutableDictionary(m => m.Silo, m => new ClusterMember(m.Silo, m.Status, "silo")), new MembershipVersion(1));

    private static SiloAddress Silo(int port) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), 1);

    private sealed class Table : IClusterMembershipService
    {
        public Func<Task> Read { get; set; } = () => Task.CompletedTask;

        public ClusterMembershipSnapshot CurrentSnapshot { get; set; } = null!;

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public ValueTask Refresh(MembershipVersion minimumVersion, CancellationToken cancellationToken) => new(Read());

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
    }
}
