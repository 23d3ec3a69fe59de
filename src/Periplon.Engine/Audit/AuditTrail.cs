using System.Data.Common;
using Microsoft.Extensions.Logging;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Audit;

/// <summary>Notes what people have done.</summary>
internal interface IAuditTrail
{
    /// <summary>Adds an entry about what has been done. A failure of that is logged, with the entry; the caller is not told.</summary>
    Task AddAsync(AuditEntry entry);
}

/// <summary>
/// Notes in the audit log what has been done elsewhere, such as by a grain, and hence in no common transaction: after it was done, so that
/// nothing is noted that did not happen.
/// </summary>
internal sealed partial class AuditTrail(Database database, TimeProvider time, ILogger<AuditTrail> logger) : IAuditTrail
{
    public async Task AddAsync(AuditEntry entry)
    {
        try
        {
            await using var connection = await database.Engine.OpenConnectionAsync(CancellationToken.None);
            await AuditLog.WriteAsync(connection, null, entry, time.GetUtcNow(), CancellationToken.None);
        }
        catch (Exception e) when (e is DbException || StorageErrors.IsTransient(e))
        {
            LogNotNoted(e, entry.Actor, entry.Action, entry.Target, entry.After);
        }
    }

    [LoggerMessage(LogLevel.Error, "{Actor} did {Action} to {Target} ({After}), which could not be noted in the audit log")]
    private partial void LogNotNoted(Exception exception, string actor, string action, string target, string? after);
}
