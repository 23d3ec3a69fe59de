using Periplon.Core.Templates;

namespace Periplon.Core.Tests.Executions;

/// <summary>What tasks see of the inputs of task groups.</summary>
public sealed class TaskGroupScopeTests
{
    private const string Yaml = """
        inputs: {region: {type: string}}
        task_groups:
          outer: {groups: [g], inputs: {most: 9}}
          g: {tasks: [a, b], inputs: {place: "${workflow.region}/1", list: [5, 6]}}
        tasks:
          a: {RUN}
          b: {subtasks: [{c: {RUN}}]}
          after: {RUN}
        """;

    [Theory]
    [InlineData("a", "group.g.place", "\"eu/1\"")]
    [InlineData("a", "group.place", "\"eu/1\"")]
    [InlineData("a", "group.list[1]", "6")]
    [InlineData("a", "group.g.list[1]", "6")]
    [InlineData("b.c", "group.place", "\"eu/1\"")]
    [InlineData("b.c", "group.most", "9")]
    [InlineData("b.c", "group.outer.most", "9")]
    [InlineData("after", "group.g.place", "\"eu/1\"")]
    [InlineData("after", "group.place", null)]
    [InlineData("a", "group.nothing", null)]
    [InlineData("a", "group.g.nothing", null)]
    public void Group_Input_IsSeenByItsIdEverywhereAndByItsNameInside(string task, string reference, string? expected) =>
        MachineHarness.Of(Yaml, ("region", "eu")).Resolve(task, reference).ShouldBe(expected);

    [Fact]
    public void Group_InputsThatNameEachOther_DoNotRunForEver()
    {
        var run = MachineHarness.Of("""
            task_groups: {g: {tasks: [a], inputs: {x: "${group.g.y}", y: "${group.x}", z: "${task.x}"}}}
            tasks: {a: {RUN}}
            """);

        Should.Throw<TemplateException>(() => run.Resolve("a", "group.x"));
        Should.Throw<TemplateException>(() => run.Resolve("a", "group.g.z"));
    }
}
