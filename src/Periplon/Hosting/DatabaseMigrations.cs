using System.Data.Common;
using Microsoft.Extensions.Logging.Abstractions;
using Periplon.Commands;
using Periplon.Configuration;
using Periplon.Engine.Storage;

namespace Periplon.Hosting;

/// <summary>The migrations of the configured database, for <c>periplon migrate</c>.</summary>
internal sealed class DatabaseMigrations : IMigrations
{
    private readonly Database _database;
    private readonly Migrator _migrator;

    private DatabaseMigrations(Database database)
    {
        _database = database;
        _migrator = new Migrator(database, TimeProvider.System, NullLogger<Migrator>.Instance);
    }

    public static IMigrations Open(PeriplonConfig config, string directory)
    {
        try
        {
            return new DatabaseMigrations(Database.Open(DatabaseConnections.OptionsOf(config, directory)));
        }
        catch (DbException exception)
        {
            throw new CommandException($"the database cannot be opened: {exception.Message}");
        }
    }

    public Task<IReadOnlyList<MigrationLine>> StatusAsync(CancellationToken cancellationToken) =>
        RunAsync(() => _migrator.StatusAsync(cancellationToken));

    public Task<IReadOnlyList<MigrationLine>> UpAsync(CancellationToken cancellationToken) =>
        RunAsync(() => _migrator.UpAsync(cancellationToken));

    public Task<IReadOnlyList<MigrationLine>> DownAsync(int steps, CancellationToken cancellationToken) =>
        RunAsync(() => _migrator.DownAsync(steps, cancellationToken));

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private static async Task<IReadOnlyList<MigrationLine>> RunAsync(Func<Task<IReadOnlyList<MigrationStatus>>> action)
    {
        try
        {
            var states = await action();
            return [.. states.Select(s => new MigrationLine(s.Number, s.Name, s.State.ToString().ToLowerInvariant(), s.AppliedAt))];
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
