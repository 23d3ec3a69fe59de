using Periplon.Engine.Executions;

namespace Periplon.Engine.Storage;

internal sealed partial class ExecutionQueries
{
    // The conditions are those of the index executions_live. What only names a parent is an execution of the workflow like any other.
    private const string LiveSql = $"""
        organization = @organization and workflow_id = @workflow and status in ('queued', 'running', 'waiting', 'paused')
           and trigger_type <> '{TriggerTypes.Subflow}'
        """;

    private const string CountLiveSql = $"select revision, count(*) from executions where {LiveSql} group by revision order by revision";

    private const string ListLiveSql =
        $"select id from executions where {LiveSql} and revision = @revision and id > @after order by id limit @limit";

    public async Task<IReadOnlyDictionary<int, long>> CountLiveAsync(
        string organization, Guid workflowId, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = CountLiveSql;
        command.AddText("organization", organization);
        command.AddId("workflow", workflowId);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var counts = new SortedDictionary<int, long>();
        while (await reader.ReadAsync(cancellationToken))
        {
            counts[reader.GetInt32(0)] = reader.GetInt64(1);
        }

        return counts;
    }

    public async Task<IReadOnlyList<Guid>> ListLiveAsync(
        string organization, Guid workflowId, int revision, Guid? after, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = ListLiveSql;
        command.AddText("organization", organization);
        command.AddId("workflow", workflowId);
        command.AddInteger("revision", revision);
        command.AddId("after", after ?? Guid.Empty);
        command.AddInteger("limit", limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }
}
