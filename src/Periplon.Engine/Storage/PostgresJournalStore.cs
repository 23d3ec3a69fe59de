using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Periplon.Core.Executions;

namespace Periplon.Engine.Storage;

/// <summary>The journal on PostgreSQL: several flushers, and one statement per batch.</summary>
internal sealed partial class PostgresJournalStore : JournalStore
{
    // A connection whose server is gone says nothing. Its time-out is all that tells, and recovery has 10 s in all. A server that has just
    // crashed may break off one try and be silent to the next.
    private const int FirstTimeoutSeconds = 3;
    private const int FirstTries = 3;

    public PostgresJournalStore(
        Database database, JournalInstruments instruments, TimeProvider time, ILogger<PostgresJournalStore> logger)
        : base(database, instruments, time, logger) => StartFlushers(database.Options.JournalFlushers);

    protected override async Task<AppendOutcome[]> WriteAsync(IReadOnlyList<JournalAppend> batch, int attempt)
    {
        // No cancellation from outside: a statement that is cut leaves an unknown outcome. The command's time-out bounds it.
        await using var connection = (NpgsqlConnection)await Database.Journal.OpenConnectionAsync(CancellationToken.None);
        var stored = await InsertAsync(connection, batch, attempt);
        var outcomes = new AppendOutcome[batch.Count];
        if (stored.Count == batch.Count)
        {
            return outcomes;
        }

        var writers = await ReadWritersAsync(connection, [.. batch.Where(append => !stored.Contains(append.ExecutionId))]);
        for (var i = 0; i < batch.Count; i++)
        {
            if (!stored.Contains(batch[i].ExecutionId))
            {
                outcomes[i] = writers.TryGetValue(batch[i].ExecutionId, out var writer) && writer == batch[i].Writer
                    ? AppendOutcome.Recovered
                    : AppendOutcome.Conflict;
            }
        }

        return outcomes;
    }

    private static async Task<HashSet<Guid>> InsertAsync(
        NpgsqlConnection connection, IReadOnlyList<JournalAppend> batch, int attempt)
    {
        await using var command = new NpgsqlCommand(AppendSql, connection);
        if (attempt < FirstTries)
        {
            // Later tries have the time-out of the connection: a database that is only slow gets through with them.
            command.CommandTimeout = command.CommandTimeout is 0 ? FirstTimeoutSeconds : Math.Min(FirstTimeoutSeconds, command.CommandTimeout);
        }

        void Add<T>(NpgsqlDbType type, Func<JournalAppend, T> value) =>
            command.Parameters.Add(new() { Value = batch.Select(value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type });

        Add(NpgsqlDbType.Uuid, append => append.ExecutionId);
        Add(NpgsqlDbType.Bigint, append => append.Seq);
        Add(NpgsqlDbType.Date, append => SqlValues.DayOf(append.ExecutionId));
        Add(NpgsqlDbType.Uuid, append => append.Writer);
        Add(NpgsqlDbType.TimestampTz, append => append.At.UtcDateTime);
        Add(NpgsqlDbType.Bytea, append => append.Events);
        AddRows(command, batch);

        var stored = new HashSet<Guid>(batch.Count);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        while (await reader.ReadAsync(CancellationToken.None))
        {
            stored.Add(reader.GetGuid(0));
        }

        return stored;
    }

    private static void AddRows(NpgsqlCommand command, IReadOnlyList<JournalAppend> batch)
    {
        var changes = batch.Where(append => append.Row is not null).ToArray();
        void Add<T>(NpgsqlDbType type, Func<ExecutionRow, T> value) => command.Parameters.Add(
            new() { Value = Array.ConvertAll(changes, change => value(change.Row!)), NpgsqlDbType = NpgsqlDbType.Array | type });
        void AddText(Func<ExecutionRow, string?> value) =>
            Add(NpgsqlDbType.Text, row => value(row) is { } text ? SqlValues.Storable(text) : null);

        Add(NpgsqlDbType.Uuid, row => row.Id);
        command.Parameters.Add(
            new() { Value = Array.ConvertAll(changes, change => change.Seq), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        AddText(row => row.Organization);
        Add(NpgsqlDbType.Uuid, row => row.WorkflowId);
        AddText(row => row.WorkflowName);
        AddText(row => row.WorkflowVersion);
        Add(NpgsqlDbType.Integer, row => row.Revision);
        AddText(row => row.Status.ToWord());
        Add(NpgsqlDbType.Integer, row => row.Priority);
        Add(NpgsqlDbType.Integer, row => row.Partition);
        AddText(row => row.WaitReason);
        Add(NpgsqlDbType.TimestampTz, row => row.NextWakeAt?.UtcDateTime);
        AddText(row => row.TriggerType);
        AddText(row => row.TriggeredBy);
        Add(NpgsqlDbType.Uuid, row => row.ParentExecutionId);
        AddText(row => row.Inputs);
        AddText(row => row.Result);
        AddText(row => row.Error);
        Add(NpgsqlDbType.Integer, row => row.RetryCount);
        Add(NpgsqlDbType.Jsonb, row => row.Labels);
        Add(NpgsqlDbType.TimestampTz, row => row.CreatedAt.UtcDateTime);
        Add(NpgsqlDbType.TimestampTz, row => row.StartedAt?.UtcDateTime);
        Add(NpgsqlDbType.TimestampTz, row => row.CompletedAt?.UtcDateTime);
        Add(NpgsqlDbType.Uuid, row => row.RetryOf);
        AddText(row => row.QueueLane);
    }

    private static async Task<Dictionary<Guid, Guid>> ReadWritersAsync(NpgsqlConnection connection, JournalAppend[] appends)
    {
        await using var command = new NpgsqlCommand(WritersSql, connection);
        command.Parameters.Add(new() { Value = Array.ConvertAll(appends, append => append.ExecutionId) });
        command.Parameters.Add(new() { Value = Array.ConvertAll(appends, append => append.Seq) });
        var writers = new Dictionary<Guid, Guid>();
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        while (await reader.ReadAsync(CancellationToken.None))
        {
            writers[reader.GetGuid(0)] = reader.GetGuid(1);
        }

        return writers;
    }
}
