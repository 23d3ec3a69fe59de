using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Periplon.Engine.Storage;

/// <summary>Workflows and their revisions, on either database.</summary>
internal sealed partial class WorkflowStore(Database database) : IWorkflowStore
{
    public async Task SaveAsync(
        WorkflowRow row, WorkflowVersionRow? version, int expectedRevision, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var transaction = connection is SqliteConnection sqlite
                ? sqlite.BeginTransaction(deferred: false)
                : await connection.BeginTransactionAsync(cancellationToken);
            if (await WriteRowAsync(connection, transaction, row, expectedRevision, cancellationToken) == 0)
            {
                throw new WorkflowConflictException(row.Id, expectedRevision);
            }

            if (version is not null)
            {
                await WriteVersionAsync(connection, transaction, version, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
        }
        catch (DbException exception) when (StorageErrors.IsUniqueViolation(exception))
        {
            // Which key it was is a question of driver and wording; who has the name is a question to the table.
            if (!row.IsDeleted
                && await FindByNameAsync(database.Engine, row.Organization, row.Name, cancellationToken) is { } holder
                && holder.Id != row.Id)
            {
                throw new WorkflowNameTakenException(row.Name, holder.Id);
            }

            throw new WorkflowConflictException(row.Id, expectedRevision);
        }
    }

    public async Task<WorkflowRow?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"{SelectSql} where id = @id";
        command.AddId("id", id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadRow(reader) : null;
    }

    public Task<WorkflowRow?> FindByNameAsync(string organization, string name, CancellationToken cancellationToken) =>
        FindByNameAsync(database.Reads, organization, name, cancellationToken);

    public async Task<WorkflowVersionRow?> FindVersionAsync(Guid id, int revision, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = FindVersionSql;
        command.AddId("id", id);
        command.AddInteger("revision", revision);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadVersion(reader) : null;
    }

    public async Task<IReadOnlyList<WorkflowVersionRow>> ListVersionsAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = ListVersionsSql;
        command.AddId("id", id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var versions = new List<WorkflowVersionRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            versions.Add(ReadVersion(reader));
        }

        return versions;
    }

    public async Task<(IReadOnlyList<WorkflowRow> Rows, long Total)> ListAsync(
        WorkflowFilter filter, int offset, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var count = connection.CreateCommand();
        count.CommandText = $"select count(*) from workflows where {Filter(count, filter)}";
        var total = Convert.ToInt64(await count.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);

        await using var command = connection.CreateCommand();
        command.CommandText = $"{SelectSql} where {Filter(command, filter)} order by name, id limit @limit offset @offset";
        command.AddInteger("limit", limit);
        command.AddInteger("offset", offset);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<WorkflowRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(ReadRow(reader));
        }

        return (rows, total);
    }

    private static async Task<int> WriteRowAsync(
        DbConnection connection, DbTransaction transaction, WorkflowRow row, int expectedRevision, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = expectedRevision == 0 ? InsertSql : UpdateSql;
        command.AddId("id", row.Id);
        command.AddText("organization", row.Organization);
        command.AddText("name", row.Name);
        command.AddText("version", row.Version);
        command.AddInteger("revision", row.Revision);
        command.AddText("description", row.Description);
        command.AddJson("tags", JsonSerializer.Serialize(row.Tags));
        command.AddFlag("is_active", row.IsActive);
        command.AddFlag("is_deleted", row.IsDeleted);
        command.AddTime("updated_at", row.UpdatedAt);
        if (expectedRevision == 0)
        {
            command.AddTime("created_at", row.CreatedAt);
            command.AddText("created_by", row.CreatedBy);
        }
        else
        {
            command.AddInteger("expected", expectedRevision);
        }

        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task WriteVersionAsync(
        DbConnection connection, DbTransaction transaction, WorkflowVersionRow version, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = InsertVersionSql;
        command.AddId("workflow_id", version.WorkflowId);
        command.AddInteger("revision", version.Revision);
        command.AddText("version", version.Version);
        command.AddText("definition", version.Definition);
        command.AddText("sha256", version.Sha256);
        command.AddTime("created_at", version.CreatedAt);
        command.AddText("created_by", version.CreatedBy);
        command.AddText("resources", version.Resources);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<WorkflowRow?> FindByNameAsync(
        DbDataSource source, string organization, string name, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"{SelectSql} where organization = @organization and name = @name and not is_deleted";
        command.AddText("organization", organization);
        command.AddText("name", name);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadRow(reader) : null;
    }

    private StringBuilder Filter(DbCommand command, WorkflowFilter filter)
    {
        var where = new StringBuilder("organization = @organization and not is_deleted");
        command.AddText("organization", filter.Organization);
        if (filter.Name is { Length: > 0 } name)
        {
            where.Append(@" and lower(name) like @name escape '\'");
            var literal = name.ToLowerInvariant().Replace(@"\", @"\\", StringComparison.Ordinal)
                .Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal);
            command.AddText("name", $"%{literal}%");
        }

        if (filter.Tags.Count > 0)
        {
            where.Append(database.Kind is DatabaseKind.Postgres ? PostgresTagsSql : SqliteTagsSql);
            if (command is NpgsqlCommand postgres)
            {
                postgres.Parameters.AddWithValue("tags", filter.Tags.Select(SqlValues.Storable).ToArray());
            }
            else
            {
                command.AddJson("tags", JsonSerializer.Serialize(filter.Tags));
            }
        }

        if (filter.CreatedBy is not null)
        {
            where.Append(" and created_by = @created_by");
            command.AddText("created_by", filter.CreatedBy);
        }

        if (filter.IsActive is { } isActive)
        {
            where.Append(" and is_active = @is_active");
            command.AddFlag("is_active", isActive);
        }

        return where;
    }

    private static WorkflowRow ReadRow(DbDataReader reader) => new()
    {
        Id = reader.GetGuid(0),
        Organization = reader.GetString(1),
        Name = reader.GetString(2),
        Version = reader.GetString(3),
        Revision = reader.GetInt32(4),
        Description = reader.FindString(5),
        Tags = JsonSerializer.Deserialize<string[]>(reader.GetString(6))!,
        IsActive = reader.GetBoolean(7),
        IsDeleted = reader.GetBoolean(8),
        CreatedAt = reader.GetTime(9),
        UpdatedAt = reader.GetTime(10),
        CreatedBy = reader.FindString(11),
    };

    private static WorkflowVersionRow ReadVersion(DbDataReader reader) => new()
    {
        WorkflowId = reader.GetGuid(0),
        Revision = reader.GetInt32(1),
        Version = reader.GetString(2),
        Definition = reader.GetString(3),
        Sha256 = reader.GetString(4),
        CreatedAt = reader.GetTime(5),
        CreatedBy = reader.FindString(6),
        Resources = reader.FindString(7),
    };
}
