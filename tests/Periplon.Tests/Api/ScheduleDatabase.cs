using Microsoft.Extensions.Logging.Abstractions;
using Periplon.Engine.Schedules;
using Periplon.Engine.Storage;

namespace Periplon.Tests.Api;

/// <summary>The real store of schedules on a database of its own, made when the first test asks for it.</summary>
internal sealed class ScheduleDatabase : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("periplon-test-").FullName;
    private readonly Lazy<(Database Database, ScheduleStore Store)> _opened;

    public ScheduleDatabase() => _opened = new(() =>
    {
        var database = Database.Open(DatabaseOptions.ForFile(Path.Combine(_folder, "periplon.db")));
        var migrator = new Migrator(database, TimeProvider.System, NullLogger<Migrator>.Instance);
        Task.Run(() => migrator.UpAsync(CancellationToken.None)).GetAwaiter().GetResult();
        return (database, new ScheduleStore(database));
    });

    public ScheduleStore Store => _opened.Value.Store;

    public async ValueTask DisposeAsync()
    {
        if (_opened.IsValueCreated)
        {
            await _opened.Value.Database.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
