using Periplon.Client.Executions;
using Periplon.Client.Queue;
using Periplon.Core.Executions;
using Periplon.Core.Reuse;
using Periplon.Engine.Tasks;
using Periplon.Engine.Workers;

namespace Periplon.Run;

/// <summary>Runs attempts of a local run in the user's directory, and shows their lines as they come.</summary>
internal sealed class LocalAttempts(AttemptPipeline pipeline, string directory, LocalRunReport report) : IAttemptRunner
{
    public RevisionPlans? Plans { get; set; }

    public Task<TaskOutcome> RunAsync(TaskOffer offer, TaskLease lease, CancellationToken cancellationToken)
    {
        var plan = Plans!.PlanOf(lease.Subflow);
        var request = AttemptRequests.Of(offer, lease, plan.Find(offer.Task)!, plan.Workflow) with { Directory = directory };
        return pipeline.RunAsync(request, new ProgressLog(report.PathOf(offer.ExecutionId, offer.Task), report.Progress), cancellationToken);
    }

    private sealed class ProgressLog(string task, IRunProgress progress) : ITaskLog
    {
        public void Write(string stream, string line) => progress.OnLog(task, stream, line);

        public void Announce(string line) => progress.OnNotice(task, line);
    }
}
