using Periplon.Core.Executions;
using Periplon.Engine.Executions;

namespace Periplon.Engine.Tests.Executions;

public sealed class ExecutionNewsTests
{
    private const string Workflow = """
        name: news
        version: "1"
        max_parallel: 3
        tasks:
          a: {command: {executable: "true"}, retry: {max_attempts: 3, delay_secs: 2}}
          loop:
            loop: {type: repeat, count: 6, parallel: true, max_parallel: 2}
            retry: {max_attempts: 2, delay_secs: 1}
            command: {executable: "true"}
          b: {depends_on: [a], command: {executable: "true"}, finally: [{tidy: {command: {executable: "true"}}}]}
        """;

    [Fact]
    public void Ready_AnyTurn_IsWhatTheSetsOfReadyTasksDifferBy()
    {
        var found = 0;
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var now = Samples.Start;
            var state = Samples.Begin(Samples.Workflow(Workflow), now).State;
            for (var step = 0; step < 60 && !state.IsTerminal; step++)
            {
                now = now.AddSeconds(random.Next(3));
                var turn = new ExecutionTurn(state, now);
                Step(turn, random);
                ExecutionPlanner.Advance(turn);
                var ready = ExecutionNews.Ready(state, turn.State, turn.Events).ToList();
                ready.Select(rank => rank.Task.Path).ShouldBe(
                    turn.State.Ready.Except(state.Ready).Select(rank => rank.Task.Path), $"seed {seed}, step {step}");
                found += ready.Count;
                state = turn.State;
            }
        }

        found.ShouldBeGreaterThan(1000);
    }

    private static void Step(ExecutionTurn turn, Random random)
    {
        var state = turn.State;
        switch (random.Next(10))
        {
            case < 4 when !state.Ready.IsEmpty:
                var ready = state.Ready.Max.Task;
                ExecutionCommands.TryStart(turn, ready.Path, state.Task(ready).Attempt, "w", Guid.NewGuid());
                break;
            case < 8 when !state.Running.IsEmpty:
                var running = state.Running.Min.Task;
                var task = state.Task(running);
                ExecutionCommands.Report(turn, running.Path, task.Attempt, task.Token, random.Next(3) > 0 ? Samples.Done() : Samples.Failed(), 0);
                break;
            case 8:
                ExecutionCommands.ReturnLost(turn, _ => random.Next(2) == 0, 0);
                break;
            case 9:
                _ = state.IsPaused ? ExecutionCommands.Resume(turn, null) : ExecutionCommands.Pause(turn, null);
                break;
        }
    }
}
