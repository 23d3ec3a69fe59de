using Periplon.Engine.Membership;

namespace Periplon.Engine.Tests.Membership;

public sealed class BackgroundReminderTests
{
    [Fact]
    public void Look_WhileNobodyAnswers_AsksOnceAndWaitsForNothing()
    {
        var answer = new TaskCompletionSource();
        var asked = 0;
        var reminder = new BackgroundReminder(
            () =>
            {
                asked++;
                return answer.Task;
            },
            _ => Assert.Fail("nothing has failed"));
        reminder.Look().ShouldBeFalse();
        reminder.Look().ShouldBeFalse();
        asked.ShouldBe(1);
        answer.SetResult();
        reminder.Look().ShouldBeTrue();
        asked.ShouldBe(1);
    }

    [Fact]
    public void Look_AfterAFailure_SaysSoAndAsksAgain()
    {
        var failures = new List<Exception>();
        var asked = 0;
        var reminder = new BackgroundReminder(
            () => ++asked < 3 ? Task.FromException(new TimeoutException($"try {asked}")) : Task.CompletedTask, failures.Add);
        Enumerable.Range(0, 4).Select(_ => reminder.Look()).ShouldBe([false, false, false, true]);
        failures.Select(failure => failure.Message).ShouldBe(["try 1", "try 2"]);
    }
}
