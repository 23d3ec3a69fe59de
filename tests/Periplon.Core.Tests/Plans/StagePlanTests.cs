using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Plans;
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

    public static TheoryData<string> FieldsOfTasks => [.. typeof(TaskDefinition).GetProperties()
        .Where(property => property.CanWrite && property.Name is not (nameof(TaskDefinition.Id) or nameof(TaskDefinition.Description)
            or nameof(TaskDefinition.Agent) or nameof(TaskDefinition.Subtasks))
            && !Enum.TryParse<TaskKind>(property.Name, out _))
        .Select(property => property.Name)];

    [Theory]
    [MemberData(nameof(FieldsOfTasks))]
    public void Compile_StageSaysMoreOfATask_IsATaskOfItsOwn(string field)
    {
        var inStage = new TaskDefinition { Id = "build", Description = "Build it" };
        Set(inStage, typeof(TaskDefinition).GetProperty(field)!);

        var plan = ExecutionPlan.Compile(Staged([NewTask("build")], Stage("one", inStage)));

        plan.Tasks.Select(task => task.Path).ShouldContain("one.build");
    }

    [Theory]
    [InlineData(1, "ops")]
    [InlineData(2, null)]
    public void Compile_AgentsOfAStage_AreGivenToItsTasksOnlyIfThereIsOne(int agents, string? expected)
    {
        string[] names = ["ops", "other"];
        var stage = Stage("one", new TaskDefinition { Id = "new", Description = "Look" }) with { Agents = names[..agents] };

        var plan = ExecutionPlan.Compile(Staged([Deploy], stage));

        plan.Tasks.Single(task => task.Id == "new").Definition.Agent.ShouldBe(expected);
    }

    private static readonly JsonElement One = JsonSerializer.SerializeToElement(1);

    // Any value but the one that stands for a field that is left out.
    private static void Set(TaskDefinition task, PropertyInfo field)
    {
        var type = Nullable.GetUnderlyingType(field.PropertyType) ?? field.PropertyType;
        object value = type switch
        {
            _ when type == typeof(string) => "x",
            _ when type == typeof(bool) => true,
            _ when type == typeof(int) => 1,
            _ when type == typeof(double) => 1.0,
            _ when type == typeof(JsonElement) => One,
            _ when type == typeof(IReadOnlyList<string>) => new[] { "x" },
            _ when type == typeof(IReadOnlyDictionary<string, JsonElement>) => new Dictionary<string, JsonElement> { ["x"] = One },
            _ when type == typeof(IReadOnlyDictionary<string, string>) => new Dictionary<string, string> { ["x"] = "y" },
            _ when type == typeof(IReadOnlyDictionary<string, OutputDefinition>) =>
                new Dictionary<string, OutputDefinition> { ["x"] = new() { Value = One } },
            _ when type == typeof(IReadOnlyDictionary<string, TaskDefinition>) =>
                new Dictionary<string, TaskDefinition> { ["x"] = NewTask("x") },
            _ when type == typeof(Core.Conditions.Condition) => new Core.Conditions.Condition.Never(),
            _ when type == typeof(LoopDefinition) => new LoopDefinition.Repeat { Count = 1 },
            _ when type == typeof(NotificationSpec) => new NotificationSpec { Message = "x" },
            _ when type == typeof(DefinitionOfDone) => new DefinitionOfDone { Criteria = [] },
            _ => RuntimeHelpers.GetUninitializedObject(type),
        };
        field.SetValue(task, value);
    }

    private static StageDefinition Stage(string name, params TaskDefinition[] tasks) => new() { Stage = name, Tasks = tasks };

    private static WorkflowDefinition Staged(TaskDefinition[] tasks, params StageDefinition[] stages) => Workflow(tasks) with
    {
        Agents = new Dictionary<string, AgentDefinition> { ["ops"] = new() { Id = "ops" }, ["other"] = new() { Id = "other" } },
        Workflows = new Dictionary<string, OrchestrationDefinition> { ["main"] = new() { Id = "main", Steps = stages } },
    };
}
