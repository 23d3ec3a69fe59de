using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Doctor;

/// <summary>
/// Repairs of rows. Each locks the row and reads again, so that what the engine has done meanwhile counts; an append that comes after sees
/// the mended row, and writes its own over it when it changes something.
/// </summary>
internal static class ExecutionRepairs
{
    private const string RewriteSql = """
        update executions set status = @status, wait_reason = @wait_reason, next_wake_at = @next_wake_at, result = @result, error = @error,
               retry_count = @retry_count, started_at = @started_at, completed_at = @completed_at,
               queue_lane = @queue_lane
         where id = @id
        """;

    /// <summary>Writes a row anew from its journal.</summary>
    public static Mend Rewrite(Guid id, WorkflowCatalog catalog) => async (session, cancellationToken) =>
    {
        await session.BeginAsync(cancellationToken);
        if (await ReadAsync(session, id, cancellationToken) is not { } row)
        {
            return null;
        }

        var journal = await ExecutionsCheck.ReadJournalAsync(session.Connection, session.Transaction, id, cancellationToken);
        var (state, problem) = await ExecutionReplay.OfAsync(catalog, id, journal, cancellationToken);
        if (state is null)
        {
            throw new InvalidOperationException($"Execution {id}: {problem}");
        }

        // The sweep looks at it at once, and the engine then finds its own next time.
        var now = journal[^1].At;
        var mended = ExecutionReplay.RowOf(row, state, now);
        mended = mended.Status.IsTerminal() ? mended : mended with { NextWakeAt = now };
        if (mended.Status == row.Status && mended.WaitReason == row.WaitReason && Same(mended.CompletedAt, row.CompletedAt))
        {
            return null;
        }

        await WriteAsync(session, mended, cancellationToken);
        return new(JsonOf(row), JsonOf(mended));
    };

    /// <summary>Ends an execution that can never go on.</summary>
    public static Mend EndAsFailed(ExecutionRow seen, string error) => async (session, cancellationToken) =>
    {
        await session.BeginAsync(cancellationToken);
        if (await ReadAsync(session, seen.Id, cancellationToken) is not { } row || row.Status.IsTerminal())
        {
            return null;
        }

        // The end goes into the journal too, unless rows are missing before it; the key refuses it if somebody was first. Where nothing was
        // left it becomes the first row, so that no parent starts the execution a second time.
        var journal = await ExecutionsCheck.ReadJournalAsync(session.Connection, session.Transaction, seen.Id, cancellationToken);
        var endedAt = journal.Count > 0 ? journal[^1].At : row.CreatedAt;
        if (journal.Count == 0 || journal[^1].Seq == journal.Count)
        {
            var end = new ExecutionFinished { At = endedAt, Status = ExecutionStatus.Failed, Error = error };
            await AppendAsync(session, seen.Id, journal.Count + 1, end, cancellationToken);
        }

        var mended = row with
        {
            Status = ExecutionStatus.Failed, Error = error, WaitReason = null, NextWakeAt = null, QueueLane = null,
            CompletedAt = endedAt,
        };
        await WriteAsync(session, mended, cancellationToken);
        return new(JsonOf(row), JsonOf(mended));
    };

    /// <summary>Makes the sweep look at an execution at once.</summary>
    public static Mend Wake(ExecutionRow seen) => async (session, cancellationToken) =>
    {
        await session.BeginAsync(cancellationToken);
        if (await ReadAsync(session, seen.Id, cancellationToken) is not { NextWakeAt: { } next } row)
        {
            return null;
        }

        // Any time in the past will do; this one needs no clock.
        var mended = row with { NextWakeAt = next < row.CreatedAt ? next : row.CreatedAt };
        await WriteAsync(session, mended, cancellationToken);
        return new(JsonOf(row), JsonOf(mended));
    };

