using System.Diagnostics;
using System.Globalization;
using Periplon.Benchmarks.Load;
using Periplon.Benchmarks.Report;
using Periplon.Benchmarks.Servers;

namespace Periplon.Benchmarks.Measure;

/// <summary>A load of many minutes, with a row for each, so that a cost that grows is seen.</summary>
internal sealed class LongRun(ServerGroup servers, ClientGroup clients)
{
    public async Task<LoadResult> RunAsync(int minutes)
    {
        var load = clients.LoopAsync(TimeSpan.FromMinutes(minutes));
        var table = new TextTable("minute", "executions/s", "server ms each", "server MB");
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1));
        var (done, busy, at) = (0L, servers.ProcessorTime(), Stopwatch.GetTimestamp());
        for (var minute = 1; minute <= minutes; minute++)
        {
            // A load that fails ends the measurement at once.
            if (await Task.WhenAny(timer.WaitForNextTickAsync().AsTask(), load) == load && load.IsFaulted)
            {
                await load;
            }

            var (doneNow, busyNow, now) = (clients.Completed, servers.ProcessorTime(), Stopwatch.GetTimestamp());
            var count = Math.Max(1, doneNow - done);
            table.Add(
                minute.ToString(CultureInfo.InvariantCulture),
                TextTable.Number((doneNow - done) / Stopwatch.GetElapsedTime(at, now).TotalSeconds),
                TextTable.Number((busyNow - busy).TotalMilliseconds / count),
                TextTable.Number(servers.ResidentBytes() / 1024.0 / 1024.0));
            (done, busy, at) = (doneNow, busyNow, now);
        }

        var result = await load;
        Console.WriteLine(table);
        return result;
    }
}
