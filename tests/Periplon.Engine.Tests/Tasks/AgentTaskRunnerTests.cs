using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Models;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks;
using static Periplon.Engine.Tests.Tasks.TaskFixture;

namespace Periplon.Engine.Tests.Tasks;

public sealed class AgentTaskRunnerTests : TaskRunnerConformance
{
    private static readonly Dictionary<string, AgentDefinition> Agents = new()
    {
        ["echo"] = new() { Id = "echo", Provider = ModelProvider.Echo },
        ["slow"] = new() { Id = "slow", Provider = ModelProvider.Ollama },
        ["full"] = new()
        {
            Id = "full", Provider = ModelProvider.Codex, Model = "own-model", Description = "knows ${agent.topic}",
            SystemPrompt = "be ${workflow.mood}", Cwd = "agents/${workflow.mood}", CreateCwd = true, Tools = ["Read", "Write"], MaxTurns = 7,
            Permissions = new PermissionsDefinition("acceptEdits", ["/srv/${workflow.mood}"]),
            Inputs = new Dictionary<string, InputDefinition> { ["topic"] = new() { Type = "string", Default = Json("\"bees\"") } },
        },
        ["plain"] = new() { Id = "plain" },
    };

    private static WorkflowDefinition Workflow { get; } = new()
    {
        Name = "test", Version = "1", Agents = Agents, Provider = ModelProvider.Codex, Model = "shared-model",
    };

    private protected override TaskDefinition Says(string text) => Task("echo", text);

    private protected override TaskDefinition? SaysAttemptKey() => null;

    private protected override TaskDefinition Hangs() => Task("slow", "wait");

    private protected override TaskDefinition RefersToNothing() => Task("full", "write");

    private protected override WorkflowDefinition Surroundings => Workflow;

    [Fact]
    public async Task Run_AgentWithEverything_IsToldAllOfIt()
    {
        var request = Worker.Request(Task("full", "do ${workflow.what}"), Workflow) with
        {
            Attempt = 2,
            Values = new Dictionary<string, JsonElement> { ["workflow.mood"] = Json("\"calm\""), ["workflow.what"] = Json("\"it\"") },
        };
        (await Worker.RunAsync(request, Ct)).Failure.ShouldBeNull();

        var (system, prompt, origin) = Worker.Recording.Asked.ShouldHaveSingleItem();
        (system, prompt).ShouldBe(("be calm\n\nknows bees", "do it"));
        origin.Target.ShouldBe(new() { Provider = ModelProvider.Codex, Model = "own-model" });
        origin.Directory.ShouldBe(Path.Combine(Worker.Directory, "agents/calm"));
        Directory.Exists(origin.Directory).ShouldBeTrue();
        (origin.Agent, origin.PermissionMode, origin.MaxTurns).ShouldBe(("full", "acceptEdits", 7));
        origin.Tools.ShouldBe(["Read", "Write"]);
        origin.AllowedDirectories.ShouldBe(["/srv/calm"]);
        origin.Attempt.ShouldBe(2);
    }

    [Fact]
    public async Task Run_AgentThatNamesLittle_TakesTheWorkflows()
    {
        await Worker.RunAsync(Worker.Request(Task("plain", "go"), Workflow with { Cwd = "shared", CreateCwd = true }), Ct);

        var origin = Worker.Recording.Asked.ShouldHaveSingleItem().Origin;
        origin.Target.ShouldBe(new() { Provider = ModelProvider.Codex, Model = "shared-model" });
        origin.Directory.ShouldBe(Path.Combine(Worker.Directory, "shared"));
        origin.PermissionMode.ShouldBe("default");
    }

    [Fact]
    public async Task Run_ReferenceThatNobodyKnows_StaysInThePrompt()
    {
        var request = Worker.Request(Task("echo", "review ${workflow.nothing} of ${workflow.who}"), Workflow) with
        {
            Values = new Dictionary<string, JsonElement> { ["workflow.who"] = Json("\"Ada\"") },
        };

        (await Worker.RunAsync(request, Ct)).Output!.Text.ShouldBe("review ${workflow.nothing} of Ada");
    }

    [Fact]
    public async Task Run_ContextAndFeedback_StandAroundTheDescription()
    {
        var request = Worker.Request(Task("echo", "write it"), Workflow) with { Context = "So far: nothing", Feedback = "It is missing" };

        (await Worker.RunAsync(request, Ct)).Output!.Text.ShouldBe("So far: nothing\n\nwrite it\n\nIt is missing");
    }

