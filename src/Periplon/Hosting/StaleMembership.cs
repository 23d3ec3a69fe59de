using Periplon.Engine.Storage;

namespace Periplon.Hosting;

/// <summary>
/// Membership that a killed process left in the embedded database. This process holds the directory's lock, so nobody else is a member, and
/// the silo need not wait until the old one is seen to be dead.
/// </summary>
internal static class StaleMembership
{
    public static async Task ForgetAsync(Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.Engine.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "delete from OrleansMembershipTable";
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
