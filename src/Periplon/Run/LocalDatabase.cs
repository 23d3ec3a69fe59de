using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Periplon.Engine.Storage;

namespace Periplon.Run;

/// <summary>Where local runs are kept: in the state directory, one database for each workflow.</summary>
internal static class LocalDatabase
{
    public const string Organization = "local";
    public const string Extension = ".db";

    /// <summary>The database of a workflow.</summary>
    public static string PathOf(string stateDirectory, string workflow)
    {
        // The name is any text; the hash keeps two names that differ only in unusual characters apart.
        var safe = string.Concat(workflow.Take(60).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'));
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(workflow)))[..8];
        return Path.Combine(stateDirectory, $"{safe}-{hash}{Extension}");
    }

    public static string ArtifactsOf(string stateDirectory) => Path.Combine(stateDirectory, "artifacts");

    public static string WorkOf(string stateDirectory) => Path.Combine(stateDirectory, "work");

    /// <summary>The services that read and write a database, not yet migrated.</summary>
    public static IServiceCollection Services(string artifacts, string path) => new ServiceCollection()
        .AddLogging(logging => logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Error))
        .AddPeriplonStorage(DatabaseOptions.ForFile(path), artifacts);

    /// <summary>Deletes a database and the files beside it.</summary>
    public static void Delete(string path)
    {
        // Idle connections would go on with the file that is gone.
        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            return;
        }

        SqliteConnection.ClearAllPools();
        foreach (var suffix in new[] { "", "-wal", "-shm" })
        {
            File.Delete(path + suffix);
        }
    }
}
