using System.Runtime.InteropServices;
using Periplon.Benchmarks;
using Periplon.Benchmarks.Measure;
using Periplon.Benchmarks.Micro;
using Periplon.Benchmarks.Scenarios;

if (args is ["-h" or "--help", ..])
{
    Console.WriteLine(Usage.Text);
    return 0;
}

// What was started has to be stopped, also when somebody loses patience.
using var interrupted = new CancellationTokenSource();
void Interrupt(PosixSignalContext signal)
{
    signal.Cancel = true;
    interrupted.Cancel();
}

using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
try
{
    return await RunAsync(args, interrupted.Token);
}
catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("Interrupted; what was started is stopped");
    return 130;
}
catch (InvalidOperationException e)
{
    await Console.Error.WriteLineAsync($"Error: {e.Message}");
    return 1;
}

static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
{
    switch (args)
    {
        case ["--machine", ..]:
            MachineBenchmark.Run(args is [_, var number] && int.TryParse(number, out var tasks) ? tasks : 10_000);
            return 0;
        case ["--corpus", var folder]:
            return await CorpusBench.RunAsync(folder);
        case ["--micro", ..]:
            return MicroBenchmarks.Run(args.Length > 1 ? args[1] : "*");
        case ["--retention", BenchOptions.Sqlite or BenchOptions.Postgres, ..]:
            var ended = args.Length > 2 && int.TryParse(args[2], out var asked) ? asked : 100_000;
            return await RetentionBench.RunAsync(args[1], args.Length > 3 ? args[3] : null, ended, cancellationToken);
    }

    var schedules = ScheduleBench.CountOf(ref args);
    var stored = StoredBench.CountOf(ref args);
    if (!BenchOptions.TryParse(args, out var options, out var problem))
    {
        await Console.Error.WriteLineAsync($"Error: {problem}\n\n{Usage.Text}");
        return 2;
    }

    if (options.Queued)
    {
        await QueuedScenario.RunAsync(options, cancellationToken);
        return 0;
    }

    if (stored is { } many)
    {
        return await new StoredBench(options, many).RunAsync(cancellationToken);
    }

    return schedules is { } count
        ? await ScheduleBench.RunAsync(count, options, cancellationToken)
        : await Benchmark.RunAsync(options, cancellationToken);
}
