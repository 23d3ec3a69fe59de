using Periplon.Core.Validation;
using Periplon.Core.Workflows;

namespace Periplon.Core.Tests.Validation;

/// <summary>Large files are validated whole; work that grew with their square would not end before the watchdog.</summary>
public sealed class LargeFileTests
{
    private const int Count = 20_000;

    [Fact]
    public async Task Many_right_tasks() =>
        (await ValidateAsync(i => Make(i, i == 0 ? [] : [$"task_{i - 1}"], "${task.task_0.output}"))).ShouldBeEmpty();

    [Fact]
    public async Task Many_tasks_with_unknown_names() =>
        (await ValidateAsync(i => Make(i, [$"tusk_{i}"], "${workflow.nothing}"))).Length.ShouldBe(2 * Count);

    [Fact]
    public async Task One_cycle_through_all_tasks()
    {
        var found = (await ValidateAsync(i => Make(i, [$"task_{(i + 1) % Count}"], ""))).ShouldHaveSingleItem();

        found.Code.ShouldBe("PPL105");
        found.Message.Length.ShouldBeLessThan(400);
    }

    [Fact]
    public async Task Many_dependencies_on_each_task()
    {
        string[] early = [.. Enumerable.Range(0, 100).Select(i => $"task_{i}")];

        (await ValidateAsync(i => Make(i, i < 100 ? [] : early, ""))).ShouldBeEmpty();
    }

    [Fact]
    public void Nesting_beyond_reason_is_refused_and_not_followed()
    {
        var task = Make(0, [], "");
        for (var i = 0; i < Count; i++)
        {
            task = new TaskDefinition { Id = "a", Subtasks = [task] };
        }

        var workflow = new WorkflowDefinition { Name = "deep", Version = "1", Tasks = new Dictionary<string, TaskDefinition> { ["a"] = task } };

        WorkflowValidator.Validate(workflow).ShouldHaveSingleItem().Code.ShouldBe("PPL322");
    }

    private static async Task<Core.Yaml.Diagnostic[]> ValidateAsync(Func<int, TaskDefinition> make)
    {
        var workflow = new WorkflowDefinition
        {
            Name = "large",
            Version = "1",
            Tasks = Enumerable.Range(0, Count).Select(make).ToDictionary(task => task.Id),
        };
        return await Watchdog.RunAsync<Core.Yaml.Diagnostic[]>(() => [.. WorkflowValidator.Validate(workflow)]);
    }

    private static TaskDefinition Make(int number, string[] dependencies, string description) => new()
    {
        Id = $"task_{number}",
        Description = description,
        DependsOn = dependencies,
        Command = new CommandDefinition { Executable = "true" },
    };
}
