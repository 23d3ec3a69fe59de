using Periplon.Core.Validation;
using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>The tasks and groups that a workflow uses, one version of each.</summary>
internal sealed class ReuseResolution
{
    private readonly IPredefinedTaskLibrary _library;
    private readonly TaskLockfile? _lockfile;
    private readonly ValidationReport _report;
    private readonly VersionChoice<LibraryGroup> _groups;
    private readonly VersionChoice<LibraryTask> _tasks;

    private ReuseResolution(IPredefinedTaskLibrary library, TaskLockfile? lockfile, ValidationReport report)
    {
        _library = library;
        _lockfile = lockfile;
        _report = report;
        _groups = new VersionChoice<LibraryGroup>(library.FindGroups, group => group.Version, NeedsOf);
        _tasks = new VersionChoice<LibraryTask>(FindTasks, task => task.Version, NeedsOf);
    }

    internal IReadOnlyDictionary<string, LibraryGroup> Groups => _groups.Chosen;

    internal IReadOnlyDictionary<string, LibraryTask> Tasks => _tasks.Chosen;

    /// <summary>Whether an error says already why a task is not among <see cref="Tasks"/>.</summary>
    internal bool IsReported(string task) => _tasks.Shortages.Any(shortage => shortage.Demands[0].Name == task);

    /// <summary>Group by imported namespace.</summary>
    internal Dictionary<string, LibraryGroup> Namespaces { get; } = new(StringComparer.Ordinal);

    internal static ReuseResolution Of(
        WorkflowDefinition workflow, TaskTree tree, IPredefinedTaskLibrary library, TaskLockfile? lockfile, ValidationReport report)
    {
        var resolution = new ReuseResolution(library, lockfile, report);
        resolution.ChooseGroups(workflow);
        resolution.ChooseTasks(workflow, tree);
        return resolution;
    }

    /// <summary>Chooses for a group alone, as its installation does.</summary>
    internal static ReuseResolution Of(LibraryGroup group, IPredefinedTaskLibrary library, ValidationReport report)
    {
        var resolution = new ReuseResolution(library, null, report);
        resolution._groups.Choose([new Demand(
            group.Name, VersionConstraint.Exactly(group.Version), group.Manifest.Metadata.Reference, "metadata")]);
        resolution.ReportGroups();
        resolution._tasks.Choose([.. resolution.DemandsOfGroups()]);
        resolution.ReportTasks();
        return resolution;
    }

    private void ChooseGroups(WorkflowDefinition workflow)
    {
        var imports = new List<(string Namespace, Demand Demand)>();
        foreach (var (space, text) in workflow.Imports)
        {
            if (TaskReference.TryParse(text, out var import, out var problem) && import is { Namespace: null, Version: not null })
            {
                var path = $"imports.{space}";
                imports.Add((space, new Demand(import.Name, import.Version, path, path)));
            }
            else
            {
                _report.Error(ReuseCodes.ConstraintMalformed, $"imports.{space}", $"The import '{space}' is '{text}', which "
                    + (problem ?? "names a task of a namespace; an import is group@version."));
            }
        }

        _groups.Choose([.. imports.Select(import => import.Demand)]);
        ReportGroups();
        foreach (var (space, demand) in imports)
        {
            if (_groups.Chosen.TryGetValue(demand.Name, out var group))
            {
                Namespaces[space] = group;
            }
        }
    }

    private void ChooseTasks(WorkflowDefinition workflow, TaskTree tree)
    {
        var demands = DemandsOfGroups().ToList();
        foreach (var node in tree.Nodes)
        {
            var (field, text) = node.Task.Uses is { } uses ? ("uses", uses) : ("embed", node.Task.Embed);
            var path = $"{node.Path}.{field}";
            if (text is not null && TaskReference.TryParse(text, out var reference, out _) && reference.Version is { } version)
            {
                demands.Add(new Demand(reference.Name, version, path, path));
            }

            if (node.Task.UsesWorkflow is { } name)
            {
                demands.AddRange(DemandsOfWorkflow(name, $"{node.Path}.uses_workflow"));
            }
        }

        _tasks.Choose(demands);
        ReportTasks();
        foreach (var (code, name, message, hint) in LockComparison.Missing(_lockfile, Tasks.Values))
        {
            _report.Error(code, _tasks.Wanted[name].Path, message, hint);
        }
    }

