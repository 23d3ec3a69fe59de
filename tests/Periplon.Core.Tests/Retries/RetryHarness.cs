using Periplon.Core.Executions;
using Periplon.Core.Plans;
using Periplon.Core.Retries;
using Periplon.Core.Tests.Executions;

namespace Periplon.Core.Tests.Retries;

/// <summary>Retries executions of <see cref="MachineHarness"/>.</summary>
internal static class RetryHarness
{
    public static readonly Guid RetryId = Guid.Parse("019aaaaa-0000-7000-8000-000000000003");

    public static MachineHarness Retry(this MachineHarness ended, RetryChoice? choice = null, ExecutionPlan? plan = null) =>
        new(plan ?? ended.Plan, CreatedOf(ended, choice ?? new RetryChoice(), plan));

    public static ExecutionCreated CreatedOf(MachineHarness ended, RetryChoice choice, ExecutionPlan? plan = null)
    {
        ended.State.IsTerminal.ShouldBeTrue(ExecutionText.Of(ended));
        var decided = RetryPlanner.Decide(ended.State, plan ?? ended.Plan, choice);
        decided.Problems.ShouldBeEmpty();
        decided.HasWork.ShouldBeTrue();
        var before = ended.State.Created;
        return before with
        {
            At = ended.Now, ExecutionId = RetryId, RetryOf = before.ExecutionId, Kept = decided.Kept,
            TimeLimitAt = ended.Plan.Workflow.TimeoutSecs is { } limit ? ended.Now.AddSeconds(limit) : null,
        };
    }

    /// <summary>Paths of what was kept so far, in the order of the paths.</summary>
    public static string Kept(this MachineHarness run) =>
        string.Join(' ', run.Journal.OfType<TaskKept>().Select(kept => kept.Task).Order(StringComparer.Ordinal));

    public static IReadOnlyList<RetryProblem> Refuse(this MachineHarness ended, RetryChoice choice, ExecutionPlan? plan = null)
    {
        var decided = RetryPlanner.Decide(ended.State, plan ?? ended.Plan, choice);
        decided.Kept.ShouldBeEmpty();
        return decided.Problems;
    }
}
