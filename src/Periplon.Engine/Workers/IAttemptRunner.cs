using Periplon.Client.Executions;
using Periplon.Client.Queue;
using Periplon.Core.Executions;

namespace Periplon.Engine.Workers;

/// <summary>Runs a claimed attempt to its end: on a worker, and in a local run.</summary>
internal interface IAttemptRunner
{
    /// <summary>
    /// Runs the attempt. When the token fires, it stops what it started and returns <see cref="TaskOutcomeKind.Cancelled"/>.
    /// </summary>
    Task<TaskOutcome> RunAsync(TaskOffer offer, TaskLease lease, CancellationToken cancellationToken);
}
