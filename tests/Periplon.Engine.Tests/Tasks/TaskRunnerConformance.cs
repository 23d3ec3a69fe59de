using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks;

namespace Periplon.Engine.Tests.Tasks;

/// <summary>What every runner promises, whatever it runs.</summary>
public abstract class TaskRunnerConformance : IDisposable
{
    private protected TaskFixture Worker { get; } = new();

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A task that ends well and puts out a text.</summary>
    private protected abstract TaskDefinition Says(string text);

    /// <summary>A task that puts out the key of its attempt; null for kinds that have nobody to tell it.</summary>
    private protected abstract TaskDefinition? SaysAttemptKey();

    /// <summary>A task that would never end; it logs a line, from which the test knows that it is under way.</summary>
    private protected abstract TaskDefinition Hangs();

    /// <summary>A task that refers to something that does not exist, strictly.</summary>
    private protected abstract TaskDefinition RefersToNothing();

    /// <summary>The workflow around the task.</summary>
    private protected virtual WorkflowDefinition Surroundings { get; } = new() { Name = "test", Version = "1" };

    private AttemptRequest Request(TaskDefinition task) => Worker.Request(task, Surroundings);

    /// <summary>What the log receives when <see cref="Says"/> runs.</summary>
    private protected virtual string LoggedAs(string text) => text;

    [Fact]
    public async Task Run_EndsWell_IsCompletedWithItsTextAndLogged()
    {
        var outcome = await Worker.RunAsync(Request(Says("hello")), Ct);

        outcome.Failure.ShouldBeNull();
        outcome.Kind.ShouldBe(TaskOutcomeKind.Completed);
        outcome.Output!.Text!.TrimEnd().ShouldBe("hello");
        Worker.Log.Stdout.ShouldContain("hello");
    }

    [Fact]
    public async Task Run_KnowsItsAttemptKey()
    {
        if (SaysAttemptKey() is { } task)
        {
            var outcome = await Worker.RunAsync(Request(task) with { Attempt = 3 }, Ct);

            outcome.Output!.Text!.Trim().ShouldBe($"{Worker.ExecutionId}/{task.Id}/3");
        }
    }

    [Fact]
    public async Task Cancel_WhileItRuns_IsCancelled()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var running = Worker.RunAsync(Request(Hangs()), cancel.Token);
        await Worker.Log.LineAsync("", Ct);
        await cancel.CancelAsync();

        (await running).Kind.ShouldBe(TaskOutcomeKind.Cancelled);
    }

    [Fact]
    public async Task Cancel_BeforeItStarts_IsCancelled() =>
        (await Worker.RunAsync(Request(Hangs()), new CancellationToken(canceled: true))).Kind.ShouldBe(TaskOutcomeKind.Cancelled);

    [Fact]
    public async Task Run_LongerThanItsLimit_FailsWithTimeout()
    {
        var outcome = await Worker.RunAsync(Request(Hangs() with { TimeoutSecs = 0.3 }), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Timeout);
        outcome.Failure.Message.ShouldContain("0.3 s");
    }

    [Fact]
    public async Task Run_SecretInTheOutput_IsMaskedEverywhere()
    {
        var workflow = Surroundings with
        {
            Secrets = new Dictionary<string, SecretDefinition> { ["key"] = new(new SecretSource.Value("s3cr3t-value")) },
        };
        var outcome = await Worker.RunAsync(Worker.Request(Says("the key is ${secret.key}"), workflow), Ct);

        outcome.Output!.Text!.TrimEnd().ShouldBe("the key is ***");
        Worker.Log.Entries.ShouldNotContain(entry => entry.Line.Contains("s3cr3t"));
        Worker.Log.Stdout.ShouldContain("the key is ***");
    }

    [Fact]
    public async Task Run_ReferenceToNothing_FailsWithInput() =>
        (await Worker.RunAsync(Request(RefersToNothing()), Ct)).Failure!.Kind.ShouldBe(FailureKinds.Input);

    [Fact]
    public async Task Run_LargeText_IsCutInTheJournalAndWholeInTheStore()
    {
        var text = string.Join("\n", Enumerable.Range(1, 20_000));
        var outcome = await Worker.RunAsync(Request(Says("${workflow.text}")) with
        {
            Values = new Dictionary<string, System.Text.Json.JsonElement> { ["workflow.text"] = System.Text.Json.JsonSerializer.SerializeToElement(text) },
        }, Ct);

        outcome.Failure.ShouldBeNull();
        outcome.Output!.Truncated.ShouldBeTrue();
        outcome.Output.Text!.TrimEnd().ShouldEndWith("19999\n20000");
        outcome.Output.Text.ShouldStartWith("[... ");
        System.Text.Encoding.UTF8.GetString(Worker.Artifacts[outcome.Output.Artifact!]).TrimEnd().ShouldBe(text);
        outcome.Output.Size.ShouldBe(outcome.Output.Artifact!.Size);
    }

    [Fact]
    public async Task Run_StoreIsDown_FailsWithOutput()
    {
        Worker.Artifacts.IsDown = true;
        var outcome = await Worker.RunAsync(Request(Says("${workflow.text}")) with
        {
            Values = new Dictionary<string, System.Text.Json.JsonElement>
            {
                ["workflow.text"] = System.Text.Json.JsonSerializer.SerializeToElement(new string('x', 90_000)),
            },
        }, Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Output);
        outcome.Failure.Message.ShouldContain("the store is down");
    }

    public virtual void Dispose()
    {
        Worker.Dispose();
        GC.SuppressFinalize(this);
    }
}
