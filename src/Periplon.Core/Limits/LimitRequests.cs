using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Core.Limits;

/// <summary>What a task wants of a limit.</summary>
public enum LimitRequestKind
{
    /// <summary>A place under a concurrency limit.</summary>
    Ask,
    /// <summary>To give it back, or to leave the queue.</summary>
    Release,
    /// <summary>A start under a rate limit.</summary>
    Reserve,
    /// <summary>To give such a start back, because it will not be used.</summary>
    Return,
}

/// <summary>A request to a limit.</summary>
/// <param name="Kind">What is wanted.</param>
/// <param name="Key">Key of the limit, as <see cref="LimitKeys"/> makes it.</param>
/// <param name="Holder">Who wants it.</param>
/// <param name="Limit">How many places, or starts in a period.</param>
/// <param name="Strategy">What happens when no place is free.</param>
/// <param name="PeriodSecs">The period of a rate limit, in seconds.</param>
public sealed record LimitRequest(
    LimitRequestKind Kind, string Key, LimitHolder Holder, int Limit = 1, LimitStrategy Strategy = LimitStrategy.Queue, double PeriodSecs = 0);

/// <summary>What an execution has to tell limits: a question to its state, so that nobody keeps a second record of it.</summary>
public static class LimitRequests
{
    /// <summary>What follows from a turn.</summary>
    /// <param name="before">The state before it.</param>
    /// <param name="after">The state after it.</param>
    /// <param name="events">Its events.</param>
    public static IEnumerable<LimitRequest> Of(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        ArgumentNullException.ThrowIfNull(events);
        return after.IsTerminal
            ? before.Tasks.Values
                .SelectMany(task => new[] { Release(before, task), Return(before, task, events) }).OfType<LimitRequest>()
            : events.OfType<TaskEvent>().Select(happened => happened.Task).Distinct()
                .SelectMany(path => OfTask(before, after, path, events));
    }

    /// <summary>What tasks of an execution wait to hear from limits; asked again, it changes nothing.</summary>
    /// <param name="state">The state.</param>
    public static IEnumerable<LimitRequest> Pending(ExecutionState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Waiting.Select(rank => Question(state, state.Task(rank.Task))).OfType<LimitRequest>();
    }

    /// <summary>The places that tasks of an execution hold, as requests for them: for limits that forget them with the process.</summary>
    /// <param name="state">The state.</param>
    public static IEnumerable<LimitRequest> Held(ExecutionState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Tasks.Values
            .Where(task => task.Place is not null && !task.Status.IsSettled() && task.Instance.Planned.Definition.Concurrency is not null)
            .Select(task => Request(state, task, task.Place!, LimitRequestKind.Ask) with
            {
                Limit = task.Instance.Planned.Definition.Concurrency!.Limit,
            })
            .OrderBy(request => request.Holder);
    }

    /// <summary>Whether a task still wants or holds the place that it asked for at a time.</summary>
    /// <param name="state">The state.</param>
    /// <param name="task">Path of the task; empty for the execution itself.</param>
    /// <param name="askedAt">When it asked.</param>
    public static bool Holds(ExecutionState state, string task, DateTimeOffset askedAt)
    {
        ArgumentNullException.ThrowIfNull(state);
        return !state.IsTerminal && state.Find(task) is { } found && Ticket(found)?.At == askedAt;
    }

    private static IEnumerable<LimitRequest> OfTask(
        ExecutionState before, ExecutionState after, string path, IReadOnlyList<ExecutionEvent> events)
    {
        var was = before.Find(path);
        var isNow = after.Find(path);
        var question = isNow is null ? null : Question(after, isNow);
        var asksAnew = question is not null && (was is null || Question(before, was)?.Holder != question.Holder);
        if (was is not null && Release(before, was) is { } release
            && (isNow is null || Ticket(isNow)?.At != release.Holder.AskedAt || (asksAnew && question!.Kind is LimitRequestKind.Ask)))
        {
            yield return release;
        }

        if (was is not null && Return(before, was, events) is { } start
            && (isNow is null || isNow.Status.IsSettled() || isNow.Wait?.At != start.Holder.AskedAt))
        {
            yield return start;
        }

        if (asksAnew)
        {
            yield return question!;
        }
    }

    private static LimitRequest? Question(ExecutionState state, TaskState task)
    {
        var definition = task.Instance.Planned.Definition;
        return task.Wait switch
        {
            { Kind: WaitKind.Concurrency } wait when definition.Concurrency is { } limit =>
                Request(state, task, wait, LimitRequestKind.Ask) with { Limit = limit.Limit, Strategy = limit.Strategy },
            { Kind: WaitKind.Rate } wait when definition.RateLimit is { } limit && !task.Granted.HasFlag(LimitKinds.Rate) =>
                Request(state, task, wait, LimitRequestKind.Reserve) with { Limit = limit.Limit, PeriodSecs = limit.PeriodSecs },
            _ => null,
        };
    }

    private static LimitRequest? Release(ExecutionState state, TaskState task) =>
        Ticket(task) is { } ticket ? Request(state, task, ticket, LimitRequestKind.Release) : null;

    // It waited for its start, or for word of it, and has not got it.
    private static LimitRequest? Return(ExecutionState state, TaskState task, IReadOnlyList<ExecutionEvent> events) =>
        !task.Status.IsSettled() && task.Wait is { Kind: WaitKind.Rate } wait
        && !events.Any(e => e is LimitGranted { Limit: LimitKinds.Rate, DueAt: null } granted && granted.Task == task.Instance.Path)
            ? Request(state, task, wait, LimitRequestKind.Return)
            : null;

    private static LimitRequest Request(ExecutionState state, TaskState task, TaskWait wait, LimitRequestKind kind) => new(
        kind, LimitKeys.Of(state.Created.Organization, wait.Name ?? ""),
        new LimitHolder(state.Created.ExecutionId, task.Instance.Path, wait.At));

    private static TaskWait? Ticket(TaskState task) => task.Status.IsSettled() ? null
        : task.Wait is { Kind: WaitKind.Concurrency } asked ? asked
        : task.Place;
}
