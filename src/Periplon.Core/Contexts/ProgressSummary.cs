using System.Globalization;
using System.Text;
using Periplon.Core.Executions;
using Periplon.Core.Inputs;
using Periplon.Core.Plans;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Contexts;

/// <summary>
/// What a model is told of the execution before its prompt (reference §16.3): how far the workflow is, where the task's output goes, what
/// earlier tasks brought, and what failed. Secret inputs are masked; secrets never get here.
/// </summary>
public static class ProgressSummary
{
    /// <summary>Most bytes of an output in the short list, and of an error.</summary>
    public const int ShortBytes = 500;

    private const int MaxNames = 50;
    private const string CutMark = " […]";

    // Enough on both sides of a cut for every secret that might stand across it.
    private const int LooksBehindCut = 16 * 1024;

    /// <summary>
    /// The text for a task. Its <c>context</c> chooses the outputs that are shown; without one, the relevant ones are shown whole, and
    /// others that there is room for by their beginning.
    /// </summary>
    /// <param name="state">The execution.</param>
    /// <param name="task">The task that is about to run.</param>
    /// <returns>The text; null when the task does not ask for it, or there is nothing to tell.</returns>
    public static string? Of(ExecutionState state, TaskInstance task)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(task);
        var definition = task.Planned.Definition;
        if (!IsAskedFor(state.Task(task), definition))
        {
            return null;
        }

        var completed = ContextCandidates.Completed(state).Select(one => one.Instance.Path).ToList();
        var failed = Failed(state).ToList();
        if (completed.Count + failed.Count == 0 && definition.Output is null)
        {
            return null;
        }

