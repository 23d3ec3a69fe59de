using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using Periplon.Engine.Executions;

namespace Periplon.Engine.Tests.Executions;

public sealed class LateMessagesTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LateMessages _late;
    private int _tries;

    public LateMessagesTests() => _late = new LateMessages(_time, Substitute.For<IHostApplicationLifetime>());

    [Fact]
    public async Task Try_DatabaseIsAwayForHalfAMinute_TellsWhenItIsBack()
    {
        var telling = _late.TryAsync(() => ++_tries < 3 ? throw new TimeoutException() : Task.CompletedTask);
        _tries.ShouldBe(0, "it has just failed");
        foreach (var (seconds, tries) in new[] { (5, 1), (10, 2), (20, 3) })
        {
            telling.IsCompleted.ShouldBeFalse();
            _time.Advance(TimeSpan.FromSeconds(seconds));
            _tries.ShouldBe(tries);
        }

        (await telling).ShouldBeTrue();
    }

    [Fact]
    public async Task Try_NobodyEverAnswers_EndsWhenTheNextLookIsDue()
    {
        var telling = _late.TryAsync(() =>
        {
            _tries++;
            throw new TimeoutException();
        });
        for (var passed = TimeSpan.Zero; passed < ExecutionRows.PatientInterval * 2; passed += TimeSpan.FromSeconds(5))
        {
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        (await telling).ShouldBeFalse();
        _tries.ShouldBe(6);
    }
}
