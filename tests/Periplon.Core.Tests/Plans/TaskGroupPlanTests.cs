using Periplon.Core.Executions;
using Periplon.Core.Tests.Executions;

namespace Periplon.Core.Tests.Plans;

/// <summary>What task groups make of their members.</summary>
public sealed class TaskGroupPlanTests
{
    [Theory]
    [InlineData("a: {groups: [b], tasks: [x]}, b: {groups: [a], tasks: [y]}")]
    [InlineData("a: {parent: b, tasks: [x]}, b: {parent: a, tasks: [y]}")]
    [InlineData("a: {parent: b, groups: [b], tasks: [x]}, b: {tasks: [y]}")]
    [InlineData("a: {groups: [a, b], tasks: [x]}, b: {parent: b, tasks: [y]}")]
    [InlineData("a: {groups: [b]}, b: {groups: [c], tasks: [x]}, c: {groups: [a], tasks: [y]}, d: {parent: c}")]
    public void Compile_GroupsInsideThemselves_RunTheirMembersOnce(string groups)
    {
        var run = MachineHarness.Of($"task_groups: {{{groups}}}\ntasks: {{x: {{RUN}}, y: {{RUN}}}}");

        run.CompleteAll().ShouldBe(["x", "y"], ignoreOrder: true);
        run.State.Status.ShouldBe(ExecutionStatus.Completed);
    }

    [Fact]
    public void Compile_GroupsThatSayThreeTimesWhereTheyAre_AreThereOnce()
    {
        var run = MachineHarness.Of("""
            task_groups: {a: {groups: [b], tasks: [x]}, b: {parent: a, tasks: [y]}, c: {groups: [b], tasks: [z]}}
            tasks: {x: {RUN}, y: {RUN}, z: {RUN}}
            """);

        run.Task("group:b").Instance.Around!.Path.ShouldBe("group:a");
        run.CompleteAll().ShouldBe(["x", "y", "z"], ignoreOrder: true);
    }
}
