using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Validation;

/// <summary>Where a task is declared.</summary>
internal enum TaskPlace
{
    /// <summary>In a <c>tasks</c> map, or in a list of stage tasks.</summary>
    TopLevel,
    /// <summary>In <c>subtasks</c> or a case of a <c>switch</c>.</summary>
    Subtask,
    /// <summary>In <c>on_failure</c> or <c>finally</c>.</summary>
    Handler,
}

/// <summary>A set of tasks that see one another: the workflow's own, one subflow's or one orchestration's.</summary>
internal sealed class TaskRealm(
    TaskRealmKind kind, IReadOnlyDictionary<string, AgentDefinition> agents, TaskRealm? outer, SubflowDefinition? subflow)
{
    internal TaskRealmKind Kind => kind;

    internal IReadOnlyDictionary<string, AgentDefinition> Agents => agents;

    /// <summary>The realm whose tasks are visible too.</summary>
    internal TaskRealm? Outer => outer;

    internal SubflowDefinition? Subflow => subflow;

    internal Dictionary<string, TaskNode> Roots { get; } = [];

    internal bool IsMain => kind is TaskRealmKind.Main;

    /// <summary>
    /// Severity of findings that the reference knows for the workflow's own tasks only. Files whose stages or subflows break
    /// such a rule have always loaded, and must go on loading.
    /// </summary>
    internal DiagnosticSeverity Severity => IsMain ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning;
}

/// <summary>Kinds of realm.</summary>
internal enum TaskRealmKind
{
    /// <summary>The workflow's own tasks.</summary>
    Main,
    /// <summary>The tasks of a subflow.</summary>
    Subflow,
    /// <summary>The stage tasks of an orchestration.</summary>
    Stages,
}

/// <summary>A task with its surroundings.</summary>
/// <param name="task">The task.</param>
/// <param name="parent">The task around it.</param>
/// <param name="realm">The tasks it belongs to.</param>
/// <param name="place">Where it is declared.</param>
/// <param name="segment">Its path below the parent's, or its whole path when there is none.</param>
/// <param name="siblings">The tasks declared beside it, itself included.</param>
internal sealed class TaskNode(
    TaskDefinition task, TaskNode? parent, TaskRealm realm, TaskPlace place, string segment, Dictionary<string, TaskNode> siblings)
{
    internal TaskDefinition Task => task;

    internal TaskNode? Parent => parent;

    internal TaskRealm Realm => realm;

    internal TaskPlace Place => place;

    /// <summary>Subtasks and tasks of cases, by id.</summary>
    internal Dictionary<string, TaskNode> Children { get; } = [];

    /// <summary>Position in <see cref="TaskTree.Nodes"/>.</summary>
    internal required int Index { get; init; }

    internal int Depth { get; } = parent is null ? 0 : parent.Depth + 1;

    internal bool IsTopLevel => place is TaskPlace.TopLevel;

    /// <summary>Whether the reference calls the task top-level: the only ones that several of its rules look at.</summary>
    internal bool IsMainTopLevel => IsTopLevel && realm.IsMain;

    // Built when a finding needs them: most nodes never do.

    /// <summary>Path in the file, such as <c>tasks.build.subtasks.compile</c>.</summary>
    internal string Path => parent is null ? segment : parent.Path + segment;

    /// <summary>Dotted id, such as <c>build.compile</c>.</summary>
    internal string FullId => parent is null || place is TaskPlace.Handler ? task.Id : $"{parent.FullId}.{task.Id}";

    /// <summary>
    /// The task that a name in <c>depends_on</c> means: a task declared beside this one, else a dotted id from the top.
    /// </summary>
    internal TaskNode? Resolve(string name) =>
        siblings.TryGetValue(name, out var sibling) ? sibling : TaskTree.FindFromTop(realm, name);

    internal IEnumerable<string> VisibleNames() => siblings.Keys.Concat(realm.Roots.Keys).Concat((realm.Outer ?? realm).Roots.Keys);
}
