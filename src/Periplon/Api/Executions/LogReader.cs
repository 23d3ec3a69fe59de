using Periplon.Core.Executions;
using Periplon.Engine.Logs;
using Periplon.Engine.Storage;

namespace Periplon.Api.Executions;

/// <summary>Which lines are asked for.</summary>
internal sealed record LogSlice(long After, int Limit, string? Level, string? Task);

/// <summary>
/// Reads the log of an execution, also by long poll: it answers when there is a line, when the execution has ended, or when the time is up.
/// </summary>
internal sealed class LogReader(ILogStore logs, ExecutionReader executions, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(500);

    public async Task<LogPage> ReadAsync(ExecutionRow row, LogSlice slice, TimeSpan wait, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        // Whether it has ended is asked before the lines are read: what was written up to the end is then among them.
        var ended = row.Status.IsTerminal();
        while (true)
        {
            var lines = await logs.ReadAsync(row.Id, slice.After, slice.Limit, slice.Level, slice.Task, cancellationToken);
            var left = wait - time.GetElapsedTime(since);
            if (lines.Count > 0 || ended || left <= TimeSpan.Zero || lifetime.ApplicationStopping.IsCancellationRequested)
            {
                return new LogPage(
                    row.Id, [.. lines.Select(LogObject.From)], lines.Count, lines.Count > 0 ? lines[^1].Id : slice.After,
                    Finished: ended && lines.Count < slice.Limit);
            }

            // The wait for the end is also the pause before the next look.
            var view = await executions.WaitForEndAsync(row.Id, left < _look ? left : _look, cancellationToken);
            ended = view is null or { IsTerminal: true };
        }
    }
}
