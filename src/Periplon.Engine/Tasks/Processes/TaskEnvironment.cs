using System.Collections;
using System.Globalization;
using System.Text.RegularExpressions;
using Periplon.Engine.Tasks.Secrets;

namespace Periplon.Engine.Tasks.Processes;

/// <summary>
/// The environment of an attempt's process: what the worker passes on, then what names the attempt, then <c>defaults.env</c> of the
/// workflow, then the task's own; later ones win.
/// </summary>
internal static partial class TaskEnvironment
{
    /// <summary>Builds it; null with the reason when a name cannot be one.</summary>
    internal static Dictionary<string, string>? Build(
        TaskContext context, TaskOptions options, IReadOnlyDictionary<string, string> own, out string? problem)
    {
        var environment = Inherited(options);
        environment["PERIPLON_EXECUTION_ID"] = context.ExecutionId.ToString();
        environment["PERIPLON_TASK_ID"] = context.TaskPath;
        environment["PERIPLON_ATTEMPT"] = context.Attempt.ToString(CultureInfo.InvariantCulture);
        environment["PERIPLON_ATTEMPT_KEY"] = context.AttemptKey;
        foreach (var (name, value) in (context.Workflow.Defaults?.Env ?? new Dictionary<string, string>()).Concat(own))
        {
            if (!ValidName().IsMatch(name))
            {
                problem = $"'{name}' cannot name an environment variable; allowed are letters, digits and '_', not beginning with a digit";
                return null;
            }

            environment[name] = context.Texts.Lenient(value);
        }

        problem = null;
        return environment;
    }

    private static Dictionary<string, string> Inherited(TaskOptions options)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            if (options.PassEnvironment.Any(pattern => NamePattern.Matches(pattern, name)))
            {
                environment[name] = (string?)variable.Value ?? "";
            }
        }

        return environment;
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex ValidName();
}
