using Periplon.Core.Validation;
using Periplon.Core.Workflows;

namespace Periplon.Core.Tests.Validation;

public sealed class BoundRulesTests
{
    private static readonly WorkflowDefinition Empty = new() { Name = "example", Version = "1" };

    [Theory]
    [InlineData("command: {executable: x}, timeout_secs: {0}")]
    [InlineData("command: {executable: x, timeout_secs: {0}}")]
    [InlineData("script: {language: bash, content: x, timeout_secs: {0}}")]
    [InlineData("llm: {provider: echo, model: m, prompt: p, timeout_secs: {0}}")]
    [InlineData("http: {method: GET, url: \"https://example.com\", timeout_secs: {0}}")]
    [InlineData("wait_for: {signal: go, timeout_secs: {0}}")]
    [InlineData("approval: {message: m, timeout_secs: {0}}")]
    [InlineData("command: {executable: x}, loop_control: {timeout_secs: {0}}")]
    public void Timeouts_are_more_than_nothing(string task)
    {
        Codes("0.001").ShouldBeEmpty();
        Codes("0").ShouldBe(["PPL304"]);

        string[] Codes(string seconds) => Checked.Codes($"tasks: {{a: {{{task.Replace("{0}", seconds, StringComparison.Ordinal)}}}}}");
    }

    [Fact]
    public void Timeouts_of_workflow_defaults_and_groups_are_more_than_nothing()
    {
        Checked.Codes("timeout_secs: 0").ShouldBe(["PPL304"]);
        Checked.Codes("defaults: {timeout_secs: 0}").ShouldBe(["PPL304"]);
        Checked.Codes("task_groups: {g: {timeout: 0}}").ShouldBe(["PPL304"]);
        Checked.Codes("timeout_secs: 1\ndefaults: {timeout_secs: 1}\ntask_groups: {g: {timeout: 1}}").ShouldBeEmpty();
        Codes(Empty with { TimeoutSecs = double.NaN }).ShouldBe(["PPL304"]);
        Codes(Empty with { TimeoutSecs = double.PositiveInfinity }).ShouldBe(["PPL304"]);
    }

    [Fact]
    public void Retries_lie_within_their_bounds()
    {
        Task(new() { Id = "a", OnError = new() { Retry = 0, RetryDelaySecs = 0 } }).ShouldBeEmpty();
        Task(new() { Id = "a", Retry = new() { MaxAttempts = 1, DelaySecs = 0, Backoff = 1, Jitter = 1 } }).ShouldBeEmpty();
        Task(new() { Id = "a", OnError = new() { Retry = -1 } }).ShouldBe(["PPL305"]);
        Task(new() { Id = "a", OnError = new() { RetryDelaySecs = -1 } }).ShouldBe(["PPL305"]);
        Task(new() { Id = "a", Retry = new() { MaxAttempts = 0 } }).ShouldBe(["PPL306"]);
        Task(new() { Id = "a", Retry = new() { DelaySecs = -1 } }).ShouldBe(["PPL306"]);
        Task(new() { Id = "a", Retry = new() { MaxDelaySecs = double.NaN } }).ShouldBe(["PPL306"]);
        Task(new() { Id = "a", Retry = new() { Backoff = 0.9 } }).ShouldBe(["PPL306"]);
        Task(new() { Id = "a", Retry = new() { Jitter = 1.1 } }).ShouldBe(["PPL306"]);
        Codes(Empty with { Defaults = new() { Retry = new() { MaxAttempts = 0 } } }).ShouldBe(["PPL306"]);
        Codes(Empty with { Defaults = new() { OnError = new() { Retry = -1 } } }).ShouldBe(["PPL305"]);
        Task(new() { Id = "a", DefinitionOfDone = new() { MaxRetries = -1 } }).ShouldBe(["PPL330"]);
    }

    [Fact]
    public void At_least_one_may_run_at_a_time()
    {
        Codes(Empty with { MaxParallel = 1 }).ShouldBeEmpty();
        Codes(Empty with { MaxParallel = 0 }).ShouldBe(["PPL317"]);
        Task(new() { Id = "a", Matrix = new() { MaxParallel = 0 } }).ShouldBe(["PPL317"]);
        Checked.Codes("task_groups: {g: {max_concurrency: 1}}").ShouldBeEmpty();
        Checked.Codes("task_groups: {g: {max_concurrency: 0}}").ShouldBe(["PPL317"]);
    }

    [Fact]
    public void Limits_let_something_through()
    {
        Task(new() { Id = "a", Concurrency = new("k"), RateLimit = new("k", 1), Cache = new("k", 1) }).ShouldBeEmpty();
        Task(new() { Id = "a", Limits = new() { MaxStdoutBytes = 0 } }).ShouldBeEmpty();
        Task(new() { Id = "a", Concurrency = new("k", 0) }).ShouldBe(["PPL324"]);
        Task(new() { Id = "a", RateLimit = new("k", 0) }).ShouldBe(["PPL324"]);
        Task(new() { Id = "a", RateLimit = new("k", 1, 0) }).ShouldBe(["PPL324"]);
        Task(new() { Id = "a", Cache = new("k", 0) }).ShouldBe(["PPL324"]);
        Task(new() { Id = "a", Limits = new() { MaxStdoutBytes = -1 } }).ShouldBe(["PPL324"]);
        Task(new() { Id = "a", Context = new() { MinRelevance = 1.1 } }).ShouldBe(["PPL324"]);
        Codes(Empty with { Limits = new() { MaxContextTasks = -1 } }).ShouldBe(["PPL324"]);
    }

    private static string[] Task(TaskDefinition task) =>
        Codes(Empty with { Tasks = new Dictionary<string, TaskDefinition> { ["a"] = task with { Command = new() { Executable = "x" } } } });

    private static string[] Codes(WorkflowDefinition workflow) => [.. WorkflowValidator.Validate(workflow).Select(d => d.Code)];
}
