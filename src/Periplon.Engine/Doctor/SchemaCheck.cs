using Npgsql;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Doctor;

/// <summary>Whether the schema is the one of this program: migrations, tables, indexes, added columns.</summary>
internal sealed class SchemaCheck(Database database, Migrator migrator) : IDoctorCheck
{
    public string Name => "schema";

    public async Task<long> RunAsync(DoctorRun run, CancellationToken cancellationToken)
    {
        var looked = 0L;
        foreach (var status in await migrator.StatusAsync(cancellationToken))
        {
            looked++;
            if (status.State is not MigrationState.Applied)
            {
                await run.ReportAsync(OfMigration(status), cancellationToken);
            }
        }

        var expected = SchemaObjects.Of(Migration.LoadEmbedded(database.Kind));
        var tables = await ReadAsync(Select(isIndex: false), cancellationToken);
        var keyed = await ReadAsync(KeyedSql(), cancellationToken);
        var indexes = await ReadAsync(Select(isIndex: true), cancellationToken);
        foreach (var table in expected.Tables.Where(table => !tables.Contains(table)))
        {
            await run.ReportAsync(Missing("table", table, null), cancellationToken);
        }

        foreach (var table in expected.Keyed.Where(table => tables.Contains(table) && !keyed.Contains(table)))
        {
            await run.ReportAsync(KeyMissing(table), cancellationToken);
        }

        foreach (var (index, sql) in expected.Indexes.Where(index => !indexes.Contains(index.Key)))
        {
            await run.ReportAsync(Missing("index", index, sql), cancellationToken);
        }

        foreach (var (table, column) in expected.Columns.Where(each => tables.Contains(each.Table)))
        {
            if (!await HasColumnAsync(table, column, cancellationToken))
            {
                await run.ReportAsync(Missing("column", $"{table}.{column}", null), cancellationToken);
            }
        }

        return looked + expected.Tables.Count + expected.Indexes.Count + expected.Columns.Count;
    }

    private string Select(bool isIndex) => (database.Kind, isIndex) switch
    {
        (DatabaseKind.Sqlite, true) => "select name from sqlite_master where type = 'index'",
        (DatabaseKind.Sqlite, false) => "select name from sqlite_master where type = 'table'",

        // One that was being built when its session died is there, and of no use.
        (_, true) => """
            select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
             where i.indisvalid and c.relnamespace = current_schema()::regnamespace
            """,
        _ => "select relname from pg_class where relkind in ('r', 'p') and relnamespace = current_schema()::regnamespace",
    };

    private string KeyedSql() => database.Kind is DatabaseKind.Sqlite
        ? "select name from sqlite_master m where type = 'table' and exists (select 1 from pragma_table_info(m.name) where pk > 0)"
        : """
            select c.relname from pg_constraint k join pg_class c on c.oid = k.conrelid
             where k.contype = 'p' and c.relnamespace = current_schema()::regnamespace
            """;

    private async Task<HashSet<string>> ReadAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadAsync(cancellationToken))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    private async Task<bool> HasColumnAsync(string table, string column, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = connection is NpgsqlConnection
            ? "select 1 from pg_attribute where attrelid = to_regclass(@table) and attname = @column and not attisdropped"
            : "select 1 from pragma_table_info(@table) where name = @column";
        command.AddText("table", table);
        command.AddText("column", column);
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private static Finding OfMigration(MigrationStatus status) => new()
    {
        Code = $"migration_{status.State.ToString().ToLowerInvariant()}",
        Severity = FindingSeverity.Error,
        Target = $"migration {status.Number:D3}_{status.Name}",
        Found = status.State switch
        {
            MigrationState.Pending => "It is not applied",
            MigrationState.Changed => "Its file is not the one that was applied",
            _ => "It was applied by a newer version of the program",
        },
        Matters = "Program and database do not fit each other",
        Advice = status.State is MigrationState.Pending
            ? "Run 'periplon migrate'"
            : "Run the version of the program that has made the schema; 'periplon migrate status' shows more",
    };

    private static Finding KeyMissing(string table) => new()
    {
        Code = "key_missing",
        Severity = FindingSeverity.Error,
        Target = $"table {table}",
        Found = $"The migrations give table {table} a primary key; it has none",
        Matters = "Nothing keeps two writers from storing the same row twice, which all promises rest on",
        Advice = "Stop all servers, restore a backup or put the key back; somebody has changed the schema by hand",
    };

    private static Finding Missing(string what, string name, string? sql) => new()
    {
        Code = $"{what}_missing",
        Severity = FindingSeverity.Error,
        Target = $"{what} {name}",
        Found = $"The migrations make {what} {name}; the database has none that can be used",
        Matters = sql is null ? "What needs it fails" : "What it serves reads whole tables, and uniqueness it stood for is not kept",
        Advice = sql is null ? "Restore a backup; somebody has changed the schema by hand" : "--repair builds it anew, beside what goes on",
        Mend = sql is null ? null : async (session, cancellationToken) =>
        {
            // Outside a transaction: so PostgreSQL builds it without keeping writers out.
            await using var drop = session.Command($"drop index {(session.IsPostgres ? "concurrently " : "")}if exists {name}");
            await drop.ExecuteNonQueryAsync(cancellationToken);
            await using var create = session.Command(
                session.IsPostgres && !sql.Contains(" concurrently ", StringComparison.Ordinal)
                    ? sql.Replace(" index ", " index concurrently ", StringComparison.Ordinal)
                    : sql);
            create.CommandTimeout = 0;
            await create.ExecuteNonQueryAsync(cancellationToken);
            return new(null, null);
        },
    };
}
