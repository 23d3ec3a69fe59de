using Periplon.Core.Executions;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks.Processes;

namespace Periplon.Engine.Tasks;

/// <summary>Runs programs without a shell.</summary>
internal sealed class CommandTaskRunner(ProcessAttempt attempt) : ITaskRunner
{
    public TaskKind Kind => TaskKind.Command;

    public Task<TaskOutcome> RunAsync(TaskContext context, CancellationToken cancellationToken) =>
        ExpectedFailures.CatchAsync(() => attempt.RunAsync(context, _ => Plan(context), cancellationToken), cancellationToken);

    private static (ProcessPlan? Plan, TaskOutcome? Failure) Plan(TaskContext context)
    {
        var command = context.Task.Command!;
        var directory = WorkingDirectory.Find(context, command.WorkingDir, out var failure);
        return directory is null ? (null, failure) : (new ProcessPlan
        {
            Executable = context.Texts.Lenient(command.Executable),
            Arguments = [.. command.Args.Select(context.Texts.Lenient)],
            Directory = directory,
            Environment = command.Env,
            TimeoutSecs = command.TimeoutSecs,
            CaptureStdout = command.CaptureStdout,
            CaptureStderr = command.CaptureStderr,
        }, null);
    }
}
