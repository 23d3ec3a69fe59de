using System.Collections.Immutable;
using Periplon.Core.Conditions;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Core.Plans;

/// <summary>How a task does its own work.</summary>
public enum TaskShape
{
    /// <summary>A worker runs it.</summary>
    Work,
    /// <summary>It is done when the tasks inside it are.</summary>
    Group,
    /// <summary>It runs its iteration again and again (<c>loop</c>, <c>matrix</c>).</summary>
    Loop,
    /// <summary>It runs the tasks of one of its cases.</summary>
    Switch,
    /// <summary>It waits for a time.</summary>
    Sleep,
    /// <summary>It waits for a signal or webhook.</summary>
    Signal,
    /// <summary>It waits for a person's decision.</summary>
    Approval,
    /// <summary>It waits for a child execution.</summary>
    Subflow,
}

/// <summary>A task of a plan: what all its instances have in common.</summary>
public sealed class PlannedTask
{
    /// <summary>Last part of its path.</summary>
    public required string Id { get; init; }

    /// <summary>Its path; a loop's iteration is <c>loop[]</c>, and what is inside it <c>loop[].child</c>.</summary>
    public required string Path { get; init; }

    /// <summary>What the paths of its instances add to the path around them.</summary>
    public required string Segment { get; init; }

    /// <summary>Whether its path is its id alone although it runs inside another task: a top-level task that a list names.</summary>
    internal bool IsTopNamed { get; init; }

    /// <summary>What it is. Inherited and default values are filled in.</summary>
    public required TaskDefinition Definition { get; init; }

    /// <summary>How it does its own work.</summary>
    public required TaskShape Shape { get; init; }

    /// <summary>The task around it; null for the root.</summary>
    public required PlannedTask? Parent { get; init; }

    /// <summary>The phase of its parent in which it runs.</summary>
    public int ParentPhase { get; init; }

    /// <summary>Its place in its block.</summary>
    public int Position { get; init; }

    /// <summary>
    /// Whether the paths of tasks inside it do not begin with its own: stages and task groups order tasks without owning their names.
    /// </summary>
    public bool IsTransparent { get; init; }

    /// <summary>Whether it is one iteration of its parent.</summary>
    public bool IsIteration { get; init; }

    /// <summary>Whether the workflow's author wrote it as a task, as opposed to a hook, a notification, a stage or a group.</summary>
    public bool IsAuthored { get; init; } = true;

    /// <summary>Names that it and the tasks beside it can be called by.</summary>
    internal NameScope Names { get; init; } = new(null);

    /// <summary>What it goes through: its own work, then its handlers. Never empty.</summary>
    public ImmutableArray<PlannedPhase> Phases { get; internal set; } = [PlannedPhase.OwnWork];

    /// <summary>The number of the phase that is its own work.</summary>
    public int OwnPhase { get; internal set; }

    /// <summary>The tasks of each case of a switch, by the text of the case.</summary>
    public ImmutableDictionary<string, PlannedBlock> Cases { get; internal set; } = ImmutableDictionary<string, PlannedBlock>.Empty;

    /// <summary>One iteration of a loop.</summary>
    public PlannedTask? Iteration { get; internal set; }

    /// <summary>Tasks that must be settled before it starts.</summary>
    public ImmutableArray<PlannedTask> DependsOn { get; internal set; } = [];

    /// <summary>How many of them are in its own block.</summary>
    public int LocalDependencies { get; internal set; }

    /// <summary>Places of the tasks in its block that depend on it.</summary>
    public ImmutableArray<int> Dependents { get; internal set; } = [];

    /// <summary>Tasks inside it that tasks outside it depend on.</summary>
    public ImmutableArray<PlannedTask> InnerTargets { get; internal set; } = [];

    /// <summary>Places of the tasks of <c>parallel_with</c> that are in its block.</summary>
    public ImmutableArray<int> Partners { get; internal set; } = [];

    /// <summary>
    /// Whether tasks inside another task of its block wait for it. It is then never held back by the block's bound: what it would wait for
    /// waits for it.
    /// </summary>
    public bool IsNeededInside { get; internal set; }

    /// <summary>When a failed attempt is followed by another.</summary>
    public RetryRule Retry { get; init; } = RetryRule.None;

    /// <summary>Longest time of an attempt or, for a task that is done by others, of the whole; in seconds.</summary>
    public double? TimeoutSecs { get; init; }

    /// <summary>Tags a worker must carry.</summary>
    public IReadOnlyList<string> WorkerTags { get; init; } = [];

    /// <summary>References in the texts that a worker fills in, found once.</summary>
    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary>Whether the task runs even after a failed dependency, because its condition asks for the status.</summary>
    public bool RunsAfterFailure =>
        (Definition.If is { } text && ExpressionEvaluator.UsesStatusFunction(text))
        || (Definition.Condition is { } condition && ConditionEvaluator.UsesStatusFunction(condition));

    /// <summary>Whether its own work takes one of the execution's parallel places.</summary>
    public bool NeedsWorker => Shape is TaskShape.Work || (Shape is TaskShape.Loop && LoopItems.AreRead(Definition.Loop));

    /// <summary>Whether it holds an own-work block: a group, or an iteration with subtasks.</summary>
    public PlannedBlock? OwnBlock => Phases[OwnPhase].Block;

    /// <summary>Whether <paramref name="other"/> is this task or inside it.</summary>
    /// <param name="other">The other task.</param>
    public bool Holds(PlannedTask other)
    {
        for (var at = other; at is not null; at = at.Parent)
        {
            if (ReferenceEquals(at, this))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
