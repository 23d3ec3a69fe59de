using System.Text;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Tests.Api;

/// <summary>Things with fixed values, so that answers can be compared word for word.</summary>
internal static class Samples
{
    public const string Yaml = "name: nightly\nversion: \"1.0\"\ntasks:\n  build:\n    script: make # all\n    retries: 3\n";

    public static readonly Guid WorkflowId = Guid.Parse("018f0000-0000-7000-8000-000000000001");
    public static readonly Guid ExecutionId = Guid.Parse("018f0000-0000-7000-8000-0000000000aa");

    public static WorkflowRow Workflow(Guid id, TimeProvider time) => new()
    {
        Id = id,
        Organization = "default",
        Name = "nightly",
        Version = "1.0",
        Revision = 1,
        CreatedAt = time.GetUtcNow(),
        UpdatedAt = time.GetUtcNow(),
    };

    public static WorkflowVersionRow Version(WorkflowRow row, string definition) => new()
    {
        WorkflowId = row.Id, Revision = row.Revision, Version = row.Version, Definition = definition, Sha256 = "abc", CreatedAt = row.UpdatedAt,
    };

    public static ExecutionRow Execution(Guid id, Guid workflowId, TimeProvider time) => new()
    {
        Id = id,
        Organization = "default",
        WorkflowId = workflowId,
        WorkflowName = "nightly",
        WorkflowVersion = "1.0",
        Revision = 1,
        Status = ExecutionStatus.Queued,
        Partition = 0,
        WaitReason = "worker",
        NextWakeAt = time.GetUtcNow().AddSeconds(30),
        Inputs = """{"who":"world"}""",
        Labels = """{"team":"blue"}""",
        CreatedAt = time.GetUtcNow(),
    };

    public static ExecutionView View(ExecutionRow row) => new()
    {
        Organization = row.Organization,
        Status = row.Status.ToWord(),
        IsTerminal = row.Status.IsTerminal(),
        TotalTasks = 2,
        SettledTasks = 1,
        CreatedAt = row.CreatedAt,
        WorkflowId = row.WorkflowId,
        Tasks =
        [
            new TaskView
            {
                Id = "build", Status = "completed", Kind = "script", Attempt = 1, Delivery = 1, Output = "ok", OutputSize = 2,
                Outputs = Encoding.UTF8.GetBytes("""{"n":1}"""), ExitCode = 0, Description = "Builds",
                Number = 1,
                Labels = new Dictionary<string, string> { ["team"] = "data" },
            },
            new TaskView { Id = "test", Status = "ready", Kind = "command", DependsOn = ["build"], Number = 2 },
        ],
        Why =
        [
            new WaitView { WaitsFor = "task", Message = "The execution waits for task 'test'", WakesBy = "task" },
            new WaitView { Task = "test", WaitsFor = "worker", Message = "Task 'test' waits for a worker", HeldBy = "default/3", WakesBy = "sweep" },
        ],
    };
}
