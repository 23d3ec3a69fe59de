using Periplon.Core.Executions;
using Periplon.Core.Tests.Executions;
using Periplon.Core.Workflows;
using static Periplon.Core.Tests.Executions.MachineHarness;

namespace Periplon.Core.Tests.Plans;

/// <summary>What the stages of an orchestration make of top-level tasks.</summary>
public sealed class StagePlanTests
{
    private static readonly TaskDefinition Deploy = new()
    {
        Id = "deploy", Agent = "ops", Description = "Deploy", Condition = new Core.Conditions.Condition.Never(),
    };

    [Fact]
    public void Compile_StageRepeatsATaskWithDescriptionAndAgent_IsTheTaskItself()
    {
        var run = new MachineHarness(Staged([NewTask("build"), Deploy],
            Stage("one", new TaskDefinition { Id = "build", Description = "Build it" }),
            Stage("two", new TaskDefinition { Id = "deploy", Agent = "ops", Description = "Deploy it" }) with { DependsOn = ["one"] }));
        run.Ready.ShouldBe(["build"]);
        run.Complete("build");

        run.State.Status.ShouldBe(ExecutionStatus.Completed);
        run.Task("deploy").Status.ShouldBe(TaskRunStatus.Skipped);
        run.State.Tasks.Keys.ShouldNotContain("two.deploy");
    }

    [Fact]
    public void Compile_StageHasATaskOfItsOwnUnderTheSameId_RunsBoth()
    {
        var run = new MachineHarness(Staged([NewTask("build")], Stage("one", NewTask("build"))));

        run.Ready.ShouldBe(["build", "one.build"]);
    }

    [Fact]
    public void Compile_StageNamesAnotherAgent_IsATaskOfItsOwn()
    {
        var run = new MachineHarness(Staged([Deploy], Stage("one", Deploy with { Agent = "other", Condition = null })));

        run.Ready.ShouldBe(["one.deploy"]);
    }

    [Fact]
    public void Compile_StagesStandAgainstDependencies_TheDependenciesHold()
    {
        var run = new MachineHarness(Staged([NewTask("a", "b"), NewTask("b")],
            Stage("one", new TaskDefinition { Id = "a" }),
            Stage("two", new TaskDefinition { Id = "b" }) with { DependsOn = ["one"] }));
        run.Ready.ShouldBe(["b"]);
        run.Complete("b");
        run.Complete("a");

        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    private static StageDefinition Stage(string name, params TaskDefinition[] tasks) => new() { Stage = name, Tasks = tasks };

    private static WorkflowDefinition Staged(TaskDefinition[] tasks, params StageDefinition[] stages) => Workflow(tasks) with
    {
        Agents = new Dictionary<string, AgentDefinition> { ["ops"] = new() { Id = "ops" }, ["other"] = new() { Id = "other" } },
        Workflows = new Dictionary<string, OrchestrationDefinition> { ["main"] = new() { Id = "main", Steps = stages } },
    };
}
