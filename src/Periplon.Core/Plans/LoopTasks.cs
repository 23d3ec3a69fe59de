using System.Text.RegularExpressions;
using Periplon.Core.Conditions;
using Periplon.Core.Workflows;

namespace Periplon.Core.Plans;

/// <summary>
/// Divides a task with a loop into the loop and its iteration. Dependencies, handlers and what is said about the end belong to the loop;
/// all else belongs to each iteration. A condition that names loop variables is asked for each iteration, any other once.
/// </summary>
internal static partial class LoopTasks
{
    /// <summary>Names of loop variables that every iteration has.</summary>
    private static readonly string[] CommonNames = ["iteration", "loop_index", "loop"];

    internal static TaskDefinition Outer(TaskDefinition task)
    {
        var names = NamesOf(task);
        return task with
        {
            Condition = Mentions(task.Condition, names) ? null : task.Condition,
            If = Mentions(task.If, names) ? null : task.If,
            DefinitionOfDone = null,
            Concurrency = null,
            RateLimit = null,
            Cache = null,
            Output = null,
            Outputs = new Dictionary<string, OutputDefinition>(0),
            SetState = new Dictionary<string, System.Text.Json.JsonElement>(0),
        };
    }

    internal static TaskDefinition Iteration(TaskDefinition task)
    {
        var names = NamesOf(task);
        return task with
        {
            Loop = task.Matrix is null ? null : task.Loop,
            LoopControl = task.Matrix is null ? null : task.LoopControl,
            Matrix = null,
            DependsOn = [],
            ParallelWith = [],
            OnFailure = new Dictionary<string, TaskDefinition>(0),
            Finally = new Dictionary<string, TaskDefinition>(0),
            OnComplete = null,
            OnError = task.OnError is { } onError ? onError with { Notify = null } : null,
            ContinueOnError = false,
            Condition = Mentions(task.Condition, names) ? task.Condition : null,
            If = Mentions(task.If, names) ? task.If : null,
        };
    }

    /// <summary>Name of the loop's own variable; null when it has none.</summary>
    internal static string? VariableOf(LoopDefinition? loop) => loop switch
    {
        LoopDefinition.ForEach each => each.Iterator,
        LoopDefinition.Repeat repeat => repeat.Iterator,
        LoopDefinition.While loopWhile => loopWhile.IterationVariable,
        LoopDefinition.RepeatUntil until => until.IterationVariable,
        _ => null,
    };

    private static string[] NamesOf(TaskDefinition task) =>
        task.Matrix is not null ? [.. CommonNames, "matrix"]
        : VariableOf(task.Loop) is { Length: > 0 } variable ? [.. CommonNames, variable]
        : CommonNames;

    private static bool Mentions(Condition? condition, string[] names) => condition switch
    {
        Condition.When asked => Mentions(asked.Expression, names),
        Condition.TaskHasStatus asked => Mentions(asked.Task, names) && asked.Task.Contains('{', StringComparison.Ordinal),
        Condition.StateEquals asked => MentionsInBraces(asked.Key, names) || MentionsInBraces(asked.Value.GetRawText(), names),
        Condition.StateExists asked => MentionsInBraces(asked.Key, names),
        Condition.And all => all.Conditions.Any(inner => Mentions(inner, names)),
        Condition.Or any => any.Conditions.Any(inner => Mentions(inner, names)),
        Condition.Not negated => Mentions(negated.Inner, names),
        _ => false,
    };

    private static bool MentionsInBraces(string text, string[] names) =>
        text.Contains('{', StringComparison.Ordinal) && Mentions(text, names);

    private static bool Mentions(string? text, string[] names) =>
        text is not null && Word().EnumerateMatches(text) is var words && AnyOf(words, text, names);

    private static bool AnyOf(Regex.ValueMatchEnumerator words, string text, string[] names)
    {
        foreach (var word in words)
        {
            var found = text.AsSpan(word.Index, word.Length);
            foreach (var name in names)
            {
                if (found.SequenceEqual(name))
                {
                    return true;
                }
            }
        }

        return false;
    }

    [GeneratedRegex("[A-Za-z_][A-Za-z0-9_]*")]
    private static partial Regex Word();
}
