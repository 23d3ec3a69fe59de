using Microsoft.Data.Sqlite;
using Npgsql;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Doctor;

/// <summary>The clock and the disk under it all, and the SQLite file itself.</summary>
internal sealed class HostCheck(Database database, string dataDirectory, bool isOffline, TimeProvider time) : IDoctorCheck
{
    internal static readonly TimeSpan SkewWarning = TimeSpan.FromSeconds(2);
    internal static readonly TimeSpan SkewError = TimeSpan.FromSeconds(30);

    private const long LeastBytes = 1024L * 1024 * 1024;
    private const double LeastShare = 0.05;

    public string Name => "host";

    public async Task<long> RunAsync(DoctorRun run, CancellationToken cancellationToken)
    {
        if (Space(dataDirectory) is { } space)
        {
            await run.ReportAsync(space, cancellationToken);
        }

        if (database.Kind is DatabaseKind.Postgres)
        {
            if (Skew(await ReadSkewAsync(cancellationToken)) is { } skew)
            {
                await run.ReportAsync(skew, cancellationToken);
            }

            return 2;
        }

        await using var connection = (SqliteConnection)await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "pragma quick_check(5)";
        command.CommandTimeout = 0;
        var problems = new List<string>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                problems.Add(reader.GetString(0));
            }
        }

        if (problems is not ["ok"])
        {
            await run.ReportAsync(Damaged(problems), cancellationToken);
        }

        if (!await SqliteShrinking.IsEnabledAsync(database, cancellationToken))
        {
            await run.ReportAsync(CannotShrink(), cancellationToken);
        }

        return 3;
    }

    // Positive when the database is ahead. Half of the way there and back is the error of the measurement.
    private async Task<TimeSpan> ReadSkewAsync(CancellationToken cancellationToken)
    {
        await using var connection = (NpgsqlConnection)await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select clock_timestamp()", connection);
        var before = time.GetUtcNow();
        var there = new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(cancellationToken))!, TimeSpan.Zero);
        return there - (before + ((time.GetUtcNow() - before) / 2));
    }

    internal static Finding? Skew(TimeSpan skew) => skew.Duration() < SkewWarning ? null : new()
    {
        Code = "clock_skew",
        Severity = skew.Duration() < SkewError ? FindingSeverity.Warning : FindingSeverity.Error,
        Target = "database clock",
        Found = $"The clock of the database is {skew.Duration().TotalSeconds:F1} s {(skew > TimeSpan.Zero ? "ahead of" : "behind")} this host's",
        Matters = "Timers and schedules fire by the clock of the silo that holds them; two silos with different clocks disagree on what is due",
        Advice = "Run a time service (chrony, systemd-timesyncd) on all hosts",
    };

    internal static Finding? Space(string directory)
    {
        var existing = new DirectoryInfo(Path.GetFullPath(directory));
        while (!existing.Exists && existing.Parent is { } parent)
        {
            existing = parent;
        }

        var drive = new DriveInfo(existing.FullName);
        return SpaceOf(existing.FullName, drive.AvailableFreeSpace, drive.TotalSize);
    }

    internal static Finding? SpaceOf(string directory, long free, long total) =>
        free >= LeastBytes && free >= total * LeastShare ? null : new()
        {
            Code = "disk_space",
            Severity = free < LeastBytes / 10 ? FindingSeverity.Error : FindingSeverity.Warning,
            Target = $"directory {directory}",
            Found = $"{free / 1024 / 1024} MB of {total / 1024 / 1024} MB are free",
            Matters = "When the disk is full, nothing can be recorded and everything waits",
            Advice = "Make room, or shorten retention.days",
        };

    private static Finding Damaged(List<string> problems) => new()
    {
        Code = "file_damaged",
        Severity = FindingSeverity.Error,
        Target = "database file",
        Found = string.Join("; ", problems),
        Matters = "Parts of it cannot be read or are wrong",
        Advice = "Stop the server, keep a copy of the file, and restore a backup",
    };

    private Finding CannotShrink() => new()
    {
        Code = "file_cannot_shrink",
        Severity = FindingSeverity.Notice,
        Target = "database file",
        Found = "It was made by an earlier version and does not give back the space of what is deleted",
        Matters = "It stays as large as it ever was; the space is used again, though",
        Advice = isOffline
            ? "--repair writes the file anew, which needs as much free space again"
            : "Stop the server and run 'periplon doctor --repair', which writes the file anew",
        Mend = !isOffline ? null : async (session, cancellationToken) =>
        {
            await SqliteShrinking.RewriteAsync((SqliteConnection)session.Connection, cancellationToken);
            return new(null, null);
        },
    };
}
