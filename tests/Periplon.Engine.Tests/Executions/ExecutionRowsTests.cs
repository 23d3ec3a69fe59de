using System.Text;
using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Core.Plans;
using Periplon.Core.Inputs;
using Periplon.Engine.Executions;

namespace Periplon.Engine.Tests.Executions;

public sealed class ExecutionRowsTests
{
    private static readonly Guid Token = Guid.NewGuid();

    [Theory]
    [InlineData("", "a: {sleep: 7200}", "waiting", "sleep", 7200)]
    [InlineData("", "a: {wait_for: {signal: go}}", "waiting", "signal", 3600)]
    [InlineData("", "a: {approval: {timeout_secs: 30}}", "waiting", "approval", 30)]
    [InlineData("", "a: {command: {executable: x}, concurrency: k}, b: {sleep: 7200}", "waiting", "concurrency", 300)]
    [InlineData("concurrency: k", "a: {command: {executable: x}}", "queued", "concurrency", 300)]
    public void Next_ExecutionThatWaits_SaysForWhatAndIsLookedAtInTime(string head, string tasks, string status, string reason, int wakesIn)
    {
        var state = Samples.Begin(Samples.Workflow($"name: demo\nversion: '1'\n{head}\ntasks: {{{tasks}}}"), Samples.Start).State;
        var row = Samples.Row(state);
        (row.Status.ToWord(), row.WaitReason).ShouldBe((status, reason));
        row.NextWakeAt.ShouldBe(Samples.Start.AddSeconds(wakesIn));
    }

    [Fact]
    public void First_NewExecution_IsQueuedAndFoundByItsPlaceInTheQueue()
    {
        var state = Samples.Begin(Samples.Workflow("labels: {team: data}", "a"), Samples.Start).State;
        var row = ExecutionRows.First(state.Created.ExecutionId, state.Created with { Labels = new Dictionary<string, string> { ["team"] = "data" } }, 3);

        row.Status.ShouldBe(ExecutionStatus.Queued);
        row.Partition.ShouldBe(3);
        row.WaitReason.ShouldBe("worker");
        row.NextWakeAt.ShouldBe(row.CreatedAt, "nothing but room wakes it");
        row.Labels.ShouldBe("""{"team":"data"}""");
        ExecutionRows.Next(row, state, Samples.Start).ShouldBeNull();
    }

    [Fact]
    public void Next_ExecutionThatWaitsToBeStarted_IsLookedAtAtItsTimeLimitOnly()
    {
        var state = Samples.Begin(Samples.Workflow("timeout_secs: 86400", "a"), Samples.Start).State;
        var row = Samples.Row(state);
        row.NextWakeAt.ShouldBe(Samples.Start.AddDays(1));
        ExecutionRows.Next(row, state, Samples.Start.AddHours(1)).ShouldBeNull();
        ExecutionRows.Wake(state, Samples.Start.AddHours(1)).ShouldBe(Samples.Start.AddDays(1));

        var unlimited = Samples.Begin(Samples.Workflow("", "a"), Samples.Start).State;
        ExecutionRows.Wake(unlimited, Samples.Start.AddHours(1)).ShouldBe(Samples.Start);
        var old = Samples.Row(unlimited) with { NextWakeAt = Samples.Start.AddMinutes(1) };
        ExecutionRows.Next(old, unlimited, Samples.Start).ShouldNotBeNull().NextWakeAt.ShouldBe(Samples.Start);
    }

    [Fact]
    public void Next_TaskAfterTask_WritesTheRowOnlyWhenTheStatusChanges()
    {
        var state = Samples.Begin(Samples.Workflow("", "a", "b: depends_on: [a]"), Samples.Start).State;
        var row = Samples.Row(state);
        state = Samples.Claim(state, "a", Samples.Start, Token);
        row = ExecutionRows.Next(row, state, Samples.Start).ShouldNotBeNull();
        row.Status.ShouldBe(ExecutionStatus.Running);
        row.StartedAt.ShouldBe(Samples.Start);

        state = Samples.Report(state, "a", Samples.Start.AddSeconds(1), Token, Samples.Done());
        ExecutionRows.Next(row, state, Samples.Start.AddSeconds(1)).ShouldBeNull();
        state = Samples.Claim(state, "b", Samples.Start.AddSeconds(2), Token);
        ExecutionRows.Next(row, state, Samples.Start.AddSeconds(2)).ShouldBeNull();

        var end = Samples.Report(state, "b", Samples.Start.AddSeconds(3), Token, Samples.Done());
        row = ExecutionRows.Next(row, end, Samples.Start.AddSeconds(3)).ShouldNotBeNull();
        (row.Status, row.WaitReason, row.NextWakeAt, row.CompletedAt).ShouldBe((ExecutionStatus.Completed, null, null, Samples.Start.AddSeconds(3)));
    }

