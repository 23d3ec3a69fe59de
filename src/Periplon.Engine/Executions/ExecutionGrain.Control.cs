using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Core.Migrations;

namespace Periplon.Engine.Executions;

// What people do to an execution that is under way, beside ending and pausing it: skip its tasks, move it to another revision.
internal sealed partial class ExecutionGrain
{
    // Each try reads the whole journal; an execution that commits faster than that is asked again later.
    private const int MaxMigrationTries = 5;

    public async Task<SkipTaskResult> SkipTaskAsync(SkipTaskRequest request, CancellationToken cancellationToken)
    {
        if (await LoadAsync(cancellationToken) is not { } driver || driver.State.Created.Organization != request.Organization)
        {
            return new SkipTaskResult(SkipTaskStatus.NotFound);
        }

        if (driver.State.IsTerminal)
        {
            return new SkipTaskResult(SkipTaskStatus.AlreadyFinished);
        }

        JsonElement? output = request.Output.IsEmpty
            ? null
            : JsonSerializer.Deserialize(request.Output.Span, ExecutionJson.Default.JsonElement);
        var answer = await driver.DoAsync(
            turn => turn.State.IsTerminal ? null : ExecutionCommands.Skip(turn, request.Task, request.By, request.Reason, output),
            cancellationToken);
        return answer is null
            ? new SkipTaskResult(SkipTaskStatus.AlreadyFinished)
            : new SkipTaskResult(StatusOf(answer.Status), answer.Detail);
    }

    public async Task<MigrateResult> MigrateAsync(MigrateExecution request, CancellationToken cancellationToken)
    {
        if (await LoadAsync(cancellationToken) is not { } driver || driver.State.Created.Organization != request.Organization)
        {
            return new MigrateResult(MigrateStatus.NotFound);
        }

        var created = driver.State.Created;
        if (await catalog.FindAsync(created.WorkflowId, request.Revision, cancellationToken) is not { } entry)
        {
            return new MigrateResult(MigrateStatus.Refused, "no_revision", $"The workflow has no revision {request.Revision}");
        }

        for (var tries = 0; tries < MaxMigrationTries; tries++)
        {
            var rows = await journal.ReadAsync(_id, 0, cancellationToken);
            var history = rows.SelectMany(row => EventCodec.Decode(row.Events.Span)).ToList();
            var result = await driver.DoAsync(
                turn => driver.Seq == rows[^1].Seq ? Migrate(turn, history, entry, request) : null, cancellationToken);
            if (result is not null)
            {
                return result;
            }
        }

        return new MigrateResult(MigrateStatus.Refused, "busy", "The execution goes on too fast to be checked; pause it, or ask again");
    }

    private static MigrateResult Migrate(
        ExecutionTurn turn, List<ExecutionEvent> history, Workflows.CatalogEntry entry, MigrateExecution request)
    {
        if (turn.State.Created.Revision == request.Revision && !turn.State.IsTerminal)
        {
            return new MigrateResult(MigrateStatus.Unchanged);
        }

        var verdict = Workflows.MigrationChecks.Check(turn.State, [.. history, .. turn.Events], entry);
        if (verdict.Refusal is { } refusal)
        {
            return new MigrateResult(MigrateStatus.Refused, refusal.Reason, refusal.Message, refusal.Task);
        }

        if (!request.DryRun)
        {
            turn.Migrate(verdict.State!, verdict.EventAt(turn.Now, request.By));
        }

        return new MigrateResult(MigrateStatus.Migrated);
    }

    private static SkipTaskStatus StatusOf(TaskSkipStatus status) => status switch
    {
        TaskSkipStatus.Done => SkipTaskStatus.Done,
        TaskSkipStatus.Repeated => SkipTaskStatus.NoChange,
        TaskSkipStatus.NotThereYet => SkipTaskStatus.TaskNotThereYet,
        TaskSkipStatus.Settled => SkipTaskStatus.TaskEnded,
        TaskSkipStatus.InHandlers => SkipTaskStatus.TaskInHandlers,
        TaskSkipStatus.Stopping => SkipTaskStatus.TaskStopping,
        _ => SkipTaskStatus.TaskNotFound,
    };
}
