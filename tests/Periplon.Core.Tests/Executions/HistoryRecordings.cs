using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Migrations;
using Periplon.Core.Retries;
using Periplon.Core.Tests.Retries;

namespace Periplon.Core.Tests.Executions;

/// <summary>What happened in the recorded histories: how each of them was made. Together they hold every kind of event.</summary>
internal static class HistoryRecordings
{
    public static readonly IReadOnlyDictionary<string, Action<MachineHarness>> All = new Dictionary<string, Action<MachineHarness>>
    {
        ["groups-and-handlers"] = run =>
        {
            run.Complete("first", "one\n");
            run.Fail("g.c");
            run.Fail("g.a");
            run.NextTimer();
            run.Fail("g.a");
            run.CompleteAll();
        },
        ["loops"] = run =>
        {
            run.CompleteAll(path => path.StartsWith("each", StringComparison.Ordinal) ? path : null);
            while (!run.State.IsTerminal)
            {
                run.CompleteAll();
                if (!run.State.IsTerminal)
                {
                    run.NextTimer();
                }
            }
        },
        ["matrix-and-switch"] = run =>
        {
            while (run.Ready.Any(path => path[0] == 'm'))
            {
                var next = run.Ready.First();
                run.Report(next, run.Claim(next), TaskOutcome.Completed(new TaskOutput { State = Map("chosen", "right") }));
            }

            run.CompleteAll();
        },
        ["waits"] = run =>
        {
            run.Signal("go", new { n = 1 }, "key-1");
            run.NextTimer();
            run.Do(turn => ExecutionCommands.Signal(
                turn, new SignalReceived { At = run.Now, Kind = WaitKind.Webhook, Name = "paid", Payload = Json(true), By = "shop" }));
            run.NextTimer();
            run.Do(turn => ExecutionCommands.Decide(turn, "yes", true, "ann", "go on"));
            run.NextTimer();
        },
        ["subflows"] = run =>
        {
            run.EndChild("s", ExecutionStatus.Failed);
            run.NextTimer();
            run.EndChild("s", ExecutionStatus.Completed, new { size = 3 });
            run.NextTimer();
            run.EndChild("t", ExecutionStatus.Cancelled);
        },
        ["stages"] = run =>
        {
            run.Complete("notify.0");
            run.Complete("pre_workflow.1");
            run.Complete("pre_workflow.2");
            run.Complete("b");
            run.Complete("a");
            run.Complete("stage:build.on_stage_complete.1");
            run.Fail("c");
            run.CompleteAll();
        },
        ["task-groups"] = run => run.CompleteAll(path => path),
        ["retry"] = run =>
        {
            run.Complete("a", "one\n");
            run.Complete("g.x", "two\n");
            run.Fail("b");
            run.Begin(RetryHarness.CreatedOf(run, new RetryChoice()));
            run.CompleteAll();
        },
        ["skips"] = run =>
        {
            var token = run.Claim("a");
            run.Do(turn => ExecutionCommands.Skip(turn, "a", "ann", "not today", null));
            run.Report("a", token, TaskOutcome.Cancelled());
            run.Do(turn => ExecutionCommands.Skip(turn, "b", "ann", null, Json("by hand")));
            run.CompleteAll();
        },
        // Its file is the second revision; the first one had no task c.
        ["migrated"] = run =>
        {
            var first = MachineHarness.Of("tasks: {a: {RUN}, b: {RUN, depends_on: [a]}}");
            first.Complete("a", "one\n");
            var verdict = MigrationCheck.Check(first.State, first.Journal, run.Plan, 2);
            run.Take(first.MovedTo(verdict));
            run.CompleteAll();
        },
        ["limits"] = run =>
        {
            Grant(run, "", LimitKinds.Concurrency);
            Grant(run, "a", LimitKinds.Concurrency);
            run.Do(turn => ExecutionCommands.Grant(turn, "a", LimitKinds.Rate, run.Now.AddSeconds(6)));
            run.NextTimer();
            run.Complete("a");
            run.Do(turn => ExecutionCommands.Refuse(turn, "b", LimitKinds.Concurrency, "'k' is taken"));
            run.CompleteAll();
        },
        ["rounds"] = run =>
        {
            run.Unmet("a");
            run.Complete("a");
            for (var round = 0; round < 2; round++)
            {
                run.Complete("g.inner.b");
                run.Complete("g.c");
                run.Unmet("g");
            }

            run.Fail("f");
            run.Complete("f", "by the helper");
        },
        ["cancelled"] = run =>
        {
            var a = run.Claim("g.a");
            var l = run.Claim("l[0]");
            run.Report("l[0]", l, TaskOutcome.Returned());
            run.Cancel();
            run.Report("g.a", a, TaskOutcome.Cancelled());
            run.Complete("g.finally.tidy");
            run.Claim("finally.last");
            run.Cancel(kill: true);
            run.NextTimer();
        },
        ["timed-out"] = run =>
        {
            run.Claim("g.a");
            run.Claim("hangs", "lost");
            run.Do(turn =>
            {
                ExecutionCommands.ReturnLost(turn, task => task.Worker == "lost", 0.5);
                return true;
            });
            run.Claim("hangs", "w2");
            while (run.State.TimeLimitReachedAt is null)
            {
                run.NextTimer();
            }

            run.CompleteAll();
        },
        ["fail-fast"] = run =>
        {
            run.Pause();
            run.Resume();
            var lease = run.Claim("b");
            run.Fail("l[1]");
            run.Report("b", lease, TaskOutcome.Cancelled());
        },
    };

    private static void Grant(MachineHarness run, string path, LimitKinds limit) =>
        run.Do(turn => ExecutionCommands.Grant(turn, path, limit, null)).ShouldBeTrue();

    private static JsonElement Json(object value) => JsonSerializer.SerializeToElement(value);

    private static Dictionary<string, JsonElement> Map(string key, object value) => new() { [key] = Json(value) };
}
