using Periplon.Core.Validation;
using Periplon.Core.Workflows;

namespace Periplon.Core.Tests.Validation;

/// <summary>Large files take time in proportion to their size; the bound is wide, so that only another order of growth breaks it.</summary>
public sealed class LargeFileTests
{
    private const int Count = 20_000;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public void Many_right_tasks() => Measure(i => Task(i, i == 0 ? [] : [$"task_{i - 1}"], "${task.task_0.output}")).ShouldBeEmpty();

    [Fact]
    public void Many_tasks_with_unknown_names() =>
        Measure(i => Task(i, [$"tusk_{i}"], "${workflow.nothing}")).Length.ShouldBe(2 * Count);

    [Fact]
    public void One_cycle_through_all_tasks()
    {
        var found = Measure(i => Task(i, [$"task_{(i + 1) % Count}"], "")).ShouldHaveSingleItem();

        found.Code.ShouldBe("PPL105");
        found.Message.Length.ShouldBeLessThan(400);
    }

    [Fact]
    public void Many_dependencies_on_each_task()
    {
        string[] early = [.. Enumerable.Range(0, 100).Select(i => $"task_{i}")];

        Measure(i => Task(i, i < 100 ? [] : early, "")).ShouldBeEmpty();
    }

    [Fact]
    public void Nesting_beyond_reason_is_refused_and_not_followed()
    {
        var task = Task(0, [], "");
        for (var i = 0; i < Count; i++)
        {
            task = new TaskDefinition { Id = "a", Subtasks = [task] };
        }

        var workflow = new WorkflowDefinition { Name = "deep", Version = "1", Tasks = new Dictionary<string, TaskDefinition> { ["a"] = task } };

        WorkflowValidator.Validate(workflow).ShouldHaveSingleItem().Code.ShouldBe("PPL322");
    }

    private static Core.Yaml.Diagnostic[] Measure(Func<int, TaskDefinition> make)
    {
        var workflow = new WorkflowDefinition
        {
            Name = "large",
            Version = "1",
            Tasks = Enumerable.Range(0, Count).Select(make).ToDictionary(task => task.Id),
        };
        var started = TimeProvider.System.GetTimestamp();

        var found = WorkflowValidator.Validate(workflow);

        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(Bound);
        return [.. found];
    }

    private static TaskDefinition Task(int number, string[] dependencies, string description) => new()
    {
        Id = $"task_{number}",
        Description = description,
        DependsOn = dependencies,
        Command = new CommandDefinition { Executable = "true" },
    };
}
