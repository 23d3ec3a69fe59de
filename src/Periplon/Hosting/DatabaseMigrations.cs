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

    public static IMigrations Open(PeriplonConfig config, string directory) =>
        new DatabaseMigrations(Database.Open(DatabaseConnections.OptionsOf(config, directory)));

    public async Task<IReadOnlyList<MigrationLine>> StatusAsync(CancellationToken cancellationToken) =>
        Lines(await _migrator.StatusAsync(cancellationToken));

    public async Task<IReadOnlyList<MigrationLine>> UpAsync(CancellationToken cancellationToken) =>
        Lines(await _migrator.UpAsync(cancellationToken));

    public async Task<IReadOnlyList<MigrationLine>> DownAsync(int steps, CancellationToken cancellationToken) =>
        Lines(await _migrator.DownAsync(steps, cancellationToken));

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private static List<MigrationLine> Lines(IReadOnlyList<MigrationStatus> status) =>
        [.. status.Select(s => new MigrationLine(s.Number, s.Name, s.State.ToString().ToLowerInvariant(), s.AppliedAt))];
}
