using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Storage;

/// <summary>The journal on SQLite: one thread, one connection, one transaction per batch.</summary>
internal sealed class SqliteJournalStore : JournalStore
{
    private SqliteJournalWriter? _writer;

    public SqliteJournalStore(Database database, JournalInstruments instruments, TimeProvider time, ILogger<SqliteJournalStore> logger)
        : base(database, instruments, time, logger) => StartFlusherThread("periplon journal");

    protected override Task<AppendOutcome[]> WriteAsync(IReadOnlyList<JournalAppend> batch, int attempt)
    {
        try
        {
            _writer ??= new(((SqliteDataSource)Database.Journal).OpenSqlite());
            return Task.FromResult(_writer.Write(batch));
        }
        catch (Exception exception)
        {
            // The state of the connection is not worth guessing at.
            OnFlusherEnded();
            return Task.FromException<AppendOutcome[]>(exception);
        }
    }

    protected override void OnFlusherEnded()
    {
        _writer?.Dispose();
        _writer = null;
    }
}

/// <summary>A connection with the journal's prepared statements.</summary>
internal sealed partial class SqliteJournalWriter : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _append;
    private readonly SqliteCommand _writer;
    private readonly SqliteCommand _create;
    private readonly SqliteCommand _update;

    public SqliteJournalWriter(SqliteConnection connection)
    {
        _connection = connection;
        _append = Prepare(AppendSql, "id", "seq", "writer", "at", "events");
        _writer = Prepare(WriterSql, "id", "seq");
        _create = Prepare(CreateSql, [.. IdentityColumns, .. ChangingColumns]);
        _update = Prepare(UpdateSql, ["id", .. ChangingColumns]);
    }

    public AppendOutcome[] Write(IReadOnlyList<JournalAppend> batch)
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        _append.Transaction = _writer.Transaction = _create.Transaction = _update.Transaction = transaction;
        var outcomes = new AppendOutcome[batch.Count];
        for (var i = 0; i < batch.Count; i++)
        {
            outcomes[i] = WriteOne(batch[i]);
        }

        transaction.Commit();
        return outcomes;
    }

    public void Dispose()
    {
        _append.Dispose();
        _writer.Dispose();
        _create.Dispose();
        _update.Dispose();
        _connection.Dispose();
    }

    private AppendOutcome WriteOne(JournalAppend append)
    {
        var id = SqlValues.ToText(append.ExecutionId)!;
        var writer = SqlValues.ToText(append.Writer)!;
        Bind(_append, [id, append.Seq, writer, SqlValues.ToMicroseconds(append.At), append.Events.ToArray()]);
        if (_append.ExecuteNonQuery() == 0)
        {
            Bind(_writer, [id, append.Seq]);
            return writer.Equals(_writer.ExecuteScalar()) ? AppendOutcome.Recovered : AppendOutcome.Conflict;
        }

        if (append.Row is { } row)
        {
            var isFirst = append.Seq == 1;
            Bind(isFirst ? _create : _update, [.. isFirst ? Identity(row) : [id], .. Changing(row)]);
            (isFirst ? _create : _update).ExecuteNonQuery();
        }

        return AppendOutcome.Stored;
    }

    private SqliteCommand Prepare(string sql, params string[] names)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in names)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = "@" + name });
        }

        return command;
    }

    private static void Bind(SqliteCommand command, object?[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] switch
            {
                null => DBNull.Value,
                string text => SqlValues.Storable(text),
                Guid id => SqlValues.ToText(id),
                DateTimeOffset at => SqlValues.ToMicroseconds(at),
                var value => value,
            };
        }
    }
}
