using System.Data.Common;
using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using Periplon.Core.Schedules;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Schedules;

/// <summary>Schedules, their runs and backfills, on either database.</summary>
internal sealed partial class ScheduleStore(Database database) : IScheduleStore, ISchedulerStore, IDisposable
{
    private readonly ScheduleSql _sql = new(database.Kind);
    private readonly string _forgottenSql = ForgottenSql(database.Kind);

    // SQLite has one writer at a time and does not queue those that wait: the schedulers of a process take turns here instead.
    private readonly SemaphoreSlim _turn = new(database.Kind is DatabaseKind.Sqlite ? 1 : int.MaxValue);

    public async Task<ScheduleRow?> FindAsync(string organization, Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"{SelectSql} where s.id = @id and s.organization = @organization and s.deleted_at is null";
        command.AddId("id", id);
        command.AddText("organization", organization);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadRow(reader) : null;
    }

    public async Task<(IReadOnlyList<ScheduleRow> Rows, long Total)> ListAsync(
        ScheduleFilter filter, int offset, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var count = connection.CreateCommand();
        count.CommandText = $"select count(*) from schedules as s where {Filter(count, filter)}";
        var total = Convert.ToInt64(await count.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);

        await using var command = connection.CreateCommand();
        var where = Filter(command, filter);
        command.CommandText = $"{SelectSql} where {where} order by s.created_at desc, s.id desc limit @limit offset @offset";
        command.AddInteger("limit", limit);
        command.AddInteger("offset", offset);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<ScheduleRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(ReadRow(reader));
        }

        return (rows, total);
    }

    public async Task<ScheduleSave> InsertAsync(ScheduleRow row, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = InsertSql;
        AddDefinition(command, row);
        command.AddInteger("shard", row.Shard);
        command.AddTime("created_at", row.CreatedAt);
        command.AddText("created_by", row.CreatedBy);
        return await SaveAsync(command, row, cancellationToken);
    }

    public async Task<ScheduleSave> UpdateAsync(ScheduleRow row, ScheduleRow before, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = UpdateSql;
        AddDefinition(command, row);
        command.AddInteger("expected", before.Revision);
        command.AddTime("expected_tick", before.NextTick);
        return await SaveAsync(command, row, cancellationToken);
    }

    public async Task<int> FitShardsAsync(int shards, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        var moved = 0;
        foreach (var table in (string[])["schedule_backfills", "schedule_runs", "schedules"])
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"update {table} set shard = shard % @shards where shard >= @shards";
            command.AddInteger("shards", shards);
            moved = await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return moved;
    }

    public void Dispose() => _turn.Dispose();

    private async Task<ScheduleSave> SaveAsync(DbCommand command, ScheduleRow row, CancellationToken cancellationToken)
    {
        try
        {
            return await command.ExecuteNonQueryAsync(cancellationToken) > 0 ? ScheduleSave.Saved : ScheduleSave.Changed;
        }
        catch (DbException exception) when (StorageErrors.IsUniqueViolation(exception))
        {
            // Which key it was is a question of driver and wording; who has the name is a question to the table.
            var holder = row.Name is null
                ? []
                : (await ListAsync(new() { Organization = row.Organization, Name = row.Name }, 0, 1, cancellationToken)).Rows;
            return holder is [var other] && other.Id != row.Id ? ScheduleSave.NameTaken : ScheduleSave.Changed;
        }
    }

    // A transaction that takes SQLite's write lock at once, so that it never has to give up half way.
    private static async Task<DbTransaction> BeginAsync(DbConnection connection, CancellationToken cancellationToken) =>
        connection is SqliteConnection sqlite
            ? sqlite.BeginTransaction(deferred: false)
            : await connection.BeginTransactionAsync(cancellationToken);

    private static StringBuilder Filter(DbCommand command, ScheduleFilter filter)
    {
        var where = new StringBuilder("s.organization = @organization and s.deleted_at is null");
        command.AddText("organization", filter.Organization);
        if (filter.WorkflowId is { } workflow)
        {
            where.Append(" and s.workflow_id = @workflow_id");
            command.AddId("workflow_id", workflow);
        }

        if (filter.Name is { } name)
        {
            where.Append(" and s.name = @name");
            command.AddText("name", name);
        }

        if (filter.IsActive is { } isActive)
        {
            where.Append(" and s.is_active = @is_active");
            command.AddFlag("is_active", isActive);
        }

        return where;
    }

    private static void AddDefinition(DbCommand command, ScheduleRow row)
    {
        command.AddId("id", row.Id);
        command.AddText("organization", row.Organization);
        command.AddInteger("revision", row.Revision);
        command.AddText("name", row.Name);
        command.AddId("workflow_id", row.WorkflowId);
        command.AddText("cron_expression", row.CronExpression);
        command.AddInteger("interval_secs", row.IntervalSecs);
        command.AddText("timezone", row.Timezone);
        command.AddText("inputs", row.Inputs);
        command.AddText("description", row.Description);
        command.AddText("overlap", row.Overlap.ToWord());
        command.AddText("missed", row.Missed.ToWord());
        command.AddInteger("missed_window_secs", row.MissedWindowSecs);
        command.AddInteger("jitter_secs", row.JitterSecs);
        command.AddTime("start_at", row.StartAt);
        command.AddTime("end_at", row.EndAt);
        command.AddInteger("priority", row.Priority);
        command.AddFlag("is_active", row.IsActive);
        command.AddTime("next_tick", row.NextTick);
        command.AddTime("next_fire_at", row.NextFireAt);
        command.AddTime("updated_at", row.UpdatedAt);
    }

    private static ScheduleRow ReadRow(DbDataReader reader, int at = 0) => new()
    {
        Id = reader.GetGuid(at),
        Organization = reader.GetString(at + 1),
        Shard = reader.GetInt32(at + 2),
        Revision = reader.GetInt32(at + 3),
        Name = reader.FindString(at + 4),
        WorkflowId = reader.GetGuid(at + 5),
        CronExpression = reader.FindString(at + 6),
        IntervalSecs = reader.IsDBNull(at + 7) ? null : reader.GetInt32(at + 7),
        Timezone = reader.GetString(at + 8),
        Inputs = reader.GetString(at + 9),
        Description = reader.FindString(at + 10),
        Overlap = SchedulePolicies.TryParse(reader.GetString(at + 11), out OverlapPolicy overlap) ? overlap : throw Unknown(reader, at + 11),
        Missed = SchedulePolicies.TryParse(reader.GetString(at + 12), out MissedPolicy missed) ? missed : throw Unknown(reader, at + 12),
        MissedWindowSecs = reader.GetInt32(at + 13),
        JitterSecs = reader.GetInt32(at + 14),
        StartAt = reader.FindTime(at + 15),
        EndAt = reader.FindTime(at + 16),
        Priority = reader.GetInt32(at + 17),
        IsActive = reader.GetBoolean(at + 18),
        NextTick = reader.FindTime(at + 19),
        NextFireAt = reader.FindTime(at + 20),
        LastTick = reader.FindTime(at + 21),
        LastRunAt = reader.FindTime(at + 22),
        Failures = reader.GetInt32(at + 23),
        LastError = reader.FindString(at + 24),
        CreatedAt = reader.GetTime(at + 25),
        UpdatedAt = reader.GetTime(at + 26),
        CreatedBy = reader.FindString(at + 27),
    };

    private static InvalidDataException Unknown(DbDataReader reader, int ordinal) =>
        new($"'{reader.GetString(ordinal)}' is no {reader.GetName(ordinal)} that this version knows");
}
