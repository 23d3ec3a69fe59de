using Npgsql;

namespace Periplon.Engine.Storage;

internal sealed partial class Database
{
    /// <summary>Whether the schema has a table.</summary>
    public async Task<bool> HasTableAsync(string name, CancellationToken cancellationToken)
    {
        await using var connection = await Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = connection is NpgsqlConnection
            ? "select 1 where to_regclass(@name) is not null"
            : "select 1 from sqlite_master where type = 'table' and name = @name";
        command.AddText("name", name);
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }
}
