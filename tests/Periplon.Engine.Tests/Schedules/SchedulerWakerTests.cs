using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Orleans.Runtime;
using Periplon.Client.Schedules;
using Periplon.Engine.Schedules;

namespace Periplon.Engine.Tests.Schedules;

public sealed class SchedulerWakerTests : IDisposable
{
    private static readonly SiloAddress Low = Silo(1);
    private static readonly SiloAddress Own = Silo(2);
    private static readonly SiloAddress High = Silo(3);

    private readonly ISchedulerGrain _scheduler = Substitute.For<ISchedulerGrain>();
    private readonly SchedulerWaker _waker;

    public SchedulerWakerTests()
    {
        var local = Substitute.For<ILocalSiloDetails>();
        local.SiloAddress.Returns(Own);
        var grains = Substitute.For<IGrainFactory>();
        grains.GetGrain<ISchedulerGrain>(Arg.Any<string>(), null).Returns(_scheduler);
        _waker = new SchedulerWaker(
            Substitute.For<IClusterMembershipService>(), local, grains, store: null!,
            options: Options.Create(new ScheduleOptions { Shards = 4 }), time: TimeProvider.System,
            logger: NullLogger<SchedulerWaker>.Instance);
    }

    public void Dispose() => _waker.Dispose();

    [Fact]
    public async Task RunOnce_ThisSiloHasJoined_WakesAllOnce()
    {
        (await RunAsync((Low, SiloStatus.Active), (Own, SiloStatus.Joining))).ShouldBeFalse();
        (await RunAsync((Low, SiloStatus.Active), (Own, SiloStatus.Active))).ShouldBeTrue();
        (await RunAsync((Low, SiloStatus.Active), (Own, SiloStatus.Active))).ShouldBeFalse();
        await _scheduler.Received(4).WakeAsync(Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task RunOnce_ADeath_IsHandledByTheLowestThatLives()
    {
        await RunAsync((Own, SiloStatus.Active), (High, SiloStatus.Active));
        (await RunAsync((Own, SiloStatus.Active), (High, SiloStatus.Dead))).ShouldBeTrue();
        (await RunAsync((Own, SiloStatus.Active), (High, SiloStatus.Dead))).ShouldBeFalse();
        (await RunAsync((Low, SiloStatus.Active), (Own, SiloStatus.Active), (Silo(9), SiloStatus.Dead))).ShouldBeFalse();
    }

    [Fact]
    public async Task RunOnce_SchedulerThatCannotBeReached_DoesNotKeepTheOthersFromIt()
    {
        _scheduler.WakeAsync(Arg.Any<CancellationToken>()).ThrowsAsync(new TimeoutException());
        (await RunAsync((Own, SiloStatus.Active))).ShouldBeTrue();
        await _scheduler.Received(4).WakeAsync(Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task Wake_SchedulerThatDidNotAnswer_IsAskedUntilItDoes()
    {
        var silent = 3;
        _scheduler.WakeAsync(Arg.Any<CancellationToken>()).Returns(
            _ => Interlocked.Decrement(ref silent) >= 0 ? Task.FromException(new TimeoutException()) : Task.CompletedTask);
        await RunAsync((Own, SiloStatus.Active));
        await _scheduler.Received(4).WakeAsync(Arg.Any<CancellationToken>());
        (await _waker.WakeAsync(TestContext.Current.CancellationToken)).ShouldBe(0);
        await _scheduler.Received(7).WakeAsync(Arg.Any<CancellationToken>());
        (await _waker.WakeAsync(TestContext.Current.CancellationToken)).ShouldBe(0);
        await _scheduler.Received(7).WakeAsync(Arg.Any<CancellationToken>());
    }

    private Task<bool> RunAsync(params (SiloAddress Silo, SiloStatus Status)[] members) => _waker.RunOnceAsync(
        new ClusterMembershipSnapshot(
            members.ToImmutableDictionary(m => m.Silo, m => new ClusterMember(m.Silo, m.Status, "silo")), new MembershipVersion(1)),
        TestContext.Current.CancellationToken);

    private static SiloAddress Silo(int port) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), 1);
}
