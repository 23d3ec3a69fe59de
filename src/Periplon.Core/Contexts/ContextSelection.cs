using Periplon.Core.Workflows;

namespace Periplon.Core.Contexts;

/// <summary>An earlier task whose output an agent might see.</summary>
/// <param name="Task">Task path.</param>
/// <param name="Agent">Agent that ran it; null when none did.</param>
/// <param name="Depth">
/// Distance along dependencies from the task that asks: 1 for a direct dependency, 2 for a dependency of that, 0 when it is none.
/// </param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="LastUsedAt">When its output was last shown or referred to; the end of the task when it never was.</param>
/// <param name="Text">Its output text, as much as is kept of it.</param>
public sealed record ContextCandidate(
    string Task, string? Agent, int Depth, DateTimeOffset FinishedAt, DateTimeOffset LastUsedAt, string Text);

/// <summary>A part of an agent's context.</summary>
/// <param name="Task">Task path.</param>
/// <param name="Relevance">Relevance, 0 to 1; 1 for tasks that are listed by hand.</param>
/// <param name="Text">The text to show.</param>
/// <param name="IsCut">Whether the end of the text is missing.</param>
public sealed record ContextPart(string Task, double Relevance, string Text, bool IsCut);

/// <summary>Chooses which earlier outputs an agent sees (reference §16.2).</summary>
public static class ContextSelection
{
    /// <summary>The last output is cut when at least this many bytes of room are left for it, and left out otherwise.</summary>
    public const int LeastCutBytes = 100;

    private const double DirectRelevance = 1;
    private const double TransitiveRelevance = 0.8;
    private const double SameAgentRelevance = 0.5;

    /// <summary>
    /// The chosen outputs. Automatic: those that the cleanup strategy leaves, the most relevant first, of equals the newest. Manual: the
    /// listed ones in their order. None: nothing.
    /// </summary>
    /// <param name="candidates">Every task that has ended with an output.</param>
    /// <param name="agent">Agent of the task that asks; null when it has none.</param>
    /// <param name="context">What the task wants; null is the default.</param>
    /// <param name="limits">The task's limits over those of the workflow.</param>
    public static IReadOnlyList<ContextPart> Select(
        IReadOnlyList<ContextCandidate> candidates, string? agent, ContextDefinition? context, LimitsDefinition limits)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(limits);
        context ??= new ContextDefinition();
        var chosen = context.Mode switch
        {
            "none" => [],
            "manual" => Listed(candidates, context),
            _ => Relevant(candidates, agent, context, limits.CleanupStrategy),
        };
        return Fit(chosen, context.MaxTasks ?? limits.MaxContextTasks, context.MaxBytes ?? limits.MaxContextBytes);
    }

    /// <summary>
    /// How much a task has to do with the one that asks: 1 for a direct dependency, 0.8 divided by the depth for a transitive one, 0.5 for
    /// a task of the same agent, else 0; the largest that applies.
    /// </summary>
    /// <param name="candidate">The task.</param>
    /// <param name="agent">Agent of the task that asks; null when it has none.</param>
    public static double RelevanceOf(ContextCandidate candidate, string? agent)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        var byDependency = candidate.Depth switch { <= 0 => 0, 1 => DirectRelevance, var depth => TransitiveRelevance / depth };
        var byAgent = agent is not null && string.Equals(candidate.Agent, agent, StringComparison.Ordinal) ? SameAgentRelevance : 0;
        return Math.Max(byDependency, byAgent);
    }

    /// <summary>What a cleanup strategy leaves of the outputs. One that is not known leaves all.</summary>
    /// <param name="candidates">The outputs.</param>
    /// <param name="agent">Agent of the task that asks; null when it has none.</param>
    /// <param name="strategy">The strategy.</param>
    public static IReadOnlyList<ContextCandidate> Clean(
        IReadOnlyList<ContextCandidate> candidates, string? agent, CleanupStrategy strategy)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        var keep = Math.Max(strategy.KeepCount ?? int.MaxValue, 0);
        return strategy.Type switch
        {
            "most_recent" => Latest(one => one.FinishedAt),
            "highest_relevance" => [.. ByRelevance(candidates, agent).Take(keep)],
            "lru" => Latest(one => one.LastUsedAt),
            "direct_dependencies" => [.. candidates.Where(one => one.Depth is 1)],
            _ => candidates,
        };

        IReadOnlyList<ContextCandidate> Latest(Func<ContextCandidate, DateTimeOffset> time) =>
            [.. candidates.OrderByDescending(time).ThenBy(one => one.Task, StringComparer.Ordinal).Take(keep)];
    }

    private static IEnumerable<ContextCandidate> ByRelevance(IEnumerable<ContextCandidate> candidates, string? agent) => candidates
        .OrderByDescending(one => RelevanceOf(one, agent)).ThenByDescending(one => one.FinishedAt)
        .ThenBy(one => one.Task, StringComparer.Ordinal);

    private static IEnumerable<(ContextCandidate, double)> Listed(IReadOnlyList<ContextCandidate> candidates, ContextDefinition context) =>
        context.IncludeTasks.Except(context.ExcludeTasks, StringComparer.Ordinal)
            .Select(task => candidates.FirstOrDefault(one => string.Equals(one.Task, task, StringComparison.Ordinal)))
            .OfType<ContextCandidate>().Select(one => (one, DirectRelevance));

    // Tasks that are listed to be included are shown whatever their relevance; the rest competes.
    private static IEnumerable<(ContextCandidate, double)> Relevant(
        IReadOnlyList<ContextCandidate> candidates, string? agent, ContextDefinition context, CleanupStrategy strategy)
    {
        var allowed = candidates.Where(one => !context.ExcludeTasks.Contains(one.Task, StringComparer.Ordinal)).ToList();
        var included = Listed(allowed, context).ToList();
        var others = Clean(allowed, agent, strategy)
            .Where(one => !context.IncludeTasks.Contains(one.Task, StringComparer.Ordinal));
        return included.Concat(ByRelevance(others, agent).Select(one => (one, RelevanceOf(one, agent)))
            .Where(one => one.Item2 > 0 && one.Item2 >= context.MinRelevance));
    }

    private static List<ContextPart> Fit(IEnumerable<(ContextCandidate Candidate, double Relevance)> chosen, int maxTasks, long maxBytes)
    {
        var parts = new List<ContextPart>();
        var room = maxBytes;
        foreach (var (candidate, relevance) in chosen)
        {
            if (parts.Count >= maxTasks)
            {
                break;
            }

            var size = ContextText.SizeOf(candidate.Text);
            if (size > room)
            {
                if (room >= LeastCutBytes)
                {
                    parts.Add(new ContextPart(candidate.Task, relevance, ContextText.Cut(candidate.Text, room), IsCut: true));
                }

                break;
            }

            parts.Add(new ContextPart(candidate.Task, relevance, candidate.Text, IsCut: false));
            room -= size;
        }

        return parts;
    }
}
