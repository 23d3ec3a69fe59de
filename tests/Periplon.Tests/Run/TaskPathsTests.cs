using Periplon.Core.Executions;
using Periplon.Run;
using PlannedTask = Periplon.Run.PlannedTask;

namespace Periplon.Tests.Run;

public sealed class TaskPathsTests
{
    private static readonly string[] Known = ["build", "build.test", "loop", "loop[0]", "v1.0", "call", "call/say"];

    [Theory]
    [InlineData("build", null, "build")]
    [InlineData("build.test", "build", "test")]
    [InlineData("build.test.deep", "build.test", "deep")]
    [InlineData("loop[0]", "loop", "[0]")]
    [InlineData("loop[1]", "loop", "[1]")]
    [InlineData("loop[0].pack", "loop[0]", "pack")]
    [InlineData("loop[7].pack", "loop", "[7].pack")]
    [InlineData("v1.0", null, "v1.0")]
    [InlineData("v1.0.x", "v1.0", "x")]
    [InlineData(".odd", null, ".odd")]
    [InlineData("call/say", "call", "say")]
    [InlineData("call/say.deep", "call/say", "deep")]
    public void ParentOf_Path_IsTheNearestKnownOne(string path, string? parent, string leaf)
    {
        TaskPaths.ParentOf(path, Known.Contains).ShouldBe(parent);
        TaskPaths.Leaf(path, parent).ShouldBe(leaf);
    }

    [Theory]
    [InlineData("loop[0]", "loop", true)]
    [InlineData("loop[0].pack", "loop", false)]
    [InlineData("loop[0][1]", "loop", false)]
    [InlineData("loop.pack", "loop", false)]
    [InlineData("loop", "loop", false)]
    public void IsIteration_Path_IsOneIndexFurther(string path, string parent, bool expected) =>
        TaskPaths.IsIteration(path, parent).ShouldBe(expected);

    [Fact]
    public void Board_IterationsThatAppearLater_HangBelowTheirTask()
    {
        var board = new RunBoard(TimeProvider.System);
        board.Start(new LocalRunPlan("demo", "1", Guid.Empty, [new PlannedTask("loop", null, ""), new PlannedTask("loop.x", null, "")]));
        board.Change("loop[0]", TaskRunStatus.Running, 1, null);
        board.Change("loop[0].pack", TaskRunStatus.Running, 1, null);

        board.Tasks.Select(task => task.Parent?.Path).ShouldBe([null, "loop", "loop", "loop[0]"]);
    }
}
