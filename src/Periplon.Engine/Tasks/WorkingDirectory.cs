using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks;

/// <summary>
/// Where a task runs: its <c>working_dir</c>, or the <c>cwd</c> of its agent, else the workflow's <c>cwd</c>, else the execution's
/// directory. Relative paths begin at the next of these. A <c>working_dir</c> has to exist: one made on the fly would hide a typing error.
/// </summary>
internal static class WorkingDirectory
{
    /// <summary>The directory of a task of any kind, or null with the failure.</summary>
    internal static string? Find(TaskContext context, out TaskOutcome? failure) => context.Agent is { } agent
        ? OfAgent(context, agent, out failure)
        : Find(context, context.Task.Script?.WorkingDir ?? context.Task.Command?.WorkingDir, out failure);

    /// <summary>As <see cref="Find(TaskContext, out TaskOutcome?)"/>, for a task that only may read there: nothing is made on the
    /// way.</summary>
    internal static string? FindToRead(TaskContext context, out TaskOutcome? failure)
    {
        failure = null;
        return context.Agent is null && string.IsNullOrEmpty(context.Workflow.Cwd) ? context.Directory : Find(context, out failure);
    }

    /// <summary>The directory of a process, or null with the failure.</summary>
    internal static string? Find(TaskContext context, string? workingDir, out TaskOutcome? failure)
    {
        var directory = OfWorkflow(context);
        if (workingDir is { Length: > 0 })
        {
            directory = Path.GetFullPath(context.Texts.Lenient(workingDir), directory);
            return Existing(directory, $"working_dir '{workingDir}'", out failure);
        }

        return Existing(directory, $"cwd '{context.Workflow.Cwd}' of the workflow", out failure);
    }

    private static string? OfAgent(TaskContext context, AgentDefinition agent, out TaskOutcome? failure)
    {
        if (agent.Cwd is not { Length: > 0 } cwd)
        {
            return Existing(OfWorkflow(context, agent.CreateCwd), $"cwd '{context.Workflow.Cwd}' of the workflow", out failure);
        }

        var directory = Path.GetFullPath(context.Texts.Strict(cwd), OfWorkflow(context));
        if (agent.CreateCwd ?? context.Workflow.CreateCwd)
        {
            Directory.CreateDirectory(directory);
        }

        return Existing(directory, $"cwd '{cwd}' of the agent '{agent.Id}'", out failure);
    }

    private static string OfWorkflow(TaskContext context, bool? create = null)
    {
        if (context.Workflow.Cwd is not { Length: > 0 } cwd)
        {
            return context.EnsureDirectory();
        }

        var directory = Path.GetFullPath(context.Texts.Strict(cwd), context.Directory);
        if (create ?? context.Workflow.CreateCwd)
        {
            Directory.CreateDirectory(directory);
        }

        return directory;
    }

    private static string? Existing(string directory, string setting, out TaskOutcome? failure)
    {
        failure = Directory.Exists(directory) ? null : TaskOutcome.Failed(
            FailureKinds.Spawn, $"The {setting} is {directory}, which is not a directory on this worker");
        return failure is null ? directory : null;
    }
}
