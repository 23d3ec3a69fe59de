using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Periplon.Core.Plans;
using Periplon.Core.Reuse;
using Periplon.Core.Workflows;
using Periplon.Run;
using PlannedTask = Periplon.Core.Plans.PlannedTask;

namespace Periplon.Commands;

/// <summary>The options of <c>periplon run</c> that answer what tasks wait for.</summary>
internal sealed class RunAnswers
{
    public Option<string[]> Signals { get; } = new("--signal")
    {
        Description = "Signal sent before the start; may be repeated. What is no JSON is sent as text", HelpName = "NAME=JSON",
    };

    public Option<string[]> Approvals { get; } = new("--approve")
    {
        Description = "Approval task (in a subflow: CALL/TASK) that is approved when it asks; may be repeated", HelpName = "TASK",
    };

    public Option<string[]> Rejections { get; } = new("--reject")
    {
        Description = "Approval task (in a subflow: CALL/TASK) that is rejected when it asks; may be repeated", HelpName = "TASK",
    };

    /// <summary>Whether a workflow may ask for decisions.</summary>
    public static bool Asks(WorkflowDefinition workflow) => ApprovalsOf(workflow).Any();

    public IReadOnlyList<LocalSignal> ReadSignals(ParseResult parsed)
    {
        var signals = new List<LocalSignal>();
        foreach (var text in parsed.GetValue(Signals) ?? [])
        {
            var cut = text.IndexOf('=', StringComparison.Ordinal);
            if (cut == 0 || text.Length == 0)
            {
                throw new CommandException($"--signal '{text}' is not NAME=JSON", exitCode: ExitCode.Usage);
            }

            signals.Add(cut < 0 ? new LocalSignal(text, null) : new LocalSignal(text[..cut], Payload(text[(cut + 1)..])));
        }

        return signals;
    }

    public IReadOnlyDictionary<string, bool> ReadDecisions(ParseResult parsed, WorkflowDefinition workflow)
    {
        var plans = new RevisionPlans(workflow);
        var decisions = new Dictionary<string, bool>(StringComparer.Ordinal);
        Read("--approve", parsed.GetValue(Approvals), approved: true);
        Read("--reject", parsed.GetValue(Rejections), approved: false);
        return decisions;

        void Read(string option, string[]? tasks, bool approved)
        {
            foreach (var task in tasks ?? [])
            {
                if (Find(plans, task) is not { Shape: TaskShape.Approval })
                {
                    var known = string.Join(", ", ApprovalsOf(workflow));
                    throw new CommandException(
                        $"{option} '{task}' is no approval task of this workflow; it has {(known.Length == 0 ? "none" : known)}",
                        exitCode: ExitCode.Usage);
                }

                if (!decisions.TryAdd(task, approved) && decisions[task] != approved)
                {
                    throw new CommandException($"task '{task}' is given to both --approve and --reject", exitCode: ExitCode.Usage);
                }
            }
        }
    }

    // "call/ok" is the task "ok" of the subflow that "call" runs.
    private static PlannedTask? Find(RevisionPlans plans, string path)
    {
        var plan = plans.PlanOf(null);
        var parts = path.Split('/');
        foreach (var part in parts[..^1])
        {
            if (SubflowOf(plans, plan.Find(part)) is not { } subflow)
            {
                return null;
            }

            plan = plans.PlanOf(subflow);
        }

        return plan.Find(parts[^1]);
    }

    private static IEnumerable<string> ApprovalsOf(WorkflowDefinition workflow) => ApprovalsOf(new RevisionPlans(workflow), null, "", []);

    private static IEnumerable<string> ApprovalsOf(RevisionPlans plans, string? subflow, string prefix, ImmutableList<string> around)
    {
        foreach (var task in plans.PlanOf(subflow).Tasks)
        {
            if (task.Shape is TaskShape.Approval)
            {
                yield return prefix + task.Path;
            }
            else if (SubflowOf(plans, task) is { } inner && !around.Contains(inner))
            {
                // One that runs itself would never come to an end.
                foreach (var path in ApprovalsOf(plans, inner, $"{prefix}{task.Path}/", around.Add(inner)))
                {
                    yield return path;
                }
            }
        }
    }

    private static string? SubflowOf(RevisionPlans plans, PlannedTask? task) =>
        task is { Shape: TaskShape.Subflow, Definition.Subflow: { } id } && plans.Workflow.Subflows.ContainsKey(id) ? id : null;

    private static JsonElement Payload(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(text, Api.ApiJson.Default.String);
        }
    }
}
