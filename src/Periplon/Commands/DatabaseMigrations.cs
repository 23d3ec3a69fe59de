using System.Data.Common;
using Microsoft.Extensions.Logging.Abstractions;
using Periplon.Configuration;
using Periplon.Engine.Storage;

namespace Periplon.Commands;

/// <summary>The migrations of the configured database.</summary>
internal sealed class DatabaseMigrations : IMigrations
{
    private readonly Database _database;
    private readonly Migrator _migrator;

    private DatabaseMigrations(DatabaseOptions options, TimeProvider time)
    {
        _database = Database.Open(options);
        _migrator = new Migrator(_database, time, NullLogger<Migrator>.Instance);
    }

    public static IMigrations Open(PeriplonConfig config, string directory)
    {
        try
        {
            return new DatabaseMigrations(StorageSetup.Options(config, directory), TimeProvider.System);
        }
        catch (DbException exception)
        {
            throw new CommandException($"the database cannot be opened: {exception.Message}");
        }
    }

    public Task<IReadOnlyList<MigrationLine>> StatusAsync(CancellationToken cancellationToken) =>
        RunAsync(() => _migrator.StatusAsync(cancellationToken));

    public Task<IReadOnlyList<MigrationLine>> UpAsync(CancellationToken cancellationToken) => RunAsync(() => _migrator.UpAsync(cancellationToken));

    public Task<IReadOnlyList<MigrationLine>> DownAsync(int steps, CancellationToken cancellationToken) =>
        RunAsync(() => _migrator.DownAsync(steps, cancellationToken));

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private static async Task<IReadOnlyList<MigrationLine>> RunAsync(Func<Task<IReadOnlyList<MigrationStatus>>> action)
    {
        try
        {
            return [.. (await action()).Select(each => new MigrationLine(each.Number, each.Name, each.State.ToString().ToLowerInvariant(), each.AppliedAt))];
        }
        catch (MigrationException exception)
        {
            throw new CommandException(exception.Message);
        }
        catch (DbException exception)
        {
            throw new CommandException($"the database refused: {exception.Message}");
        }
    }
}
