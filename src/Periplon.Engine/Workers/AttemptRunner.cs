using System.Text.Json;
using Periplon.Core.Plans;
using Periplon.Client.Executions;
using Periplon.Client.Queue;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Logs;
using Periplon.Engine.Tasks;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Workers;

/// <summary>
/// Runs claimed attempts on this silo: finds the pinned revision, runs the pipeline, and makes sure the log is stored first.
/// </summary>
internal sealed class AttemptRunner(WorkflowCatalog catalog, AttemptPipeline pipeline, LogWriter log, TimeProvider time) : IAttemptRunner
{
    public async Task<TaskOutcome> RunAsync(TaskOffer offer, TaskLease lease, CancellationToken cancellationToken)
    {
        if (await catalog.FindAsync(lease.WorkflowId, lease.Revision, CancellationToken.None) is not { } entry
            || entry.PlanOf(lease.Subflow) is not { } plan
            || plan.Find(offer.Task) is not { } task)
        {
            return TaskOutcome.Failed(
                FailureKinds.Internal,
                $"Revision {lease.Revision} of workflow {lease.WorkflowId} has no task '{offer.Task}' on this worker");
        }

        var lines = new LogWriterTaskLog(log, offer, time);
        var outcome = await pipeline.RunAsync(AttemptRequests.Of(offer, lease, task, plan.Workflow), lines, cancellationToken);
        if (lines.WroteAny)
        {
            // Whoever sees the task ended also sees all it printed.
            await log.FlushAsync(CancellationToken.None);
        }

        return outcome;
    }
}

/// <summary>The pipeline's request for a claimed attempt.</summary>
internal static class AttemptRequests
{
    public static AttemptRequest Of(TaskOffer offer, TaskLease lease, PlannedTask task, WorkflowDefinition workflow)
    {
        return new AttemptRequest
        {
            ExecutionId = offer.ExecutionId,
            Organization = lease.Organization,
            WorkflowId = lease.WorkflowId,
            Subflow = lease.Subflow,
            TaskPath = offer.Task,
            Attempt = offer.Attempt,
            Task = task.Definition,
            Workflow = workflow,
            Values = JsonSerializer.Deserialize(lease.Values.Span, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement)!,
            Timeout = lease.TimeoutSecs is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Work = lease.Work,
            Feedback = lease.Feedback,
            Agent = lease.Agent,
            Context = lease.Context,
            SecretTexts = lease.SecretTexts ?? [],
        };
    }
}

/// <summary>The log of one attempt, on its way to the log writer.</summary>
internal sealed class LogWriterTaskLog(LogWriter log, TaskOffer offer, TimeProvider time) : ITaskLog
{
    private volatile bool _wroteAny;

    /// <summary>Whether any line was written.</summary>
    public bool WroteAny => _wroteAny;

    public void Write(string stream, string line)
    {
        _wroteAny = true;
        var entry = new LogEntry
        {
            ExecutionId = offer.ExecutionId,
            Task = offer.Task,
            Attempt = offer.Attempt,
            At = time.GetUtcNow(),
            Level = stream == "stderr" ? "warning" : "info",
            Stream = stream,
            Message = line,
        };
        var written = log.WriteAsync(entry, CancellationToken.None);
        if (!written.IsCompletedSuccessfully)
        {
            // The buffer is full: the reader of the child's pipe waits, and with it the child.
            written.AsTask().GetAwaiter().GetResult();
        }
    }
}
