using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;

namespace Periplon.Engine.Storage;

/// <summary>Reads of the executions projection. Only the presence of a filter shapes the statement; its values are always bound.</summary>
internal sealed partial class ExecutionQueries(Database database, TimeProvider time) : IExecutionQueries
{
    // The counts are shown on every page and cost a scan of an index; nobody can tell two seconds.
    private static readonly TimeSpan CountsAge = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, (DateTimeOffset At, ExecutionCounts Counts)> _counts = new(StringComparer.Ordinal);

    public async Task<ExecutionRow?> FindAsync(string organization, Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"{SelectSql} where id = @id and organization = @organization";
        command.AddId("id", id);
        command.AddText("organization", organization);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadRow(reader) : null;
    }

    public async Task<IReadOnlyList<ExecutionRow>> ListAsync(
        ExecutionFilter filter, ExecutionCursor? after, int offset, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        var (from, at, id) = PathOf(filter);
        var where = Filter(command, filter, at);
        if (after is not null)
        {
            where.Append(CultureInfo.InvariantCulture, $" and ({at}, {id}) < (@after_time, @after_id)");
            command.AddTime("after_time", after.CreatedAt);
            command.AddId("after_id", after.Id);
        }

        command.CommandText = $"{ColumnsSql} {from} where {where} order by {at} desc, {id} desc limit @limit offset @offset";
        command.AddInteger("limit", limit);
        command.AddInteger("offset", offset);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<ExecutionRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(ReadRow(reader));
        }

        return rows;
    }

    public async Task<long> CountAsync(ExecutionFilter filter, long bound, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        var (from, at, _) = PathOf(filter);
        command.CommandText = $"select count(*) from (select 1 {from} where {Filter(command, filter, at)} limit @bound) as matching";
        command.AddNumber("bound", bound);
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    public async Task<ExecutionCounts> CountByStatusAsync(string? organization, CancellationToken cancellationToken)
    {
        var key = organization ?? "";
        var now = time.GetUtcNow();
        if (_counts.TryGetValue(key, out var known) && now - known.At < CountsAge)
        {
            return known.Counts;
        }

        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = organization is null ? CountAllSql : CountSql;
        if (organization is not null)
        {
            command.AddText("organization", organization);
        }

        var byStatus = Enum.GetValues<ExecutionStatus>().ToDictionary(status => status, _ => 0L);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            byStatus[ReadStatus(reader.GetString(0))] = reader.GetInt64(1);
        }

        var counts = new ExecutionCounts(byStatus);
        _counts[key] = (now, counts);
        return counts;
    }

    // Where executions are looked for, and the columns that say when one was created and which it is.
    private (string From, string At, string Id) PathOf(ExecutionFilter filter) =>
        database.Kind is DatabaseKind.Sqlite && filter.Labels.Count > 0
            ? (SqliteLabelledFromSql, "at", "execution_id")
            : (FromSql, "created_at", "id");

    private StringBuilder Filter(DbCommand command, ExecutionFilter filter, string createdAt)
    {
        var where = new StringBuilder("organization = @organization");
        command.AddText("organization", filter.Organization);
        if (filter.WorkflowId is { } workflow)
        {
            where.Append(" and workflow_id = @workflow_id");
            command.AddId("workflow_id", workflow);
        }

        if (filter.Statuses.Count > 0)
        {
            var words = filter.Statuses.Distinct().Select((status, index) => (Name: $"status_{index}", Word: status.ToWord())).ToArray();
            where.Append(CultureInfo.InvariantCulture, $" and status in ({string.Join(", ", words.Select(word => '@' + word.Name))})");
            Array.ForEach(words, word => command.AddText(word.Name, word.Word));
        }

        if (filter.TriggeredBy is not null)
        {
            where.Append(" and triggered_by = @triggered_by");
            command.AddText("triggered_by", filter.TriggeredBy);
        }

        if (filter.ParentExecutionId is { } parent)
        {
            where.Append(" and parent_execution_id = @parent");
            command.AddId("parent", parent);
        }

        if (filter.RetryOf is { } retryOf)
        {
            where.Append(" and retry_of = @retry_of");
            command.AddId("retry_of", retryOf);
        }

        if (filter.IsChild is { } isChild)
        {
            where.Append(isChild
                ? $" and parent_execution_id is not null and trigger_type = '{TriggerTypes.Subflow}'"
                : $" and trigger_type <> '{TriggerTypes.Subflow}'");
        }

        if (filter.CreatedAfter is { } createdAfter)
        {
            where.Append(CultureInfo.InvariantCulture, $" and {createdAt} >= @created_after");
            command.AddTime("created_after", createdAfter);
        }

        if (filter.CreatedBefore is { } createdBefore)
        {
            where.Append(CultureInfo.InvariantCulture, $" and {createdAt} < @created_before");
            command.AddTime("created_before", createdBefore);
        }

        if (filter.Labels.Count > 0 && database.Kind is DatabaseKind.Sqlite)
        {
            var first = filter.Labels.First();
            where.Append(SqliteFirstLabelSql);
            command.AddText("label", first.Key);
            command.AddText("label_value", first.Value);
        }

        if (filter.Labels.Count > (database.Kind is DatabaseKind.Sqlite ? 1 : 0))
        {
            where.Append(database.Kind is DatabaseKind.Sqlite ? SqliteFurtherLabelsSql : PostgresLabelsSql);
            command.AddJson("labels", JsonSerializer.Serialize(filter.Labels));
        }

        return where;
    }

    internal static ExecutionRow ReadRow(DbDataReader reader) => new()
    {
        Id = reader.GetGuid(0),
        Organization = reader.GetString(1),
        WorkflowId = reader.GetGuid(2),
        WorkflowName = reader.GetString(3),
        WorkflowVersion = reader.GetString(4),
        Revision = reader.GetInt32(5),
        Status = ReadStatus(reader.GetString(6)),
        Priority = reader.GetInt32(7),
        Partition = reader.GetInt32(8),
        WaitReason = reader.FindString(9),
        NextWakeAt = reader.FindTime(10),
        TriggerType = reader.GetString(11),
        TriggeredBy = reader.FindString(12),
        ParentExecutionId = reader.FindGuid(13),
        Inputs = reader.GetString(14),
        Result = reader.FindString(15),
        Error = reader.FindString(16),
        RetryCount = reader.GetInt32(17),
        Labels = reader.GetString(18),
        CreatedAt = reader.GetTime(19),
        StartedAt = reader.FindTime(20),
        CompletedAt = reader.FindTime(21),
        RetryOf = reader.FindGuid(22),
        RetriedBy = reader.FindGuid(23),
        QueueLane = reader.FindString(24),
    };

    private static ExecutionStatus ReadStatus(string word) =>
        StatusRules.TryParse(word, out var status) ? status : throw new InvalidDataException($"'{word}' is no status of an execution");
}
