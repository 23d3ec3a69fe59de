using System.Data.Common;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Audit;

/// <summary>A change that somebody made beside the workflows' own course.</summary>
/// <param name="Organization">Whose data it was; null for what belongs to all.</param>
/// <param name="Actor">Who made it.</param>
/// <param name="Action">What was done, such as <c>doctor.repair.row_differs</c>.</param>
/// <param name="Target">To what, such as <c>execution ID</c>.</param>
/// <param name="Before">How it was, as JSON.</param>
/// <param name="After">How it is now, as JSON.</param>
internal sealed record AuditEntry(string? Organization, string Actor, string Action, string Target, string? Before, string? After);

/// <summary>Writes the audit log, in the transaction of the change itself.</summary>
internal static class AuditLog
{
    private const string InsertSql = """
        insert into audit_logs (id, at, organization, actor, action, target, before, after)
        values (@id, @at, @organization, @actor, @action, @target, @before, @after)
        """;

    /// <summary>Adds an entry.</summary>
    public static async Task WriteAsync(
        DbConnection connection, DbTransaction? transaction, AuditEntry entry, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = InsertSql;
        command.AddId("id", Guid.CreateVersion7(at));
        command.AddTime("at", at);
        command.AddText("organization", entry.Organization);
        command.AddText("actor", entry.Actor);
        command.AddText("action", entry.Action);
        command.AddText("target", entry.Target);
        command.AddJson("before", entry.Before);
        command.AddJson("after", entry.After);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