    /// <summary>Makes the sweep look at a queued execution at a time, unless it has begun since it was seen.</summary>
    public static Mend WakeAt(ExecutionRow seen, DateTimeOffset at) => async (session, cancellationToken) =>
    {
        await session.BeginAsync(cancellationToken);
        if (await ReadAsync(session, seen.Id, cancellationToken) is not { Status: ExecutionStatus.Queued } row
            || row.NextWakeAt != seen.NextWakeAt)
        {
            return null;
        }

        var mended = row with { NextWakeAt = at };
        await WriteAsync(session, mended, cancellationToken);
        return new(JsonOf(row), JsonOf(mended));
    };

    /// <summary>Gives an execution to a partition that exists.</summary>
    public static Mend FitPartition(ExecutionRow seen, int partitions) => async (session, cancellationToken) =>
    {
        await session.BeginAsync(cancellationToken);
        if (await ReadAsync(session, seen.Id, cancellationToken) is not { } row || row.Partition < partitions || row.Status.IsTerminal())
        {
            return null;
        }

        await using var command = session.Command("update executions set partition = @partition where id = @id");
        command.AddInteger("partition", row.Partition % partitions);
        command.AddId("id", row.Id);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return new(JsonOf(row), JsonOf(row with { Partition = row.Partition % partitions }));
    };

    private static async Task<ExecutionRow?> ReadAsync(RepairSession session, Guid id, CancellationToken cancellationToken)
    {
        if (!await session.LockExecutionAsync(id, cancellationToken))
        {
            return null;
        }

        await using var command = session.Command($"{ExecutionQueries.SelectSql} where id = @id");
        command.AddId("id", id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ExecutionQueries.ReadRow(reader) : null;
    }

    private static async Task AppendAsync(
        RepairSession session, Guid id, long seq, ExecutionEvent happened, CancellationToken cancellationToken)
    {
        var day = session.IsPostgres ? (Column: ", created_on", Value: ", @created_on") : (Column: "", Value: "");
        await using var command = session.Command(
            $"insert into execution_events (execution_id, seq, writer, at, events{day.Column}) "
            + $"values (@id, @seq, @writer, @at, @events{day.Value})");
        command.AddId("id", id);
        command.AddNumber("seq", seq);
        command.AddId("writer", Guid.NewGuid());
        command.AddTime("at", happened.At);
        command.AddPartition(id);
        var events = command.CreateParameter();
        (events.ParameterName, events.Value) = ("events", EventCodec.Encode([happened]));
        command.Parameters.Add(events);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task WriteAsync(RepairSession session, ExecutionRow row, CancellationToken cancellationToken)
    {
        await using var command = session.Command(RewriteSql);
        command.AddId("id", row.Id);
        command.AddText("status", row.Status.ToWord());
        command.AddText("wait_reason", row.WaitReason);
        command.AddTime("next_wake_at", row.NextWakeAt);
        command.AddText("result", row.Result);
        command.AddText("error", row.Error);
        command.AddInteger("retry_count", row.RetryCount);
        command.AddTime("started_at", row.StartedAt);
        command.AddTime("completed_at", row.CompletedAt);
        command.AddText("queue_lane", row.QueueLane);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static bool Same(DateTimeOffset? left, DateTimeOffset? right) =>
        left is { } a && right is { } b ? SqlValues.ToMicroseconds(a) == SqlValues.ToMicroseconds(b) : left is null == right is null;

    // What repairs can change, and no inputs or results, which may be large or private.
    private static string JsonOf(ExecutionRow row) => new JsonObject
    {
        ["status"] = row.Status.ToWord(), ["wait_reason"] = row.WaitReason, ["next_wake_at"] = row.NextWakeAt, ["error"] = row.Error,
        ["retry_count"] = row.RetryCount, ["partition"] = row.Partition, ["started_at"] = row.StartedAt, ["completed_at"] = row.CompletedAt,
    }.ToJsonString(JsonSerializerOptions.Default);
}
