using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
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
    public void TakeDeaths_SeenByTheLowestLiveSilo_AreItsOnce()
    {
        Takes((Own, SiloStatus.Active), (High, SiloStatus.Dead)).ShouldBeTrue();
        Takes((Own, SiloStatus.Active), (High, SiloStatus.Dead)).ShouldBeFalse();
    }

    [Fact]
    public void TakeDeaths_SeenByAnother_AreLeftToTheLowest() =>
        Takes((Low, SiloStatus.Active), (Own, SiloStatus.Active), (High, SiloStatus.Dead)).ShouldBeFalse();

    [Fact]
    public void TakeDeaths_LowestDiesAfterAnotherDeath_AreTheNextOnes()
    {
        Takes((Low, SiloStatus.Active), (Own, SiloStatus.Active), (High, SiloStatus.Dead)).ShouldBeFalse();
        Takes((Low, SiloStatus.Dead), (Own, SiloStatus.Active), (High, SiloStatus.Dead)).ShouldBeTrue();
    }

    [Fact]
    public void TakeDeaths_SeenBeforeThisSiloWasActive_AreItsOnceItIs()
    {
        // The others already take this silo for the lowest and leave the death to it.
        Takes((Own, SiloStatus.Joining), (High, SiloStatus.Dead)).ShouldBeFalse();
        Takes((Own, SiloStatus.Active), (High, SiloStatus.Dead)).ShouldBeTrue();
    }

    [Fact]
    public async Task Handle_ADeath_LooksAtEveryPartitionAtOnceAndSomeTimesMore()
    {
        var handled = _service.HandleAsync(Ct);
        await _queue.Received(4).RecoverAsync(Arg.Any<CancellationToken>());
        var (passed, looks) = (TimeSpan.Zero, 1);
        foreach (var at in RecoveryService.LaterLooks)
        {
            _time.Advance(at - passed - TimeSpan.FromTicks(1));
            await _queue.Received(4 * looks++).RecoverAsync(Arg.Any<CancellationToken>());
            _time.Advance(TimeSpan.FromTicks(1));
            await _queue.Received(4 * looks).RecoverAsync(Arg.Any<CancellationToken>());
            passed = at;
        }

        await handled;
    }

    [Fact]
    public async Task Handle_PartitionThatCannotBeReached_IsToldAgainSoonAndTheOthersAreNot()
    {
        var silent = Substitute.For<IQueueGrain>();
        silent.RecoverAsync(Arg.Any<CancellationToken>())
            .Returns(Task.FromException(new OperationCanceledException("its silo is stopping")), Task.CompletedTask);
        _grains.GetGrain<IQueueGrain>(QueuePartitions.KeyOf(2), null).Returns(silent);
        _ = _service.HandleAsync(Ct);
        await _queue.Received(3).RecoverAsync(Arg.Any<CancellationToken>());
        await silent.Received(1).RecoverAsync(Arg.Any<CancellationToken>());

        _time.Advance(RecoveryService.Pause);
        await silent.Received(2).RecoverAsync(Arg.Any<CancellationToken>());
        await _queue.Received(3).RecoverAsync(Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task Handle_PartitionThatNeverAnswers_IsToldAgainAfterATime()
    {
        _queue.RecoverAsync(Arg.Any<CancellationToken>()).Returns(new TaskCompletionSource().Task);
        _ = _service.HandleAsync(Ct);
        _time.Advance(RecoveryService.AnswerTime);
        await _queue.Received(8).RecoverAsync(Arg.Any<CancellationToken>());
    }

    private bool Takes(params (SiloAddress Silo, SiloStatus Status)[] members) => _service.TakeDeaths(
        new ClusterMembershipSnapshot(
            members.ToImmutableDictionary(m => m.Silo, m => new ClusterMember(m.Silo, m.Status, "silo")), new MembershipVersion(1)));

    private static SiloAddress Silo(int port) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), 1);
}
