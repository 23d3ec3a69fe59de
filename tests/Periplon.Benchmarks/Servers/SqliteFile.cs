using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Periplon.Benchmarks.Servers;

/// <summary>The database that a server keeps in its directory, read from beside.</summary>
internal static class SqliteFile
{
    /// <summary>The database's file beneath a server's directory.</summary>
    public static string PathIn(string directory) => Directory.GetFiles(directory, "*.db", SearchOption.AllDirectories).Single();

    /// <summary>Bytes of the journal of an execution.</summary>
    public static async Task<double> JournalBytesAsync(string directory, Guid execution)
    {
        var file = new SqliteConnectionStringBuilder
        {
            DataSource = PathIn(directory),
            Mode = SqliteOpenMode.ReadOnly, Pooling = false,
        };
        await using var connection = new SqliteConnection(file.ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"select sum(length(events)) from execution_events where lower(execution_id) = '{execution:D}'";
        return Convert.ToDouble(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }
}
