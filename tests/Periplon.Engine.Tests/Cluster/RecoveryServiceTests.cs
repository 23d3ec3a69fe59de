using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Orleans.Runtime;
using Periplon.Client.Queue;
using Periplon.Engine.Membership;
using Periplon.Engine.Queue;

namespace Periplon.Engine.Tests.Cluster;

public sealed class RecoveryServiceTests : IDisposable
{
    private static readonly SiloAddress Low = Silo(1);
    private static readonly SiloAddress Own = Silo(2);
    private static readonly SiloAddress High = Silo(3);

    private readonly IQueueGrain _queue = Substitute.For<IQueueGrain>();
    private readonly IGrainFactory _grains = Substitute.For<IGrainFactory>();
    private readonly FakeTimeProvider _time = new();
    private readonly RecoveryService _service;

    public RecoveryServiceTests()
    {
        var local = Substitute.For<ILocalSiloDetails>();
        local.SiloAddress.Returns(Own);
        _grains.GetGrain<IQueueGrain>(Arg.Any<string>(), null).Returns(_queue);
        var partitions = new QueuePartitions(Options.Create(new EngineOptions { Partitions = 4 }));
        _service = new RecoveryService(
            Substitute.For<IClusterMembershipService>(), local, _grains, partitions, new Executions.MemoryJournal(),
            _time, NullLogger<RecoveryService>.Instance);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task RunOnce_DeathSeenByTheLowestLiveSilo_LooksAtEveryPartitionOnce()
    {
        (await RunAsync((Own, SiloStatus.Active), (High, SiloStatus.Dead))).ShouldBe(1);
        (await RunAsync((Own, SiloStatus.Active), (High, SiloStatus.Dead))).ShouldBe(0);
        await _queue.Received(4).RecoverAsync(Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task RunOnce_DeathSeenByAnother_IsLeftToTheLowest()
    {
        (await RunAsync((Low, SiloStatus.Active), (Own, SiloStatus.Active), (High, SiloStatus.Dead))).ShouldBe(0);
        await _queue.DidNotReceive().RecoverAsync(Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task RunOnce_LowestDiesAfterAnotherDeath_BothAreHandledByTheNext()
    {
        await RunAsync((Low, SiloStatus.Active), (Own, SiloStatus.Active), (High, SiloStatus.Dead));
        (await RunAsync((Low, SiloStatus.Dead), (Own, SiloStatus.Active), (High, SiloStatus.Dead))).ShouldBe(2);
    }

    [Fact]
    public async Task RunOnce_DeathSeenBeforeThisSiloWasActive_IsHandledOnceItIs()
    {
        // The others already take this silo for the lowest and leave the death to it.
        (await RunAsync((Own, SiloStatus.Joining), (High, SiloStatus.Dead))).ShouldBe(0);
        (await RunAsync((Own, SiloStatus.Active), (High, SiloStatus.Dead))).ShouldBe(1);
    }

    [Fact]
    public async Task RunOnce_PartitionThatCannotBeReached_DoesNotKeepTheOthersFromIt()
    {
        _queue.RecoverAsync(Arg.Any<CancellationToken>()).ThrowsAsync(new OperationCanceledException("its silo is stopping"));
        (await RunAsync((Own, SiloStatus.Active), (High, SiloStatus.Dead))).ShouldBe(1);
        await _queue.Received(4).RecoverAsync(Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task LookAgain_SomeTimeAfterADeath_LooksAtEveryPartitionOnceMore()
    {
        var look = _service.LookAgainAsync(Ct);
        _time.Advance(RecoveryService.SecondLook - TimeSpan.FromTicks(1));
        await _queue.DidNotReceive().RecoverAsync(Arg.Any<CancellationToken>());

        _time.Advance(TimeSpan.FromTicks(1));
        await look;
        await _queue.Received(4).RecoverAsync(Arg.Any<CancellationToken>());
    }

    private Task<int> RunAsync(params (SiloAddress Silo, SiloStatus Status)[] members) => _service.RunOnceAsync(
        new ClusterMembershipSnapshot(
            members.ToImmutableDictionary(m => m.Silo, m => new ClusterMember(m.Silo, m.Status, "silo")), new MembershipVersion(1)),
        Ct);

    private static SiloAddress Silo(int port) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), 1);
}
