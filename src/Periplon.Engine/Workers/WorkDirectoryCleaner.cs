using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Periplon.Engine.Storage;
using Periplon.Engine.Tasks;
using Periplon.Engine.Tasks.Outputs;

namespace Periplon.Engine.Workers;

/// <summary>Deletes the directories of executions that have ended, on each machine for itself, also those a crash left behind.</summary>
internal sealed partial class WorkDirectoryCleaner(
    IJournalStore journal, IOptions<TaskOptions> options, TimeProvider time, ILogger<WorkDirectoryCleaner> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Deletes what is not needed any more; returns how many directories.</summary>
    internal async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var root = Path.GetFullPath(options.Value.WorkRoot);
        if (!Directory.Exists(root))
        {
            return 0;
        }

        var deleted = 0;
        foreach (var directory in Directory.EnumerateDirectories(root))
        {
            if (!Guid.TryParseExact(Path.GetFileName(directory), "D", out var id)
                || await journal.IsActiveAsync(id, cancellationToken))
            {
                continue;
            }

            if (DirectoryRemoval.TryRemove(directory, out var problem))
            {
                deleted++;
            }
            else
            {
                LogNotDeleted(problem, directory);
            }
        }

        return deleted;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogFailed(e);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Directory {Directory} of an ended execution cannot be deleted yet")]
    private partial void LogNotDeleted(Exception exception, string directory);

    [LoggerMessage(LogLevel.Warning, "Directories of ended executions could not be looked through; it is tried again")]
    private partial void LogFailed(Exception exception);
}
