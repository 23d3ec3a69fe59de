using Periplon.Core.Executions;

namespace Periplon.Engine.Tasks;

/// <summary>
/// Where a task runs: its <c>working_dir</c>, else the workflow's <c>cwd</c>, else the execution's directory. Relative paths begin at the
/// next of these. A <c>working_dir</c> has to exist: one made on the fly would hide a typing error.
/// </summary>
internal static class WorkingDirectory
{
    /// <summary>The directory of a task, or null with the failure.</summary>
    internal static string? Find(TaskContext context, string? workingDir, out TaskOutcome? failure)
    {
        failure = null;
        var directory = context.Directory;
        if (context.Workflow.Cwd is { Length: > 0 } cwd)
        {
            directory = Path.GetFullPath(context.Texts.Strict(cwd), directory);
            if (context.Workflow.CreateCwd)
            {
                Directory.CreateDirectory(directory);
            }
        }

        directory = workingDir is { Length: > 0 } ? Path.GetFullPath(context.Texts.Lenient(workingDir), directory) : directory;
        if (!Directory.Exists(directory))
        {
            var setting = workingDir is { Length: > 0 } ? $"working_dir '{workingDir}'" : $"cwd '{context.Workflow.Cwd}' of the workflow";
            failure = TaskOutcome.Failed(FailureKinds.Spawn, $"The {setting} is {directory}, which is not a directory on this worker");
            return null;
        }

        return directory;
    }
}
