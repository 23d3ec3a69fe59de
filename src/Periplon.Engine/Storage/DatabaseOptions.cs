using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Periplon.Engine.Storage;

/// <summary>The two databases that Periplon runs on.</summary>
internal enum DatabaseKind
{
    Sqlite,
    Postgres,
}

/// <summary>Where the data is kept and how many connections are used for it.</summary>
internal sealed record DatabaseOptions
{
    public required DatabaseKind Kind { get; init; }

    /// <summary>Connection string in the driver's own form.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>How many journal batches may be under way at once on PostgreSQL. Default: 4.</summary>
    public int JournalFlushers { get; init; } = 4;

    /// <summary>Most appends in one batch. Default: 256.</summary>
    public int JournalMaxBatch { get; init; } = 256;

    /// <summary>Most connections for grain storage, membership, reminders and writes other than the journal's. Default: 32.</summary>
    public int EnginePoolSize { get; init; } = 32;

    /// <summary>Most connections for lists and pages. Default: 16.</summary>
    public int ReadPoolSize { get; init; } = 16;

    /// <summary>A SQLite database in a file, which is created with its folder when it is missing.</summary>
    /// <param name="path">Path of the file.</param>
    public static DatabaseOptions ForFile(string path) => new()
    {
        Kind = DatabaseKind.Sqlite,
        ConnectionString = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 10 }.ConnectionString,
    };

    /// <summary>
    /// Reads <c>postgres://user:password@host:port/database?key=value</c>, the driver's <c>Host=...;Database=...</c>, or
    /// <c>Data Source=file</c> and <c>sqlite:file</c>.
    /// </summary>
    /// <param name="text">A URL or a connection string.</param>
    /// <exception cref="FormatException">The text is none of these; the message never repeats a password.</exception>
    public static DatabaseOptions Parse(string text)
    {
        if (text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal))
        {
            return new() { Kind = DatabaseKind.Postgres, ConnectionString = FromUrl(text) };
        }

        if (text.StartsWith("sqlite:", StringComparison.Ordinal))
        {
            var path = text["sqlite:".Length..];
            return ForFile(path.StartsWith("//", StringComparison.Ordinal) ? path[2..] : path);
        }

        try
        {
            var keywords = new System.Data.Common.DbConnectionStringBuilder { ConnectionString = text };
            if (keywords.ContainsKey("Host") || keywords.ContainsKey("Server"))
            {
                return new() { Kind = DatabaseKind.Postgres, ConnectionString = new NpgsqlConnectionStringBuilder(text).ConnectionString };
            }

            if (keywords.ContainsKey("Data Source") || keywords.ContainsKey("DataSource") || keywords.ContainsKey("Filename"))
            {
                return new() { Kind = DatabaseKind.Sqlite, ConnectionString = new SqliteConnectionStringBuilder(text).ConnectionString };
            }
        }
        catch (ArgumentException exception)
        {
            throw new FormatException($"The connection string cannot be read: {exception.Message}", exception);
        }

        throw new FormatException(
            "The database is neither a URL (postgres://user:password@host:port/database, sqlite:file) " +
            "nor a connection string with 'Host=' or 'Data Source='");
    }

    private static string FromUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url))
        {
            throw new FormatException("The database URL cannot be read; its form is postgres://user:password@host:port/database");
        }

        var builder = new NpgsqlConnectionStringBuilder { Host = Uri.UnescapeDataString(url.Host) };
        if (url.Port > 0)
        {
            builder.Port = url.Port;
        }

        var user = url.UserInfo.Split(':', 2);
        if (user[0] is not "")
        {
            builder.Username = Uri.UnescapeDataString(user[0]);
        }

        if (user.Length == 2)
        {
            builder.Password = Uri.UnescapeDataString(user[1]);
        }

        if (url.AbsolutePath.Trim('/') is { Length: > 0 } database)
        {
            builder.Database = Uri.UnescapeDataString(database);
        }

        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            SetUrlParameter(builder, Uri.UnescapeDataString(parts[0]), parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : "");
        }

        return builder.ConnectionString;
    }

    private static void SetUrlParameter(NpgsqlConnectionStringBuilder builder, string key, string value)
    {
        // The names that libpq gives to what the driver calls otherwise.
        var keyword = key switch
        {
            "sslmode" => "SSL Mode",
            "sslrootcert" => "Root Certificate",
            "sslcert" => "SSL Certificate",
            "sslkey" => "SSL Key",
            "application_name" => "Application Name",
            "connect_timeout" => "Timeout",
            "options" => "Options",
            "host" => "Host",
            _ => key,
        };
        try
        {
            builder[keyword] = key == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException)
        {
            throw new FormatException(
                string.Create(CultureInfo.InvariantCulture, $"Parameter '{key}' of the database URL is not known or has a bad value"),
                exception);
        }
    }
}
