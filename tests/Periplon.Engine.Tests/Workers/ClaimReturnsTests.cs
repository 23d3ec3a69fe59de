using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using Periplon.Client.Executions;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Tests.Workers;

public sealed class ClaimReturnsTests : IDisposable
{
    private static readonly TaskClaim Claim = new() { Task = "a", Attempt = 1, Worker = "w", Token = Guid.NewGuid() };

    private readonly LeaseRegistry _leases = new(Options.Create(new EngineOptions()));
    private readonly FakeTimeProvider _time = new();
    private readonly IExecutionGrain _execution = Substitute.For<IExecutionGrain>();
    private readonly TaskCompletionSource<TaskLease?> _asking = new();
    private readonly ClaimReturns _returns;
    private int _failures;
    private int _reports;

    public ClaimReturnsTests()
    {
        _returns = new ClaimReturns(_leases, _time, NullLogger<ClaimReturns>.Instance);
        _execution.ReportAsync(Arg.Is<TaskReport>(report => report.Token == Claim.Token), Arg.Any<CancellationToken>()).Returns(_ =>
        {
            _reports++;
            return _failures-- > 0 ? Task.FromException<ReportStatus>(new TimeoutException()) : Task.FromResult(ReportStatus.Accepted);
        });
    }

    public void Dispose() => _leases.Dispose();

    [Fact]
    public async Task Begin_CallTimesOutAndTheDatabaseComesBackLater_GoesBackAndIsHeldUntilThen()
    {
        _failures = 3;
        var returning = _returns.BeginAsync(_execution, Claim, _asking.Task);
        _leases.Holds(Claim.Token).ShouldBeTrue();
        _asking.SetException(new TimeoutException());
        _reports.ShouldBe(1);
        foreach (var milliseconds in new[] { 50, 100, 200 })
        {
            _leases.Holds(Claim.Token).ShouldBeTrue("a look must not take the worker for lost");
            returning.IsCompleted.ShouldBeFalse();
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        }

        await returning;
        _reports.ShouldBe(4);
        _leases.Holds(Claim.Token).ShouldBeFalse();
    }

    [Fact]
    public async Task Begin_CallIsRefusedLate_ReportsNothing()
    {
        var returning = _returns.BeginAsync(_execution, Claim, _asking.Task);
        _asking.SetResult(null);
        await returning;
        _reports.ShouldBe(0);
        _leases.Holds(Claim.Token).ShouldBeFalse();
    }

    [Fact]
    public async Task Begin_WorkerLeavesAndNobodyAnswers_EndsAfterOneMoreTry()
    {
        _failures = int.MaxValue;
        _asking.SetException(new TimeoutException());
        var returning = _returns.BeginAsync(_execution, Claim, _asking.Task);
        returning.IsCompleted.ShouldBeFalse();
        _leases.Drain();
        await returning;
        _reports.ShouldBe(2);
    }
}