        var limits = LimitsDefinition.Of(definition.Limits, state.Plan.Workflow.Limits);
        var mask = SecretTexts.Of(state.Created.Inputs, state.Created.SecretInputs);
        var text = new StringBuilder();
        AddHead(text, state, task, mask);
        AddNames(text, "Completed tasks", completed);
        AddOutputs(text, state, task, limits, mask);
        AddFailures(text, failed, limits, mask);
        return text.ToString().TrimEnd('\n');
    }

    private static bool IsAskedFor(TaskState task, TaskDefinition definition) =>
        task.Work is AttemptWork.Task
        && (task.Agent is not null || definition.Kind is TaskKind.Agent or TaskKind.Llm)
        && (definition.InjectContext || definition.Context is { Mode: not "none" });

    private static void AddHead(StringBuilder text, ExecutionState state, TaskInstance task, SecretTexts? mask)
    {
        var (done, all) = Progress(state);
        var percent = all == 0 ? 100 : done * 100 / all;
        var created = state.Created;
        text.Append(CultureInfo.InvariantCulture, $"Workflow '{created.WorkflowName}', version {created.WorkflowVersion}: ");
        text.Append(CultureInfo.InvariantCulture, $"{percent} % done, {done} of {all} tasks.\n");
        if (task.Planned.Definition.Output is { } output)
        {
            var path = Masked(PathOf(output, state, task), mask);
            text.Append(CultureInfo.InvariantCulture, $"The output of this task is written to: {path}\n");
        }
    }

    private static string PathOf(string output, ExecutionState state, TaskInstance task)
    {
        try
        {
            return Template.Parse(output).Render(new ExecutionScope(state, task), lenient: true);
        }
        catch (TemplateException)
        {
            // The worker, which fills in the path itself, fails the task with the reason.
            return output;
        }
    }

    // Tasks that the workflow itself has; a loop or a switch counts as one, for nobody knows how many there will be inside.
    private static (int Done, int All) Progress(ExecutionState state)
    {
        var (done, all) = (0, 0);
        foreach (var planned in state.Plan.Tasks.Where(IsCounted))
        {
            all++;
            done += state.FindOrAround(null, planned) is { Instance.Around: not null } found && found.Status.IsSettled() ? 1 : 0;
        }

        return (done, all);
    }

    private static bool IsCounted(PlannedTask planned)
    {
        if (!planned.IsAuthored || (planned.Shape is TaskShape.Group && planned.OwnBlock is { Tasks.IsEmpty: false }))
        {
            return false;
        }

        for (var at = planned; at.Parent is { } around; at = around)
        {
            if (around.Shape is TaskShape.Loop or TaskShape.Switch || around.Phases[at.ParentPhase].Kind is not PhaseKind.Own)
            {
                return false;
            }
        }

        return true;
    }

    private static void AddNames(StringBuilder text, string title, List<string> names)
    {
        if (names.Count > 0)
        {
            var shown = string.Join(", ", names.TakeLast(MaxNames));
            var more = names.Count > MaxNames ? $", and {names.Count - MaxNames} before them" : "";
            text.Append(CultureInfo.InvariantCulture, $"{title}: {shown}{more}\n");
        }
    }

    private static void AddOutputs(
        StringBuilder text, ExecutionState state, TaskInstance task, LimitsDefinition limits, SecretTexts? mask)
    {
        var agent = ContextCandidates.AgentOf(state.Task(task));
        var candidates = ContextCandidates.Of(state, task, limits.CleanupStrategy);
        var context = task.Planned.Definition.Context;
        var chosen = ContextSelection.Select(candidates, agent, WithPaths(context, state, task, candidates), limits);
        foreach (var part in chosen)
        {
            var whole = Masked(candidates.First(one => one.Task == part.Task).Text, mask);
            var shown = part.IsCut ? ContextText.Cut(whole, ContextText.SizeOf(part.Text)) + CutMark : whole;
            AddOutput(text, "Output", part.Task, shown);
        }

        // Whoever says what is to be seen gets no more than that.
        if (context is null)
        {
            AddBeginnings(text, candidates, chosen, agent, limits, mask);
        }
    }

    private static void AddBeginnings(
        StringBuilder text, List<ContextCandidate> candidates, IReadOnlyList<ContextPart> chosen, string? agent, LimitsDefinition limits,
        SecretTexts? mask)
    {
        var room = limits.MaxContextBytes - chosen.Sum(part => (long)ContextText.SizeOf(part.Text));
        var others = ContextSelection.Clean(candidates, agent, limits.CleanupStrategy)
            .Where(one => chosen.All(part => part.Task != one.Task))
            .OrderByDescending(one => one.FinishedAt).Take(limits.MaxContextTasks - chosen.Count);
        foreach (var other in others)
        {
            var shown = Beginning(other.Text, mask);
            room -= ContextText.SizeOf(shown);
            if (room < 0)
            {
                return;
            }

            AddOutput(text, "Beginning of the output", other.Task, shown);
        }
    }

    private static void AddOutput(StringBuilder text, string what, string task, string shown) =>
        text.Append(CultureInfo.InvariantCulture, $"\n{what} of task '{task}':\n{shown}\n");

    // Of a task that failed because one inside it did, the one inside is shown.
    private static IEnumerable<TaskState> Failed(ExecutionState state) => state.Tasks.Values
        .Where(one => one is { Status: TaskRunStatus.Failed, Failure.Kind: not FailureKinds.Subtask } && one.Instance.Planned.IsAuthored)
        .OrderBy(one => one.FinishedAt).ThenBy(one => one.Instance.Rank.Number);

    private static void AddFailures(StringBuilder text, List<TaskState> failed, LimitsDefinition limits, SecretTexts? mask)
    {
        if (failed.Count == 0)
        {
            return;
        }

        text.Append("\nFailed tasks:\n");
        foreach (var one in failed.TakeLast(limits.MaxContextTasks))
        {
            text.Append(CultureInfo.InvariantCulture, $"- {one.Instance.Path}: {Beginning(one.Failure!.Message, mask)}\n");
        }

        if (failed.Count > limits.MaxContextTasks)
        {
            text.Append(CultureInfo.InvariantCulture, $"- and {failed.Count - limits.MaxContextTasks} before them\n");
        }
    }

    private static string Beginning(string text, SecretTexts? mask)
    {
        var shown = Masked(text.Length > LooksBehindCut ? text[..LooksBehindCut] : text, mask);
        return ContextText.SizeOf(shown) <= ShortBytes ? shown : ContextText.Cut(shown, ShortBytes) + CutMark;
    }

    private static string Masked(string text, SecretTexts? mask) => mask?.Mask(text) ?? text;

    // The names that an author writes mean the nearest tasks; what holds others stands for all of them.
    private static ContextDefinition? WithPaths(
        ContextDefinition? context, ExecutionState state, TaskInstance task, List<ContextCandidate> candidates)
    {
        if (context is null)
        {
            return null;
        }

        var scope = new ExecutionScope(state, task);
        return context with { IncludeTasks = Paths(context.IncludeTasks), ExcludeTasks = Paths(context.ExcludeTasks) };

        string[] Paths(IReadOnlyList<string> names) => [.. names.SelectMany(PathsOf).Distinct(StringComparer.Ordinal)];

        IEnumerable<string> PathsOf(string name) => scope.FindTask(name) is { } meant
            ? candidates.Where(one => Holds(meant.Instance, state.Find(one.Task)!.Instance)).Select(one => one.Task)
            : [name];
    }

    private static bool Holds(TaskInstance outer, TaskInstance? inner)
    {
        for (; inner is not null; inner = inner.Around)
        {
            if (ReferenceEquals(outer, inner))
            {
                return true;
            }
        }

        return false;
    }
}
