using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Limits;

/// <summary>Which limits are in use.</summary>
internal interface ILimitStore
{
    /// <summary>
    /// Keys of limits of an organization that somebody holds a place of, or that starts are reserved of, in the order of the database,
    /// after one of the page before (keyset).
    /// </summary>
    Task<IReadOnlyList<string>> ListKeysAsync(
        string organization, LimitKinds kind, string? after, int limit, CancellationToken cancellationToken);
}

/// <summary>Reads the keys of limits where their grains keep their state.</summary>
internal sealed partial class LimitStore(Database database) : ILimitStore
{
    public async Task<IReadOnlyList<string>> ListKeysAsync(
        string organization, LimitKinds kind, string? after, int limit, CancellationToken cancellationToken)
    {
        var prefix = organization + "/";
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = ListKeysSql;
        command.AddText("type", kind is LimitKinds.Rate ? RateLimitGrain.StateName : ConcurrencyGrain.StateName);
        command.AddText("prefix", prefix);
        command.AddInteger("length", prefix.EnumerateRunes().Count());
        
        // Every key of the organization is behind its prefix: those of others before it are not read.
        command.AddText("after", after ?? prefix);
        command.AddInteger("limit", limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add(reader.GetString(0));
        }

        return keys;
    }
}
