using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Periplon.Configuration;

/// <summary>Reads the address of a PostgreSQL database in its two forms: a URL, or the driver's <c>Key=value;…</c>.</summary>
internal static partial class DatabaseUrl
{
    /// <summary>The driver's connection string, or a message about what is wrong; the message never holds the password.</summary>
    public static bool TryParse(string text, out NpgsqlConnectionStringBuilder connection, out string problem)
    {
        connection = [];
        problem = "";
        try
        {
            connection = text.Contains("://", StringComparison.Ordinal) ? FromUrl(text) : new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            problem = $"is not the address of a PostgreSQL database: {exception.Message}";
            return false;
        }

        if (string.IsNullOrEmpty(connection.Host))
        {
            problem = "names no host; expected postgres://user:password@host:5432/database or Host=…;Username=…;Database=…";
        }
        else if (string.IsNullOrEmpty(connection.Database))
        {
            problem = "names no database; expected postgres://user:password@host:5432/database or Host=…;Username=…;Database=…";
        }

        return problem.Length == 0;
    }

    /// <summary>The connection string of the configured database.</summary>
    public static string ConnectionString(StorageConfig storage)
    {
        if (!TryParse(storage.Url ?? "", out var connection, out var problem))
        {
            throw new InvalidOperationException($"storage.url {problem}");
        }

        connection.Timeout = storage.ConnectionTimeoutSecs;
        return connection.ConnectionString;
    }

    private static NpgsqlConnectionStringBuilder FromUrl(string text)
    {
        var url = UrlForm().Match(text);
        if (!url.Success)
        {
            throw new FormatException("the URL cannot be read; special characters of the password must be percent-encoded");
        }

        if (url.Groups["scheme"].Value is not ("postgres" or "postgresql"))
        {
            throw new FormatException($"the scheme is '{url.Groups["scheme"].Value}'; allowed are postgres and postgresql");
        }

        var builder = new NpgsqlConnectionStringBuilder { Host = Part("host").Trim('[', ']'), Database = Part("database") };
        if (url.Groups["port"].Success)
        {
            builder.Port = int.Parse(Part("port"), CultureInfo.InvariantCulture);
        }

        if (Part("user") is { Length: > 0 } user)
        {
            builder.Username = user;
        }

        if (url.Groups["password"].Success)
        {
            builder.Password = Part("password");
        }

        foreach (var parameter in url.Groups["query"].Value.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = parameter.Split('=', 2);
            Add(builder, Uri.UnescapeDataString(pair[0]), pair.Length == 2 ? Uri.UnescapeDataString(pair[1]) : "");
        }

        return builder;

        string Part(string name) => Uri.UnescapeDataString(url.Groups[name].Value);
    }

    // Not System.Uri: it refuses the empty host that addresses of sockets have, and an unescaped '#' or '@' in a password.
    [GeneratedRegex(
        @"^(?<scheme>[a-z]+)://((?<user>[^:/@]*)(:(?<password>[^/]*))?@)?(?<host>\[[^\]]+\]|[^:/?@\[\]]*)(:(?<port>\d{1,5}))?(/(?<database>[^?]*))?(\?(?<query>.*))?$")]
    private static partial Regex UrlForm();

    // The names are those of libpq, which every platform writes; the driver's own names work too.
    private static void Add(NpgsqlConnectionStringBuilder builder, string name, string value)
    {
        switch (name)
        {
            case "sslmode":
                builder.SslMode = Enum.Parse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
                break;
            case "host":
                builder.Host = value;
                break;
            case "port":
                builder.Port = int.Parse(value, CultureInfo.InvariantCulture);
                break;
            case "sslrootcert":
                builder.RootCertificate = value;
                break;
            case "connect_timeout":
                builder.Timeout = int.Parse(value, CultureInfo.InvariantCulture);
                break;
            case "application_name":
                builder.ApplicationName = value;
                break;
            case "options":
                builder.Options = value;
                break;
            default:
                builder[name] = value;
                break;
        }
    }
}
