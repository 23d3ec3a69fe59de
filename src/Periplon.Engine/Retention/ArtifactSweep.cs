using Microsoft.Extensions.Logging;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Retention;

/// <summary>
/// Deletes files of executions that no longer exist: those that a crash or another machine left when the execution was deleted. Each round
/// looks through a part of the folders.
/// </summary>
internal sealed partial class ArtifactSweep(
    IArtifactInventory inventory, IArtifactStore artifacts, Database database, RetentionInstruments instruments, TimeProvider time,
    ILogger<ArtifactSweep> logger)
{
    // An execution stores files only after its creation was committed; the hour is for clocks that differ.
    internal static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    private const int PageSize = 200;

    private int _next;

    /// <summary>Looks through the next part; returns how many folders were deleted.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var deleted = 0;
        var young = time.GetUtcNow() - Grace;
        var part = _next++ % inventory.Parts;
        foreach (var page in inventory.List(part).Where(folder => folder.ChangedAt < young).Chunk(PageSize))
        {
            foreach (var id in await FindOrphansAsync([.. page.Select(folder => folder.ExecutionId)], cancellationToken))
            {
                try
                {
                    await artifacts.DeleteAsync(id, cancellationToken);
                    deleted++;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    instruments.OnFailure();
                    LogNotDeleted(e, id);
                }
            }
        }

        instruments.OnArtifacts(deleted);
        return deleted;
    }

    /// <summary>Those of some ids that are no execution's.</summary>
    internal async Task<IReadOnlyList<Guid>> FindOrphansAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"select id from executions where id{command.AddIds("ids", ids)}";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var known = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            known.Add(reader.GetGuid(0));
        }

        return [.. ids.Where(id => !known.Contains(id))];
    }

    [LoggerMessage(LogLevel.Warning, "The artifacts of execution {ExecutionId}, which no longer exists, could not be deleted")]
    private partial void LogNotDeleted(Exception exception, Guid executionId);
}
