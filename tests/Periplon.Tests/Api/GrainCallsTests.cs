using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Periplon.Api;
using Periplon.Api.Requests;

namespace Periplon.Tests.Api;

public sealed class GrainCallsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ApiOptions _options = new();
    private readonly TaskCompletionSource<int> _answer = new();
    private int _calls;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private GrainCalls Calls => new(_time, Options.Create(_options));

    [Fact]
    public async Task Retry_CallThatIsNeverAnswered_EndsAtTheDeadlineAndNamesTheId()
    {
        var call = Calls.RetryAsync(Ask, "the-id", Ct);
        _time.Advance(_options.AnswerTimeout - TimeSpan.FromTicks(1));
        call.IsCompleted.ShouldBeFalse();

        _time.Advance(TimeSpan.FromTicks(1));
        var problem = (await Should.ThrowAsync<ApiProblemException>(call)).Problem;
        (problem.Status, problem.Id, problem.RetryAfterSeconds).ShouldBe((503, "the-id", 1));
        _calls.ShouldBe(1);
    }

    [Fact]
    public async Task Retry_CallsThatTimeOut_ShareOneDeadline()
    {
        var call = Calls.RetryAsync(
            async () =>
            {
                _calls++;
                await Task.Delay(TimeSpan.FromSeconds(8), _time, Ct);
                return _calls < 9 ? throw new TimeoutException() : 0;
            },
            id: null, Ct);
        _time.Advance(TimeSpan.FromSeconds(8));
        _time.Advance(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(6));
        (await Should.ThrowAsync<ApiProblemException>(call)).Problem.Status.ShouldBe(503);
        _calls.ShouldBe(2);
    }

    [Fact]
    public async Task Retry_CallThatWaits_GetsItsWaitBesideTheDeadline()
    {
        var call = Calls.RetryAsync(Ask, TimeSpan.FromSeconds(60), id: null, Ct);
        _time.Advance(TimeSpan.FromSeconds(61));
        _answer.SetResult(7);
        (await call).ShouldBe((7, 1));
    }

    private Task<int> Ask()
    {
        _calls++;
        return _answer.Task;
    }
}