    [Fact]
    public void Next_WaitingForARetry_WakesAtItsTimeHoweverFar()
    {
        var state = Samples.Begin(
            Samples.Workflow("", "a: retry: {max_attempts: 2, delay_secs: 3600, max_delay_secs: 3600, jitter: 0}"), Samples.Start).State;
        var row = Samples.Row(state);
        state = Samples.Claim(state, "a", Samples.Start, Token);
        row = ExecutionRows.Next(row, state, Samples.Start)!;
        state = Samples.Report(state, "a", Samples.Start, Token, Samples.Failed());
        row = ExecutionRows.Next(row, state, Samples.Start).ShouldNotBeNull();

        (row.Status, row.WaitReason, row.RetryCount).ShouldBe((ExecutionStatus.Waiting, "retry_delay", 1));
        row.NextWakeAt.ShouldBe(Samples.Start.AddHours(1));
    }

    [Fact]
    public void Next_TimeThatHasPassed_IsWrittenAgainBecauseTheSweepHasMovedItOnSince()
    {
        var state = Samples.Begin(Samples.Workflow("", "a"), Samples.Start).State;
        state = Samples.Claim(state, "a", Samples.Start, Token);
        var row = ExecutionRows.Next(Samples.Row(state), state, Samples.Start.AddMinutes(2)).ShouldNotBeNull();
        row.NextWakeAt.ShouldBe(Samples.Start.AddMinutes(2) + ExecutionRows.SafetyInterval);
    }

    [Fact]
    public void Next_EarlierTimer_IsWritten()
    {
        var state = Samples.Begin(Samples.Workflow("", "a: timeout_secs: 5"), Samples.Start).State;
        var row = Samples.Row(state);
        state = Samples.Claim(state, "a", Samples.Start, Token);
        ExecutionRows.Next(row, state, Samples.Start)!.NextWakeAt.ShouldBe(Samples.Start.AddSeconds(5) + ExecutionPlanner.TimeoutGrace);
    }

    [Fact]
    public void Wake_WaitForAChildWithAFarTimeLimit_IsLookedAtInTime()
    {
        // The end of the child may be lost on its way; nobody may notice for a day.
        var workflow = Samples.Workflow("""
            name: parent
            version: "1"
            subflows: {s: {tasks: {x: {command: {executable: "true"}}}}}
            tasks: {a: {subflow: s, timeout_secs: 86400}}
            """);
        var state = Samples.Begin(workflow, Samples.Start).State;
        state.Status.ShouldBe(ExecutionStatus.Waiting);
        ExecutionRows.Wake(state, Samples.Start).ShouldBe(Samples.Start + ExecutionRows.PatientInterval);
    }

    [Fact]
    public void Receive_SignalsBeyondTheBound_AreRefusedAndThoseKnownAreNot()
    {
        var state = Samples.Begin(Samples.Workflow("", "a"), Samples.Start).State;
        state = Samples.Do(state, Samples.Start, turn =>
        {
            for (var number = 0; number < ExecutionCommands.MaxKeptSignals; number++)
            {
                Signals.Receive(turn, isWebhook: false, "go", null, null, $"key {number}").ShouldBe(SignalStatus.Kept);
            }

            Signals.Receive(turn, isWebhook: false, "go", null, null, "one more").ShouldBe(SignalStatus.Full);
            Signals.Receive(turn, isWebhook: false, "go", null, null, "key 7").ShouldBe(SignalStatus.Repeated);
        });
        state.Signals.Values.Sum(signals => signals.Count).ShouldBe(ExecutionCommands.MaxKeptSignals);
    }

    [Fact]
    public void Next_Failure_NamesTheErrorAndKeepsOutputs()
    {
        var state = Samples.Begin(Samples.Workflow("outputs: {left: 'over'}", "a"), Samples.Start).State;
        var row = Samples.Row(state);
        state = Samples.Claim(state, "a", Samples.Start, Token);
        state = Samples.Report(state, "a", Samples.Start, Token, Samples.Failed("no such table"));
        row = ExecutionRows.Next(row, state, Samples.Start).ShouldNotBeNull();
        row.Status.ShouldBe(ExecutionStatus.Failed);
        row.Error.ShouldNotBeNull().ShouldContain("no such table");
    }

    [Fact]
    public void First_SecretInputs_AreStoredMaskedAndShownMasked()
    {
        var workflow = Samples.Workflow("inputs: {pin: {type: secret}, cred: {type: object, secret: true}, who: {type: string}}", "a");
        var created = Samples.Created(workflow, Samples.Start) with
        {
            Inputs = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>("""{"pin":"hunter2","cred":{"p":"hunter3"},"who":"me"}""")!,
            SecretInputs = SecretInputs.NamesOf(workflow),
        };
        const string Shown = """{"pin":"***","cred":"***","who":"me"}""";
        ExecutionRows.First(created.ExecutionId, created, 0).Inputs.ShouldBe(Shown);
        var state = ExecutionMachine.Start(ExecutionPlan.Compile(workflow), created);
        Encoding.UTF8.GetString(ExecutionViews.Of(state).Inputs.Span).ShouldBe(Shown);
    }

    [Fact]
    public void Next_ErrorWithANulCharacter_IsOneThatEveryDatabaseStores()
    {
        var state = Samples.Begin(Samples.Workflow("", "a"), Samples.Start).State;
        var row = Samples.Row(state);
        state = Samples.Claim(state, "a", Samples.Start, Token);
        state = Samples.Report(state, "a", Samples.Start, Token, Samples.Failed("be\0fore"));
        ExecutionRows.Next(row, state, Samples.Start)!.Error!.ShouldNotContain("\0");
    }
}
