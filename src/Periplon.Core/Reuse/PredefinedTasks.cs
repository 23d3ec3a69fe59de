using Periplon.Core.Validation;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Reuse;

/// <summary>Predefined tasks and task groups in workflows (reference §5.7, §22).</summary>
public static class PredefinedTasks
{
    /// <summary>
    /// The predefined tasks and groups that a workflow names itself, in the order of its tasks. What these need in turn is known only when
    /// they are looked up; <see cref="IPredefinedTaskLibrary"/> is asked for it then.
    /// </summary>
    /// <param name="workflow">The workflow. References that are malformed are left out; the validator reports them.</param>
    public static IReadOnlyList<ReuseReference> References(WorkflowDefinition workflow)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        var found = new List<ReuseReference>();
        foreach (var (space, text) in workflow.Imports)
        {
            if (TaskReference.TryParse(text, out var import, out _) && import is { Namespace: null, Version: not null })
            {
                found.Add(new ReuseReference(ReuseKind.Group, import.Name, import.Version, $"imports.{space}"));
            }
        }

        foreach (var node in TaskTree.Of(workflow, new ValidationReport(workflow.Source)).Nodes)
        {
            var (field, text) = node.Task.Uses is { } uses ? ("uses", uses) : ("embed", node.Task.Embed);
            if (text is not null && TaskReference.TryParse(text, out var task, out _) && task is { Namespace: null, Version: not null })
            {
                found.Add(new ReuseReference(ReuseKind.Task, task.Name, task.Version, $"{node.Path}.{field}"));
            }
        }

        return found;
    }

    /// <summary>
    /// Makes an ordinary workflow of one that uses predefined tasks and groups. Each <c>uses</c> and <c>embed</c> becomes an agent task
    /// with an agent of its own, each <c>uses_workflow</c> a subflow task with an inline subflow. Needs nothing but its arguments; a
    /// workflow that uses nothing comes back as it is.
    /// </summary>
    /// <param name="workflow">The workflow. Sources of its subflows are not followed; merge them in first.</param>
    /// <param name="library">Where tasks and groups are found.</param>
    /// <param name="lockfile">
    /// The project's lockfile: what it does not hold, or holds otherwise, is an error. None means that of the library.
    /// </param>
    public static ReuseExpansion Expand(WorkflowDefinition workflow, IPredefinedTaskLibrary library, TaskLockfile? lockfile = null)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        ArgumentNullException.ThrowIfNull(library);
        var report = new ValidationReport(workflow.Source);
        var tree = TaskTree.Of(workflow, report);
        if (workflow.Imports.Count == 0 && tree.Nodes.All(node => UsesNothing(node.Task)))
        {
            return new ReuseExpansion(workflow, [], [], []);
        }

        var resolution = ReuseResolution.Of(workflow, tree, library, lockfile ?? library.Lockfile, report);
        var expanded = new WorkflowExpander(workflow, resolution, report).Expand();
        var result = new ReuseExpansion(expanded, report.InFileOrder(), [.. resolution.Tasks.Values], [.. resolution.Groups.Values]);

        // Nothing refers to the imports any more, so that the result expands to itself.
        return result.IsComplete ? result with { Workflow = expanded with { Imports = Map<string>.Empty } } : result;
    }

    /// <summary>Chooses the tasks and groups that a group needs, itself included, as its installation does.</summary>
    /// <param name="group">The group.</param>
    /// <param name="library">Where tasks and other groups are found; the group itself is among them.</param>
    /// <returns>The choice, and every error: what is missing, does not fit, needs itself or is not to be trusted.</returns>
    public static GroupContents Resolve(LibraryGroup group, IPredefinedTaskLibrary library)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(library);
        var report = new ValidationReport(SourceMap.Empty);
        var resolution = ReuseResolution.Of(group, library, report);
        foreach (var chosen in resolution.Groups.Values)
        {
            ReportTrust(chosen.Manifest.Metadata.Reference, TrustRules.FindProblem(chosen), chosen.Origin, report);
        }

        foreach (var chosen in resolution.Tasks.Values)
        {
            ReportTrust(chosen.Manifest.Metadata.Reference, TrustRules.FindProblem(chosen), chosen.Origin, report);
        }

        return new GroupContents([.. resolution.Groups.Values], [.. resolution.Tasks.Values], report.InFileOrder());
    }

    /// <summary>Whether a finding says that a library does not have a task or group at all, so that another library may have it.</summary>
    /// <param name="found">The finding.</param>
    public static bool IsNotFound(Diagnostic found)
    {
        ArgumentNullException.ThrowIfNull(found);
        return found.Code is ReuseCodes.TaskNotFound or ReuseCodes.GroupNotFound;
    }

    private static bool UsesNothing(TaskDefinition task) => task is { Uses: null, Embed: null, UsesWorkflow: null, Overrides: null };

    private static void ReportTrust(string reference, string? problem, LibraryOrigin origin, ValidationReport report)
    {
        if (problem is not null)
        {
            report.Error(
                ReuseCodes.SourceNotTrusted,
                "metadata",
                $"The source of {reference} ({origin.Place}) is not trusted, and it {problem}.",
                "What comes from there may use Read, Grep and Glob with default permissions.");
        }
    }
}

/// <summary>What a group needs, itself included.</summary>
/// <param name="Groups">The groups, each after those it needs.</param>
/// <param name="Tasks">The tasks, each after those it needs.</param>
/// <param name="Diagnostics">What is wrong; empty when all is there.</param>
public sealed record GroupContents(
    IReadOnlyList<LibraryGroup> Groups, IReadOnlyList<LibraryTask> Tasks, IReadOnlyList<Diagnostic> Diagnostics);
