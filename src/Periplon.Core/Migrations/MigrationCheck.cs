using Periplon.Core.Executions;
using Periplon.Core.Inputs;
using Periplon.Core.Plans;

namespace Periplon.Core.Migrations;

/// <summary>
/// Whether an execution that is under way can be moved to another revision: its history is replayed on both plans side by side, and every
/// event must do the same to the same task. Pure.
/// </summary>
public static class MigrationCheck
{
    /// <summary>Checks an execution.</summary>
    /// <param name="state">The execution as it is.</param>
    /// <param name="history">All its events.</param>
    /// <param name="plan">Plan of the other revision.</param>
    /// <param name="revision">Number of the other revision.</param>
    public static MigrationVerdict Check(
        ExecutionState state, IReadOnlyList<ExecutionEvent> history, ExecutionPlan plan, int revision)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(plan);
        if (state.IsTerminal)
        {
            return Refused(revision, new(MigrationReasons.Ended, "The execution has ended"));
        }

        if (state.Created.ParentTask is not null)
        {
            return Refused(revision, new(MigrationReasons.Child, "A child execution stays on the revision of its parent"));
        }

        var binding = InputBinder.Bind(
            plan.Workflow.Inputs,
            state.Created.Inputs.Where(input => plan.Workflow.Inputs.ContainsKey(input.Key))
                .ToDictionary(input => input.Key, input => input.Value, StringComparer.Ordinal));
        if (binding.Problems is [var problem, ..])
        {
            return Refused(revision, new(MigrationReasons.Inputs, $"{problem.Path}: {problem.Message}"));
        }

        var replay = new SideBySideReplay(state.Plan, plan, history, revision);
        return replay.Run() is { } refusal
            ? Refused(revision, refusal)
            : new MigrationVerdict
            {
                Revision = revision, State = replay.State, Inputs = binding.Values, SecretInputs = SecretsOf(state, plan, binding),
            };
    }

    // What was secret stays so, whatever the other revision says of it.
    private static List<string>? SecretsOf(ExecutionState state, ExecutionPlan plan, InputBinding binding)
    {
        var before = state.Created.SecretInputs ?? [];
        List<string> names = [.. (SecretInputs.NamesOf(plan.Workflow) ?? []).Union(before.Where(binding.Values.ContainsKey))];
        return names.Count > 0 ? names : null;
    }

    private static MigrationVerdict Refused(int revision, MigrationRefusal refusal) => new() { Revision = revision, Refusal = refusal };
}
