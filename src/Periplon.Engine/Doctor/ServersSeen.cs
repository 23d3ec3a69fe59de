using Periplon.Engine.Storage;

namespace Periplon.Engine.Doctor;

/// <summary>Whether servers or workers run on a PostgreSQL database, as its membership table says.</summary>
internal static class ServersSeen
{
    private const int Signs = 5;

    // However often the signs come, a server that is busy may be late.
    private static readonly TimeSpan ShortestSilence = TimeSpan.FromSeconds(30);

    /// <summary>True when one that is not dead gave a sign of life lately.</summary>
    /// <param name="database">A PostgreSQL database.</param>
    /// <param name="interval">How often each gives one.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Stops the look.</param>
    public static async Task<bool> IsAnyAsync(
        Database database, TimeSpan interval, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var silence = interval * Signs > ShortestSilence ? interval * Signs : ShortestSilence;
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "select to_regclass('orleansmembershiptable') is not null";
        if (await command.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return false;
        }

        await using var look = connection.CreateCommand();
        look.CommandText = "select exists (select 1 from orleansmembershiptable where status <> @dead and iamalivetime > @since)";
        look.AddInteger("dead", ClusterCheck.Dead);
        look.AddTime("since", now - silence);
        return await look.ExecuteScalarAsync(cancellationToken) is true;
    }
}
