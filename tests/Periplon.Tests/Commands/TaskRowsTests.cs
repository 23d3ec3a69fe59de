using Periplon.Client.Executions;
using Periplon.Commands;

namespace Periplon.Tests.Commands;

public sealed class TaskRowsTests
{
    private static readonly TaskView[] Tasks =
    [
        Task("build", "completed"), Task("loop", "running"), Task("loop[0]", "completed"), Task("loop[1]", "failed", "exit code 2"),
        Task("loop[2]", "running"), Task("loop[2].pack", "completed"), Task("loop[2].send", "running"), Task("v1.0", "pending"),
    ];

    [Fact]
    public void Of_NestedTasks_IndentsThemAndCountsIterations()
    {
        var rows = TaskRows.Of(Tasks, all: true);

        rows.Select(row => row[0]).ShouldBe(["build", "loop", "  [0]", "  [1]", "  [2]", "    pack", "    send", "v1.0"]);
        rows[1][4].ShouldBe("2 of 3 iterations");
        rows[3][4].ShouldBe("exit code 2");
    }

    [Fact]
    public void Of_NotAll_LeavesOutIterationsThatCompleted() =>
        TaskRows.Of(Tasks, all: false).Select(row => row[0]).ShouldBe(["build", "loop", "  [1]", "  [2]", "    pack", "    send", "v1.0"]);

    private static TaskView Task(string id, string status, string? error = null) =>
        new() { Id = id, Status = status, Kind = "command", Error = error };
}