    private IEnumerable<Demand> DemandsOfGroups() =>
        from owner in _groups.Chosen.Values
        from task in owner.Manifest.Tasks
        select new Demand(
            task.Name, task.Version, $"the group {owner.Manifest.Metadata.Reference}", _groups.Wanted[owner.Name].Path, !task.IsRequired);

    // Tasks of a group's workflow may use others than those of the group, as any task may.
    private IEnumerable<Demand> DemandsOfWorkflow(string reference, string path)
    {
        if (reference.Split(':') is not [var space, var name] || !Namespaces.TryGetValue(space, out var group)
            || group.Manifest.Workflows.FirstOrDefault(workflow => workflow.Name == name) is not { } workflow)
        {
            yield break;
        }

        foreach (var task in TaskWalk.All(workflow.Tasks.Values))
        {
            if ((task.Uses ?? task.Embed) is { } text && TaskReference.TryParse(text, out var used, out _)
                && used is { Namespace: null, Version: { } version })
            {
                yield return new Demand(used.Name, version, $"the workflow '{reference}'", path);
            }
        }
    }

    // The locked version is the only one, as long as it is there; a lockfile that does not suit is reported, not overruled.
    private IReadOnlyList<LibraryTask> FindTasks(string name)
    {
        var found = _library.FindTasks(name);
        return _lockfile?.Tasks.GetValueOrDefault(name) is { } locked && found.Any(task => task.Version == locked.Version)
            ? [.. found.Where(task => task.Version == locked.Version)]
            : found;
    }

    private static IEnumerable<Demand> NeedsOf(LibraryGroup group, string path) => group.Manifest.Dependencies.Select(
        need => new Demand(need.Name, need.Version, $"the group {group.Manifest.Metadata.Reference}", path, need.IsOptional));

    private static IEnumerable<Demand> NeedsOf(LibraryTask task, string path) => task.Manifest.Dependencies.Select(
        need => new Demand(need.Name, need.Version, $"the task {task.Manifest.Metadata.Reference}", path, need.IsOptional));

    private void ReportGroups()
    {
        Report(_groups.Shortages, "group", ReuseCodes.GroupNotFound, "'group list' shows the groups that are found.");
        ReportCycles(_groups.Cycles, "group", _groups.Wanted);
    }

    private void ReportTasks()
    {
        Report(
            _tasks.Shortages,
            "task",
            ReuseCodes.TaskNotFound,
            "Tasks are looked for in .claude/tasks and .periplon/tasks of the project and the home directory, and in task-sources.yaml.");
        ReportCycles(_tasks.Cycles, "task", _tasks.Wanted);
    }

    private void Report(IEnumerable<Shortage> shortages, string what, string missingCode, string hint)
    {
        foreach (var (demands, found) in shortages)
        {
            var first = demands.First(demand => !demand.IsOptional);
            var wishes = string.Join(", ", demands.Select(demand => $"{demand.Version} by {demand.By}"));
            if (found.Count == 0)
            {
                _report.Error(
                    missingCode,
                    first.Path,
                    $"There is no predefined {what} '{first.Name}', which is wanted as {wishes}.",
                    _library.HintFor(first.Name, what == "group") ?? hint);
            }
            else
            {
                _report.Error(
                    ReuseCodes.NoVersionFits,
                    first.Path,
                    $"No version of the predefined {what} '{first.Name}' will do: wanted are {wishes}; found are "
                        + $"{string.Join(", ", found)}.",
                    what == "task" && _lockfile?.Tasks.GetValueOrDefault(first.Name) is { } locked
                        ? $"The lockfile holds it at {locked.Version}."
                        : demands.Count > 1 ? "One version must meet all of them."
                        : null);
            }
        }
    }

    private void ReportCycles(IEnumerable<IReadOnlyList<string>> cycles, string what, Dictionary<string, Demand> wanted)
    {
        foreach (var cycle in cycles)
        {
            _report.Error(
                ReuseCodes.DependencyCycle,
                wanted[cycle[0]].Path,
                $"The predefined {what} '{cycle[0]}' needs itself: {string.Join(" -> ", cycle)}.",
                "Remove one of these dependencies.");
        }
    }
}
