using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Core.Inputs;
using Periplon.Engine.Executions;

namespace Periplon.Engine.Workflows;

// Retries: a new execution that takes over what an ended one has done. It begins like any other, so that all limits hold for it too.
internal sealed partial class WorkflowGrain
{
    public async Task<StartResult> RetryAsync(RetryExecution request, CancellationToken cancellationToken)
    {
        // A deleted workflow still answers for what it started.
        if (Find(request.Organization) is not { } row)
        {
            return new StartResult { Status = StartStatus.WorkflowNotFound };
        }

        if (!TryReadInputs(request.Inputs, out var edits, out var problem))
        {
            return new StartResult { Status = StartStatus.InvalidInputs, Problems = [WorkflowProblems.Of(problem)] };
        }

        var hash = StartFingerprint.OfRetry(_id, request, edits);
        var (refusal, retry) = row switch
        {
            { IsDeleted: true } => (new StartResult { Status = StartStatus.WorkflowNotFound }, null),
            { IsActive: false } => (new StartResult { Status = StartStatus.WorkflowInactive }, null),
            // Off the grain's turn: a long history takes its time.
            _ => await Task.Run(() => retries.PrepareAsync(row, request, edits, cancellationToken), cancellationToken),
        };
        if (refusal is not null)
        {
            return await StartedBeforeAsync(request.Organization, request.ExecutionId, hash, cancellationToken) is { } before
                ? new StartResult { Status = before }
                : refusal;
        }

        return new StartResult { Status = await Execution(request.ExecutionId).CreateAsync(Create(request, retry!, hash), cancellationToken) };
    }

    private CreateExecution Create(RetryExecution request, PreparedRetry retry, string hash)
    {
        var before = retry.Ended.Created;
        var revision = retry.Entry.Row.Revision;
        return new CreateExecution
        {
            Start = new StartExecution
            {
                ExecutionId = request.ExecutionId, Organization = request.Organization, Priority = before.Priority,
                TriggerType = TriggerTypes.Retry, TriggeredBy = request.TriggeredBy, Labels = before.Labels, Revision = revision,
                Inputs = JsonSerializer.SerializeToUtf8Bytes(retry.Inputs, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement),
            },
            WorkflowId = _id,
            Revision = revision,
            RequestHash = hash,
            Subflow = before.Subflow,
            Depth = before.Depth,
            SecretInputs = before.SecretInputs,
            RetryOf = before.ExecutionId,
            Kept = retry.Kept,
        };
    }
}
