using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Periplon.Benchmarks;

/// <summary>Asks the database how large the journal of an execution is.</summary>
internal static class JournalSize
{
    public static async Task<long> OfAsync(BenchOptions options, string dataDirectory, Guid execution)
    {
        await using DbConnection connection = options.Url is { } url ? new NpgsqlConnection(ConnectionString(url)) : Sqlite(dataDirectory);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = options.Url is null
            ? $"select sum(length(events)) from execution_events where lower(execution_id) = '{execution:D}'"
            : $"select sum(octet_length(events)) from execution_events where execution_id = '{execution:D}'";
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    private static SqliteConnection Sqlite(string dataDirectory) => new(
        new SqliteConnectionStringBuilder
        {
            DataSource = Directory.GetFiles(dataDirectory, "*.db", SearchOption.AllDirectories).Single(),
            Mode = SqliteOpenMode.ReadOnly, Pooling = false,
        }.ConnectionString);

    private static string ConnectionString(string url)
    {
        if (!url.Contains("://", StringComparison.Ordinal))
        {
            return url;
        }

        var uri = new Uri(url);
        var user = uri.UserInfo.Split(':', 2);
        return new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host, Port = uri.Port > 0 ? uri.Port : 5432, Database = uri.AbsolutePath.TrimStart('/'),
            Username = Uri.UnescapeDataString(user[0]), Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
        }.ConnectionString;
    }
}
