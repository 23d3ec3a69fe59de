using Periplon.Core.Plans;

namespace Periplon.Core.Executions;

/// <summary>
/// One task of one execution: a planned task at its place among the others. A loop makes an instance of its iteration for each time it
/// runs. Immutable; what happens to it is in <see cref="TaskState"/>.
/// </summary>
public sealed class TaskInstance
{
    internal TaskInstance(PlannedTask planned, TaskInstance? around, string path, long number, int iteration = -1)
    {
        Planned = planned;
        Around = around;
        Path = path;
        Rank = new TaskRank(planned.Definition.Priority, number, this);
        Iteration = iteration;
        Prefix = path.Length == 0 ? "" : planned.IsTransparent ? around!.Prefix : path + ".";
    }

    /// <summary>What it is an instance of.</summary>
    public PlannedTask Planned { get; }

    /// <summary>The instance around it; null for the workflow itself.</summary>
    public TaskInstance? Around { get; }

    /// <summary>Its path, such as <c>build</c>, <c>parent.child</c> or <c>loop[3].child</c>.</summary>
    public string Path { get; }

    /// <summary>Its place in the order.</summary>
    public TaskRank Rank { get; }

    /// <summary>Number of the iteration, counted from 0; −1 when it is none.</summary>
    public int Iteration { get; }

    /// <summary>What the paths of the tasks inside it begin with.</summary>
    internal string Prefix { get; }

    /// <summary>The path of the instance that a task directly inside this one has.</summary>
    internal string PathOf(PlannedTask child) => child.IsTopNamed ? child.Segment : Prefix + child.Segment;

    /// <summary>The path of an iteration of this loop.</summary>
    /// <param name="index">Its number, counted from 0.</param>
    public string PathOf(int index) => $"{Path}[{index}]";

    /// <inheritdoc/>
    public override string ToString() => Path;
}

/// <summary>
/// Order among tasks that may run: lower priority first, then the order in which they came into being, which within a block is that of the
/// file.
/// </summary>
/// <param name="Priority">The task's <c>priority</c>.</param>
/// <param name="Number">Number within the execution.</param>
/// <param name="Task">The task.</param>
public readonly record struct TaskRank(int Priority, long Number, TaskInstance Task) : IComparable<TaskRank>
{
    /// <inheritdoc/>
    public int CompareTo(TaskRank other) =>
        Priority != other.Priority ? Priority.CompareTo(other.Priority) : Number.CompareTo(other.Number);

    /// <summary>Whether the left one comes first.</summary>
    public static bool operator <(TaskRank left, TaskRank right) => left.CompareTo(right) < 0;

    /// <summary>Whether the right one comes first.</summary>
    public static bool operator >(TaskRank left, TaskRank right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left one does not come later.</summary>
    public static bool operator <=(TaskRank left, TaskRank right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left one does not come earlier.</summary>
    public static bool operator >=(TaskRank left, TaskRank right) => left.CompareTo(right) >= 0;
}

/// <summary>Something that is due at a time.</summary>
/// <param name="At">When.</param>
/// <param name="Number">Number of the task.</param>
/// <param name="IsDeadline">Whether the task as a whole is out of time then.</param>
/// <param name="Task">The task.</param>
public readonly record struct TaskTimer(DateTimeOffset At, long Number, bool IsDeadline, TaskInstance Task) : IComparable<TaskTimer>
{
    internal static TaskTimer Of(DateTimeOffset at, TaskInstance task, bool isDeadline = false) =>
        new(at, task.Rank.Number, isDeadline, task);

    /// <inheritdoc/>
    public int CompareTo(TaskTimer other) =>
        At != other.At ? At.CompareTo(other.At)
        : Number != other.Number ? Number.CompareTo(other.Number)
        : IsDeadline.CompareTo(other.IsDeadline);

    /// <summary>Whether the left one comes first.</summary>
    public static bool operator <(TaskTimer left, TaskTimer right) => left.CompareTo(right) < 0;

    /// <summary>Whether the right one comes first.</summary>
    public static bool operator >(TaskTimer left, TaskTimer right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left one does not come later.</summary>
    public static bool operator <=(TaskTimer left, TaskTimer right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left one does not come earlier.</summary>
    public static bool operator >=(TaskTimer left, TaskTimer right) => left.CompareTo(right) >= 0;
}