    [Theory]
    [InlineData(null, true, "acceptEdits")]
    [InlineData("unmet", false, "acceptEdits")]
    [InlineData("unmet", true, "bypassPermissions")]
    public async Task Run_AfterUnmetCriteria_HasAllPermissionsWhenTheTaskSaysSo(string? feedback, bool elevate, string mode)
    {
        var task = Task("full", "go") with { DefinitionOfDone = new DefinitionOfDone { AutoElevatePermissions = elevate } };
        await Worker.RunAsync(Worker.Request(task, Workflow) with
        {
            Feedback = feedback, Values = new Dictionary<string, JsonElement> { ["workflow.mood"] = Json("\"calm\"") },
        }, Ct);

        Worker.Recording.Asked.ShouldHaveSingleItem().Origin.PermissionMode.ShouldBe(mode);
    }

    [Fact]
    public async Task Run_FallbackAgent_GetsTheDescriptionOfAnyTask()
    {
        var script = Bash("exit 1") with { Description = "make ${workflow.what}", Output = "made.txt" };
        var request = Worker.Request(script, Workflow) with
        {
            Agent = "echo", Values = new Dictionary<string, JsonElement> { ["workflow.what"] = Json("\"tea\"") },
        };

        (await Worker.RunAsync(request, Ct)).Output!.Text.ShouldBe("make tea");
        (await File.ReadAllTextAsync(Path.Combine(Worker.Directory, "made.txt"), Ct)).ShouldBe("make tea");
    }

    [Fact]
    public async Task Run_TaskOfNoKind_TakesTheDefaultAgent()
    {
        var workflow = Workflow with { Defaults = new TaskDefaults { Agent = "echo" } };

        (await Worker.RunAsync(Worker.Request(new TaskDefinition { Id = "job", Description = "hello" }, workflow), Ct))
            .Output!.Text.ShouldBe("hello");
    }

    [Fact]
    public async Task Run_CommandLinesInTheAnswer_SetOutputsAndState()
    {
        var output = (await Worker.RunAsync(
            Worker.Request(Says("Here:\n::set-output score=7\n::set-state phase=two"), Workflow), Ct)).Output!;

        output.Values!["score"].GetInt32().ShouldBe(7);
        output.State!["phase"].GetString().ShouldBe("two");
    }

    [Fact]
    public async Task Run_Scripted_AnswersEveryProviderAndSetsValues()
    {
        var script = ModelScriptParser.Parse(
            "default: {answer: '${agent} of ${provider}', outputs: {list: [1, '2'], text: \"a\\nb\"}, state: {phase: '3'}}").Script;
        using var worker = new TaskFixture(options => options.ModelScript = script);
        var task = Task("plain", "x") with
        {
            Outputs = new Dictionary<string, OutputDefinition> { ["both"] = new() { Value = Json("\"${task.output}: ${task.outputs.list[1]}\"") } },
        };
        var output = (await worker.RunAsync(worker.Request(task, Workflow with { Provider = ModelProvider.Claude }), Ct)).Output!;

        output.Text.ShouldBe("plain of claude");
        output.Values!["text"].GetString().ShouldBe("a\nb");
        output.Values["both"].GetString().ShouldBe("plain of claude: 2");
        output.State!["phase"].GetString().ShouldBe("3");
    }

    [Fact]
    public async Task Run_ScriptedFailure_IsTheTasks()
    {
        var script = ModelScriptParser.Parse("default: {fail: {kind: limit, message: 'too many for ${task}'}}").Script;
        using var worker = new TaskFixture(options => options.ModelScript = script);

        (await worker.RunAsync(worker.Request(Says("x"), Workflow), Ct)).Failure.ShouldBe(new TaskFailure("limit", "too many for job"));
    }

    [Fact]
    public async Task Run_UnknownAgent_NamesTheKnownOnes()
    {
        var outcome = await Worker.RunAsync(Worker.Request(Task("nobody", "x"), Workflow), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.Input);
        outcome.Failure.Message.ShouldContain("the agent 'nobody'; the workflow has: echo, full, plain, slow");
    }

    [Fact]
    public async Task Run_NoDescription_SaysThatItIsThePrompt() =>
        (await Worker.RunAsync(Worker.Request(Task("echo", " "), Workflow), Ct)).Failure!.Message.ShouldContain("no description");

    [Fact]
    public async Task Run_MissingWorkingDirectory_IsNotMade()
    {
        var workflow = Workflow with
        {
            Agents = new Dictionary<string, AgentDefinition> { ["a"] = new() { Id = "a", Provider = ModelProvider.Echo, Cwd = "nowhere" } },
        };
        var outcome = await Worker.RunAsync(Worker.Request(Task("a", "x"), workflow), Ct);

        outcome.Failure!.Message.ShouldContain("The cwd 'nowhere' of the agent 'a' is");
    }

    private static TaskDefinition Task(string agent, string description) => new() { Id = "job", Agent = agent, Description = description };
}
